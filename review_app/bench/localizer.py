"""The localizer's network against the published way: padded to the full length, in chunks."""

import math
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import torch
from rich.console import Group, RenderableType
from torch import Tensor, nn

from inference.localize.actionformer.configurations import REHAB, THUMOS_I3D, PublishedLocalizer
from inference.localize.actionformer.convolution import pack_weights
from inference.localize.actionformer.network import ActionFormer, LevelOutput
from review_app.bench.localizer_peer import PaddedActionFormer
from review_app.bench.machine import machine, machine_line, peak_memory
from review_app.bench.timing import ResultsDifferError, timed_in_turns
from review_app.terminal import table

TOLERANCE = 1e-4

PeerLevels = list[tuple[Tensor, Tensor, Tensor]]
Which = Literal["ours", "peer"]


@dataclass(frozen=True)
class Case:
    """A published network, on `steps` steps of features; the peer pads to `max_steps`."""

    name: str
    published: PublishedLocalizer
    steps: int
    max_steps: int

    def ours(self) -> ActionFormer:
        """Our network with random weights, the same in every process."""
        config = self.published.config({}, step_s=1.0, features_model="")
        model = config.build(self.published.classes)
        randomised(model)
        return model.eval()

    def peer(self) -> PaddedActionFormer:
        """The peer without weights of its own."""
        published = self.published
        with torch.device("meta"):
            model = PaddedActionFormer(
                input_dim=published.input_dim,
                classes=published.classes,
                width=published.width,
                heads=published.heads,
                window=published.window,
                arch=published.arch,
                max_steps=self.max_steps,
            )
        return model.eval()

    def features(self) -> Tensor:
        """(steps, input_dim), as stage 2 delivers them."""
        generator = torch.Generator().manual_seed(0)
        return torch.randn(self.steps, self.published.input_dim, generator=generator)


CASES = (
    Case("THUMOS", THUMOS_I3D, steps=2304, max_steps=2304),
    Case("THUMOS, short", THUMOS_I3D, steps=300, max_steps=2304),
    Case("rehab", REHAB, steps=300, max_steps=2304),
    Case("rehab, own padding", REHAB, steps=300, max_steps=REHAB.max_steps),
)


def run(*, cases: Sequence[Case] = CASES, repeats: int = 9) -> dict[str, Any]:
    """Median milliseconds and peak memory of both in each case, after their results are compared.

    Milliseconds are on the clock, and of processor time, which other programs on the machine do
    not add to. Raises ResultsDifferError.
    """
    return {
        "machine": machine(),
        "threads": torch.get_num_threads(),
        "repeats": repeats,
        "cases": [measured(case, repeats) for case in cases],
    }


def measured(case: Case, repeats: int) -> dict[str, Any]:
    """One row of the table."""
    ours, peer, features = case.ours(), case.peer(), case.features()
    peer.load_state_dict(ours.state_dict(), assign=True)
    runs: dict[Which, Callable[[], Any]] = {
        "ours": our_run(ours, features),
        "peer": peer_run(peer, features),
    }
    with torch.inference_mode():
        difference = compare(runs["ours"](), runs["peer"]())
        times = timed_in_turns(runs, repeats=repeats)
    row: dict[str, Any] = {
        "name": case.name,
        "channels": case.published.input_dim,
        "classes": case.published.classes,
        "width": case.published.width,
        "window": case.published.window,
        "steps": case.steps,
        "ours_padded_to": ours.padded_length(case.steps),
        "peer_padded_to": peer.padded_length(case.steps),
        "difference": difference,
    }
    for name, taken in times.items():
        row[f"{name}_ms"] = 1000 * taken.clock_s
        row[f"{name}_cpu_ms"] = 1000 * taken.processor_s
        row[f"{name}_peak_bytes"] = in_a_process_of_its_own(case, name)
    row["factor"] = row["peer_ms"] / row["ours_ms"]
    row["cpu_factor"] = row["peer_cpu_ms"] / row["ours_cpu_ms"]
    return row


def our_run(model: ActionFormer, features: Tensor) -> Callable[[], list[LevelOutput]]:
    """Our network, packed, with the little padding that it needs."""
    pack_weights(model)
    steps, length = len(features), model.padded_length(len(features))

    def call() -> list[LevelOutput]:
        padded = features
        if length > steps:
            padded = nn.functional.pad(features, (0, 0, 0, length - steps))
        levels: list[LevelOutput] = model(padded.T[None], torch.arange(length)[None] < steps)
        return levels

    return call


def peer_run(model: PaddedActionFormer, features: Tensor) -> Callable[[], PeerLevels]:
    """The peer; channels come first, as its data loader has them."""
    channels_first = features.T.contiguous()

    def call() -> PeerLevels:
        levels: PeerLevels = model(channels_first)
        return levels

    return call


def compare(ours: Sequence[LevelOutput], theirs: PeerLevels) -> float:
    """The largest difference of logits and offsets at valid steps. Raises ResultsDifferError."""
    largest = 0.0
    for level, (logits, offsets, mask) in zip(ours, theirs, strict=True):
        valid, peer_valid = level.mask[0], mask[0, 0]
        if int(valid.sum()) != int(peer_valid.sum()):
            raise ResultsDifferError("The two do not agree on which steps are valid.")
        for own, other in ((level.logits, logits), (level.offsets, offsets)):
            difference = (own[0, valid] - other[0].T[peer_valid]).abs().max().item()
            if not difference <= TOLERANCE:  # not a number is a difference too
                raise ResultsDifferError(f"The results of the two differ by {difference:.1e}.")
            largest = max(largest, difference)
    return largest


def in_a_process_of_its_own(case: Case, which: Which) -> int:
    """`peak` in a new process, which has had no other use for memory."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(peak, case, which).result()


def peak(case: Case, which: Which) -> int:
    """The most bytes this process had in memory: libraries, weights and one pass."""
    model = case.ours()
    run: Callable[[], object]
    if which == "ours":
        run = our_run(model, case.features())
    else:
        peer = case.peer()
        peer.load_state_dict(model.state_dict(), assign=True)
        run = peer_run(peer, case.features())
    with torch.inference_mode():
        run()
    return peak_memory()


def randomised(model: nn.Module) -> None:
    """Weights under which every part of the network shows in the result."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            elif parameter.ndim < 3 or parameter.shape[0] == 1:  # norms and factors
                parameter.copy_(1 + 0.1 * noise)
            else:
                parameter.copy_(noise / math.sqrt(parameter[0].numel()))


def report(figures: dict[str, Any]) -> RenderableType:
    """The table a reader sees."""
    shown = table(
        "network", "channels", "steps", "padded to", "ours", "as published", "factor",
        "processor time", "memory", "difference",
    )  # fmt: skip
    for column in shown.columns[1:]:
        column.justify = "right"
    for row in figures["cases"]:
        shown.add_row(
            row["name"],
            str(row["channels"]),
            str(row["steps"]),
            f"{row['ours_padded_to']} | {row['peer_padded_to']}",
            f"{row['ours_ms']:.0f} ms",
            f"{row['peer_ms']:.0f} ms",
            f"{row['factor']:.1f}x",
            f"{row['ours_cpu_ms']:.0f} | {row['peer_cpu_ms']:.0f} ms",
            f"{row['ours_peak_bytes'] / 1e6:.0f} | {row['peer_peak_bytes'] / 1e6:.0f} MB",
            f"{row['difference']:.0e}",
        )
    return Group(
        shown,
        f"ActionFormer, 512 channels wide, float32 on the CPU, {figures['threads']} threads, "
        f"median of {figures['repeats']} passes; same weights, same results. As published: padded, "
        "attention over sliding chunks. Memory: of a process that does one pass, libraries and "
        "weights included.",
        machine_line(figures["machine"]),
    )
