"""Soft-NMS of the native module against a plain one in C++, compiled and checked here."""

import ctypes
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType

import segment_kernels
from review_app.bench.machine import machine, machine_line
from review_app.bench.timing import ResultsDifferError, timed
from review_app.terminal import table

PEER_SOURCE = Path(__file__).parents[2] / "csrc" / "bench" / "published_soft_nms.cpp"
COMPILE = ("g++", "-std=c++17", "-O3", "-DNDEBUG", "-shared", "-fPIC")  # as the module is built
IOU_THRESHOLD, SIGMA, MIN_SCORE, GAUSSIAN = 0.1, 0.5, 0.001, 2

Result = tuple[NDArray[np.int64], NDArray[np.floating[Any]]]  # kept rows, their scores
Run = Callable[[], Result]


class PeerError(Exception):
    """The peer cannot be compiled here."""


@dataclass(frozen=True, eq=False)
class Proposals:
    """segments (n, 2) in steps, scores (n,) 0..1, both float32; labels (n,) int64."""

    segments: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int64]


@dataclass(frozen=True)
class Case:
    """How many proposals of how many classes are thinned out to `limit`, and how they lie."""

    proposals: int
    classes: int
    limit: int
    crowded: bool = False

    def draw(self) -> Proposals:
        """What a localizer says about a long video: six levels, a score threshold of 0.001.

        Seven in ten speak for one of 600 repetitions, the closer the surer; the others for
        nothing, with lengths of their level. crowded: 40 repetitions that lie on top of each other.
        """
        rng = np.random.default_rng(0)
        repetitions = 40 if self.crowded else 600
        spacing, length = (8.0, 60.0) if self.crowded else (60.0, 40.0)
        starts = np.arange(repetitions) * spacing + rng.uniform(0, spacing / 3, repetitions)
        lengths = length * rng.lognormal(0, 0.3, repetitions)
        true_labels = rng.integers(0, self.classes, repetitions)

        stride = 2.0 ** rng.integers(0, 6, self.proposals)
        own = rng.integers(0, repetitions, self.proposals)
        speaks = rng.random(self.proposals) < 0.7
        error = rng.normal(0, 1 + stride[:, None] / 4, (self.proposals, 2))
        near = np.stack([starts[own], starts[own] + lengths[own]], axis=1) + error
        middle = rng.uniform(0, starts[-1], self.proposals)
        reach = stride[:, None] * rng.uniform(0.5, 4, (self.proposals, 2)) * [-1, 1]
        segments = np.where(speaks[:, None], near, middle[:, None] + reach)
        segments[:, 1] = np.maximum(segments[:, 1], segments[:, 0] + 0.5)
        closeness = np.exp(-np.abs(error).mean(axis=1) / 4)
        scores = np.where(speaks, closeness * rng.beta(4, 2, self.proposals), 0)
        scores = np.maximum(scores, 0.001 + 0.999 * rng.beta(0.5, 20, self.proposals))
        labels = np.where(speaks, true_labels[own], rng.integers(0, self.classes, self.proposals))
        return Proposals(segments.astype(np.float32), scores.astype(np.float32), labels)


CASES = (
    Case(12_000, 20, 200),
    Case(12_000, 1, 200),
    Case(12_000, 1, 2000),
    Case(12_000, 20, 200, crowded=True),
    Case(12_000, 1, 200, crowded=True),
    Case(12_000, 1, 2000, crowded=True),
)


def run(*, cases: Sequence[Case] = CASES, repeats: int = 7, windows: int = 5) -> dict[str, Any]:
    """Median milliseconds of both in each case, after their results are compared.

    Raises PeerError where the peer cannot be compiled, ResultsDifferError where kept rows or their
    scores are not the same.
    """
    with tempfile.TemporaryDirectory() as folder:
        peer = compiled_peer(Path(folder))
        rows = [measured(case, peer, repeats, windows) for case in cases]
    return {
        "machine": machine(),
        "threads": 1,
        "repeats": repeats,
        "compiled_with": " ".join(COMPILE),
        "idle_stall_ms": stall_ms(lambda: time.sleep(0.01), windows),
        "cases": rows,
    }


def measured(case: Case, peer: ctypes.CDLL, repeats: int, windows: int) -> dict[str, Any]:
    """One row of the table."""
    proposals = case.draw()
    ours, theirs = our_run(case, proposals), peer_run(case, proposals, peer)
    kept = compare(ours(), theirs())
    our_ms = 1000 * timed(ours, repeats=5 * repeats).clock_s
    peer_ms = 1000 * timed(theirs, repeats=repeats).clock_s
    return {
        "proposals": case.proposals,
        "classes": case.classes,
        "limit": case.limit,
        "kept": kept,
        "crowded": case.crowded,
        "overlaps": round(mean_overlaps(proposals), 1),
        "ours_ms": our_ms,
        "peer_ms": peer_ms,
        "factor": peer_ms / our_ms,
        "stall_ms": stall_ms(ours, windows),
    }


def compare(ours: Result, theirs: Result) -> int:
    """How many both keep. Raises ResultsDifferError unless rows and scores are the same."""
    if not (np.array_equal(ours[0], theirs[0]) and np.array_equal(ours[1], theirs[1])):
        raise ResultsDifferError("The native module and the plain C++ keep other segments.")
    return len(ours[0])


def mean_overlaps(proposals: Proposals) -> float:
    """How many others of its class a proposal overlaps, on average."""
    met = 0
    for label in np.unique(proposals.labels):
        starts, ends = proposals.segments[proposals.labels == label].T
        began = np.searchsorted(np.sort(starts), ends, side="left")
        over = np.searchsorted(np.sort(ends), starts, side="right")
        met += int((began - over - 1).sum())
    return met / len(proposals.labels)


def our_run(case: Case, proposals: Proposals) -> Run:
    """The native module, all classes in one call."""
    return lambda: segment_kernels.soft_nms(
        proposals.segments,
        proposals.scores,
        proposals.labels,
        iou_threshold=IOU_THRESHOLD,
        sigma=SIGMA,
        min_score=MIN_SCORE,
        method="gaussian",
        max_per_video=case.limit,
    )


def peer_run(case: Case, proposals: Proposals, peer: ctypes.CDLL) -> Run:
    """The peer on the same arrays."""
    rows = np.empty(case.proposals, np.int64)
    scores = np.empty(case.proposals, np.float32)

    def call() -> Result:
        count = peer.published_soft_nms(
            proposals.segments.ctypes,
            proposals.scores.ctypes,
            proposals.labels.ctypes,
            ctypes.c_int64(case.proposals),
            ctypes.c_float(IOU_THRESHOLD),
            ctypes.c_float(SIGMA),
            ctypes.c_float(MIN_SCORE),
            ctypes.c_int(GAUSSIAN),
            ctypes.c_int64(case.limit),
            rows.ctypes,
            scores.ctypes,
        )
        return rows[:count], scores[:count]

    return call


def compiled_peer(folder: Path) -> ctypes.CDLL:
    """The peer as a library in `folder`."""
    if shutil.which(COMPILE[0]) is None:
        raise PeerError("The peer is compiled with g++. Install it (Debian: apt-get install g++).")
    if not PEER_SOURCE.exists():
        raise PeerError(f"The peer's source is not here: {PEER_SOURCE}. Run from the repository.")
    library = folder / "published_soft_nms.so"
    made = subprocess.run(
        [*COMPILE, str(PEER_SOURCE), "-o", str(library)], capture_output=True, text=True
    )
    if made.returncode:
        raise PeerError(f"g++ could not compile the peer: {made.stderr.strip()}")
    peer = ctypes.CDLL(str(library))
    peer.published_soft_nms.restype = ctypes.c_int64
    return peer


def stall_ms(call: Callable[[], object], windows: int, window_s: float = 0.2) -> float:
    """How much longer than it asked for another thread's sleep of 0.2 ms lasts while `call` runs
    over and over: the worst of each window, and of these the median, because a busy machine
    stalls threads too."""
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            call()

    worker = threading.Thread(target=work)
    worker.start()
    worsts = []
    for _ in range(windows):
        worst, end = 0.0, time.perf_counter() + window_s
        while (start := time.perf_counter()) < end:
            time.sleep(0.0002)
            worst = max(worst, time.perf_counter() - start - 0.0002)
        worsts.append(worst)
    done.set()
    worker.join()
    return statistics.median(worsts) * 1000


def report(figures: dict[str, Any]) -> RenderableType:
    """The table a reader sees."""
    shown = table(
        "proposals", "classes", "overlaps", "k", "kept", "ours", "plain C++", "factor", "stall"
    )
    for column in shown.columns:
        column.justify = "right"
    for row in figures["cases"]:
        shown.add_row(
            *(str(row[name]) for name in ("proposals", "classes", "overlaps", "limit", "kept")),
            f"{row['ours_ms']:.2f} ms",
            f"{row['peer_ms']:.1f} ms",
            f"{row['factor']:.0f}x" if row["factor"] >= 10 else f"{row['factor']:.1f}x",
            f"{row['stall_ms']:.1f} ms",
        )
    return Group(
        shown,
        "Gaussian soft-NMS, one thread, same results. Overlaps: others of its class that a "
        "proposal overlaps, on average. Plain C++: each class to its end, as published, compiled "
        f"with {figures['compiled_with']}. Stall: of a second Python thread while ours runs; "
        f"{figures['idle_stall_ms']:.1f} ms while nothing does.",
        machine_line(figures["machine"]),
    )
