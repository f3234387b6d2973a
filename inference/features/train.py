"""Training of the feature network on heatmap volumes of spliced sessions."""

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from inference.device import CPU, fastest_dtype
from inference.features.description import JOINTS, R2PLUS1D_12
from inference.features.extract import stage_2_config
from inference.features.heads import Heads, losses
from inference.features.r2plus1d import R2Plus1D, channels_last
from inference.features.windows import Batch, Session, batches, supplies
from inference.weights.state_dicts import write


@dataclass(frozen=True)
class TrainSettings:
    """layers: of `R2Plus1D`; ticks must be a multiple of its stride. expansion: copies of the
    sessions, expanded in time by this factor, are trained on too. stages: (share of the steps,
    cells of the heatmaps): coarse maps first, for speed. batch, ticks: windows a step and their
    length. pool: sessions they are taken from. bfloat16: matrix work in bfloat16; None where the
    device is fastest in it.
    """

    layers: tuple[int, ...] = R2PLUS1D_12
    expansion: float | None = None
    steps: int = 2200
    stages: tuple[tuple[float, int], ...] = ((0.68, 16), (0.32, 32))
    batch: int = 8
    ticks: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warm_up: float = 0.03
    seed: int = 1
    bfloat16: bool | None = None
    train_subjects: tuple[int, ...] = (1, 2, 3, 4, 5)
    validation_subjects: tuple[int, ...] = (6,)
    pool: int = 32
    validation_sessions: int = 8
    check_every: int = 100

    def stage(self, step: int) -> tuple[int, int, int]:
        """(number of the stage, its first step, the step after its last)."""
        start, done = 0, 0.0
        for number, (share, _) in enumerate(self.stages):
            done += share
            end = round(done * self.steps) if number < len(self.stages) - 1 else self.steps
            if step < end:
                break
            start = end
        return number, start, end

    def cells(self, step: int) -> int:
        return self.stages[self.stage(step)[0]][1]

    def rate(self, step: int) -> float:
        """In each stage a short warm-up, then half a cosine down to a hundredth; each later stage
        starts at half the rate of the one before."""
        number, start, end = self.stage(step)
        highest = self.learning_rate / 2**number
        warm = max(round(self.warm_up * (end - start)), 1)
        if step - start < warm:
            return highest * (step - start + 1) / warm
        along = (step - start - warm) / max(end - start - warm, 1)
        return highest * (0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * along))))


@dataclass(frozen=True)
class Quality:
    """On whole sessions of people not trained on: how often the class is right on action steps,
    how often action and background are told apart, F1 of that, and the median error in seconds of
    the predicted distance to start and end."""

    action: float
    region: float
    region_f1: float
    offset_s: float


def train_features(
    *,
    motions: Path,
    recordings: Path,
    out: Path,
    checkpoint: Path,
    settings: TrainSettings | None = None,
    device: torch.device = CPU,
    on_check: Callable[[dict[str, float]], None] = lambda figures: None,
) -> Quality:
    """Trains an `R2Plus1D` and writes `out` (safetensors) with a JSON of the same name beside it.

    Stopped and started again, it goes on from `checkpoint` and ends with the same weights as if
    it had not been stopped. `motions` and `recordings` are as in `load_recordings`. `on_check` gets
    the figures each time that a checkpoint and weights have been saved; the bar shows the rest.
    """
    settings = settings or TrainSettings()
    if settings.bfloat16 is None:
        settings = replace(settings, bfloat16=fastest_dtype(device) is torch.bfloat16)
    torch.manual_seed(settings.seed)
    network = channels_last(R2Plus1D(JOINTS, settings.layers)).to(device)
    supply, unseen = supplies(
        motions,
        recordings,
        train=settings.train_subjects,
        validation=settings.validation_subjects,
        seed=settings.seed,
        ticks_a_step=network.stride,
        expansion=settings.expansion,
    )
    classes = supply.classes
    validation = [unseen.session(n) for n in range(settings.validation_sessions)]

    heads = Heads(network.out_channels, len(classes)).to(device)
    optimizer = _optimizer(network, heads, settings)
    history: list[dict[str, float]] = []
    first = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(state["network"])
        heads.load_state_dict(state["heads"])
        optimizer.load_state_dict(state["optimizer"])
        first, history = state["step"], state["history"]

    supplied = batches(
        supply, size=settings.batch, ticks=settings.ticks, first=first, pool=settings.pool
    )
    with _progress() as bar:
        task = bar.add_task("features", total=settings.steps, completed=first, figures="")
        for step, draw in zip(range(first, settings.steps), supplied, strict=False):
            torch.manual_seed(settings.seed * 1_000_003 + step)
            figures = _step(network, heads, optimizer, draw(settings.cells(step)), settings, step)
            bar.update(
                task, advance=1, figures=" ".join(f"{k} {v:.3f}" for k, v in figures.items())
            )
            if (step + 1) % settings.check_every == 0 or step + 1 == settings.steps:
                quality = check(
                    network, heads, validation, settings.cells(step), bool(settings.bfloat16)
                )
                seen = {f"validation_{k}": v for k, v in asdict(quality).items()}
                history.append({"step": step + 1, **figures, **seen})
                bar.console.print(json.dumps({k: round(v, 4) for k, v in history[-1].items()}))
                _save_checkpoint(checkpoint, network, heads, optimizer, step + 1, history)
                _save(out, network, classes, settings, quality, history)
                on_check(history[-1])
    last = history[-1]
    return Quality(**{f.name: last[f"validation_{f.name}"] for f in fields(Quality)})


def _step(
    network: R2Plus1D,
    heads: Heads,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    settings: TrainSettings,
    step: int,
) -> dict[str, float]:
    network.train(), heads.train()
    for group in optimizer.param_groups:
        group["lr"] = settings.rate(step)
    device = next(network.parameters()).device
    volumes = as_input(torch.from_numpy(batch.volumes).to(device))
    with torch.autocast(device.type, torch.bfloat16, enabled=bool(settings.bfloat16)):
        features = network(volumes)
    result = losses(
        heads(features.float()),
        torch.from_numpy(batch.classes).to(device),
        torch.from_numpy(batch.edges).to(device),
        torch.from_numpy(batch.offsets).to(device),
    )
    optimizer.zero_grad(set_to_none=True)
    result.total.backward()
    torch.nn.utils.clip_grad_norm_([*network.parameters(), *heads.parameters()], 2.0)
    optimizer.step()
    return {name: getattr(result, name).item() for name in ("action", "region", "edges", "offsets")}


def as_input(volumes: torch.Tensor) -> torch.Tensor:
    """(N, 17, T, H, W) uint8 -> float 0..1, laid out as convolutions like it."""
    return volumes.float().div_(255).contiguous(memory_format=torch.channels_last_3d)


def check(
    network: R2Plus1D, heads: Heads, sessions: Sequence[Session], cells: int, bfloat16: bool
) -> Quality:
    """Runs whole sessions through the network and compares every step with its targets."""
    network.eval(), heads.eval()
    device = next(network.parameters()).device
    right, told, hits, found, real, errors = [], [], 0, 0, 0, []
    for session in sessions:
        steps = len(session.targets.classes)
        drawn = session.drawn(cells, slice(0, steps * network.stride))
        volumes = torch.from_numpy(drawn).transpose(0, 1)[None].to(device)
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, bfloat16):
            features = network(as_input(volumes))
        with torch.inference_mode():
            outputs = {k: v[0].cpu().numpy() for k, v in heads(features.float()).items()}
        inside = session.targets.classes >= 0
        said = outputs["region"] > 0
        right.append(outputs["action"].argmax(axis=1)[inside] == session.targets.classes[inside])
        told.append(said == inside)
        hits, found, real = hits + (said & inside).sum(), found + said.sum(), real + inside.sum()
        errors.append(np.abs(outputs["offsets"] - session.targets.offsets)[inside])
    return Quality(
        action=float(np.concatenate(right).mean()),
        region=float(np.concatenate(told).mean()),
        region_f1=float(2 * hits / max(found + real, 1)),
        offset_s=float(np.median(np.concatenate(errors))),
    )


def _optimizer(network: R2Plus1D, heads: Heads, settings: TrainSettings) -> torch.optim.Optimizer:
    parameters = [*network.parameters(), *heads.parameters()]
    return torch.optim.AdamW(
        [
            {
                "params": [p for p in parameters if p.ndim > 1],
                "weight_decay": settings.weight_decay,
            },
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=settings.learning_rate,
    )


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[figures]}"),
        refresh_per_second=2,
    )  # fmt: skip


def _save_checkpoint(
    path: Path,
    network: R2Plus1D,
    heads: Heads,
    optimizer: torch.optim.Optimizer,
    step: int,
    history: list[dict[str, float]],
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    torch.save(
        {
            "network": network.state_dict(),
            "heads": heads.state_dict(),
            "optimizer": optimizer.state_dict(),
            "step": step,
            "history": history,
        },
        new,
    )
    new.replace(path)


def _save(
    out: Path,
    network: R2Plus1D,
    classes: Sequence[str],
    settings: TrainSettings,
    quality: Quality,
    history: list[dict[str, float]],
) -> None:
    """The backbone alone, and beside it what it is and how it came about."""
    about = {
        "classes_trained_on": list(classes),
        "data": "UI-PRMD (Vakanski et al., Data 3(1):2, 2018), joints in COCO-17, spliced into "
        "sessions with background, and sessions of inference/synthesis, seen through random "
        "virtual cameras",
        "licence": "MIT; the data: PDDL 1.0",
        "split": {
            "train": list(settings.train_subjects),
            "validation": list(settings.validation_subjects),
        },
        "seed": settings.seed,
        "command": shlex.join(["rehab-review", *sys.argv[1:]]),
        "settings": asdict(settings),
        "metrics": {"validation": asdict(quality), "history": history},
    }
    config = {**stage_2_config(network), "cells": settings.stages[-1][1]}
    write(
        out, network.state_dict(), description={"kind": "features", "config": config}, about=about
    )
