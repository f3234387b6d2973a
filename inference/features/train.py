"""Training of the feature network on heatmap volumes of spliced sessions."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from inference.device import CPU, fastest_dtype
from inference.features.extract import stage_2_config
from inference.features.learner import FeatureTrainingError, Learner, new_learner
from inference.features.quality import Quality, check
from inference.features.train_settings import TrainSettings
from inference.features.windows import Batch, Session, Supply, batches, supplies
from inference.parallel import prefetch
from inference.synthesis.pose_errors import PoseErrors
from inference.training.bar import Bar
from inference.training.event_log import EventLog
from inference.training.processes import Processes, joined, launched
from inference.training.provenance import command, source_of, start_of
from inference.weights.kept import sha256_of
from inference.weights.state_dicts import write

AHEAD = 4  # steps whose windows are drawn while a GPU computes


def train_features(
    *,
    motions: Path | None,
    recordings: Path | None,
    out: Path,
    checkpoint: Path,
    settings: TrainSettings | None = None,
    start: Path | None = None,
    logs: Path | None = None,
    device: torch.device = CPU,
    on_check: Callable[[dict[str, float]], None] = lambda figures: None,
) -> Quality | None:
    """Trains an `R2Plus1D` and writes `out` (safetensors) with a JSON of the same name beside it.

    Gives its quality on `settings.validation_subjects`, None where there are none. `motions` and
    `recordings` are as in `load_recordings`; None where nobody's are used. start: weights to begin
    with instead of random ones. logs: folder for tensorboard's event files.

    Stopped and started again, it goes on from `checkpoint` and ends with the same weights as if
    it had not been stopped. The same settings give the same bytes on one kind of CPU with one
    number of threads; other threads or processors sum in another order, and GPUs in any.
    `on_check` gets the figures each time that a checkpoint and weights have been saved; the bar
    shows the rest.

    In several processes of `torchrun` each works on windows of its own, and a step takes the mean
    over all; the first alone writes. Raises SupplyError, RecordingsError, FeaturesError,
    FeatureTrainingError and PoseErrorsError.
    """
    settings = settings or TrainSettings()
    if settings.bfloat16 is None:
        settings = replace(settings, bfloat16=fastest_dtype(device) is torch.bfloat16)
    processes = launched()
    device = processes.device(device)
    with joined(processes, device):
        supply, unseen = supplies(
            motions,
            recordings,
            train=settings.train_subjects,
            validation=settings.validation_subjects,
            seed=settings.seed,
            ticks_a_step=2 ** (len(settings.layers) - 1),
            invented=settings.invented,
            expansion=settings.expansion,
            without=settings.without,
        )
        learner = new_learner(
            settings,
            classes=len(supply.classes),
            start=start,
            device=device,
            processes=processes,
        )
        about = _about(settings, supply, motions, recordings, start, processes)
        first = 0
        history: list[dict[str, float]] = []
        if checkpoint.exists():
            first, history = _go_on(checkpoint, learner, about, device)
        processes.wait()  # else another might find the checkpoint of what has just begun
        watched = settings.validation_sessions if settings.validation_subjects else 0
        validation = [unseen.session(n) for n in range(watched * processes.first)]
        supplied = _supplied(supply, settings, first, processes)
        if device.type == "cuda":
            supplied = prefetch(supplied, AHEAD, lambda: None)
        with (
            Bar("features", settings.steps, first=first, shown=processes.first) as bar,
            EventLog(logs if processes.first else None, first=first) as log,
        ):
            for step, (drawn, seeds) in zip(range(first, settings.steps), supplied, strict=False):
                figures = processes.mean(learner.learn(drawn, step, seeds))
                if not processes.first:
                    continue
                done = step + 1
                due = done % settings.check_every == 0 or done == settings.steps
                if due:
                    figures |= _watched(learner, validation, settings.cells(step))
                bar.move(done, figures)
                log.add(done, {**figures, "learning_rate": settings.rate(step)})
                if due:
                    history.append({"step": done, **figures})
                    bar.say(history[-1])
                    _save_checkpoint(checkpoint, learner, about, done, history)
                    _save(out, learner, about, history)
                    on_check(history[-1])
    return _quality(history)


def _watched(learner: Learner, validation: Sequence[Session], cells: int) -> dict[str, float]:
    """The figures of `Quality`; none where nobody is watched."""
    if not validation:
        return {}
    bfloat16 = bool(learner.settings.bfloat16)
    quality = check(learner.network, learner.heads, validation, cells, bfloat16)
    return {f"validation_{name}": value for name, value in asdict(quality).items()}


def _supplied(
    supply: Supply, settings: TrainSettings, first: int, processes: Processes
) -> Iterator[tuple[list[Batch], list[int]]]:
    """The batches of this process for step `first` and all that follow, with their seeds.

    The batches of a step are numbered through all processes: two processes of one batch each see
    the windows that one process sees in two batches.
    """
    lanes = settings.accumulate * processes.size
    mine = [number * processes.size + processes.rank for number in range(settings.accumulate)]
    streams = [
        batches(
            supply, size=settings.batch, ticks=settings.ticks, first=first, pool=settings.pool,
            lane=lane, lanes=lanes, augmentation=settings.augmentation,
        )
        for lane in mine
    ]  # fmt: skip
    for step in range(first, settings.steps):
        drawn = [next(stream)(settings.cells(step)) for stream in streams]
        yield drawn, [settings.seed * 1_000_003 + step * lanes + lane for lane in mine]


def _about(
    settings: TrainSettings,
    supply: Supply,
    motions: Path | None,
    recordings: Path | None,
    start: Path | None,
    processes: Processes,
) -> dict[str, Any]:
    """How these weights come about, as far as it is known beforehand."""
    used = motions if settings.train_subjects else None
    source = source_of(used, invented=settings.invented > 0)
    files = {"motions": used, "recordings": recordings if used else None}
    return {
        "classes_trained_on": list(supply.classes),
        "classes_left_out": list(settings.without),
        "data": source.data,
        "data_files": {
            name: {"file": path.name, "sha256": sha256_of(path)}
            for name, path in files.items()
            if path is not None
        },
        "licence": source.licence,
        "split": {
            "train": list(settings.train_subjects),
            "validation": list(settings.validation_subjects),
        },
        "seed": settings.seed,
        "start": start_of(start),
        "processes": processes.size,
        "settings": asdict(settings),
        "pose_errors_sha256": _hash_of(supply.errors),
    }


def _hash_of(errors: PoseErrors) -> str:
    return hashlib.sha256(json.dumps(asdict(errors), sort_keys=True).encode()).hexdigest()


def _save_checkpoint(
    path: Path, learner: Learner, about: dict[str, Any], step: int, history: list[dict[str, float]]
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    torch.save({**learner.state(), "about": about, "step": step, "history": history}, new)
    new.replace(path)


def _go_on(
    path: Path, learner: Learner, about: dict[str, Any], device: torch.device
) -> tuple[int, list[dict[str, float]]]:
    """Steps done and their figures. Raises FeatureTrainingError where another training was."""
    state = torch.load(path, map_location=device, weights_only=True)
    others = sorted(name for name in about if about[name] != state["about"].get(name))
    if others:
        raise FeatureTrainingError(
            f"{path} was left by a training with another {' and '.join(others)}. Repeat its "
            "command to finish it, or delete the file."
        )
    learner.take(state)
    return state["step"], state["history"]


def _save(
    out: Path, learner: Learner, about: dict[str, Any], history: list[dict[str, float]]
) -> None:
    """The network without its heads, and beside it what it is and how it came about."""
    config = {**stage_2_config(learner.network), "cells": learner.settings.stages[-1][1]}
    quality = _quality(history)
    write(
        out,
        learner.network.state_dict(),
        description={"kind": "features", "config": config},
        about={
            **about,
            "command": command(),
            "threads": torch.get_num_threads(),
            "metrics": {"validation": quality and asdict(quality), "history": history},
        },
    )


def _quality(history: list[dict[str, float]]) -> Quality | None:
    """What the last entry says of it."""
    seen = {
        name.removeprefix("validation_"): value
        for name, value in (history[-1] if history else {}).items()
        if name.startswith("validation_")
    }
    return Quality(**seen) if seen else None
