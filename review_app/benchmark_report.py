"""What `rehab-review benchmark` prints: one JSON document, or tables and plain sentences."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from inference.benchmark.figures import Figures
from inference.evaluation.matching import MATCHED_TIOU
from inference.synthesis.recordings import in_words
from review_app.json_text import json_text
from review_app.terminal import printable, table

REAL = (
    "The repetitions are real, recorded from these people. The sessions are not: they are spliced "
    "from recordings, with rest, other movement and a virtual camera between and around them."
)
LEVELS = {
    "keypoints": "No video is looked at: stages 2 and 3 see projected joints with the errors "
    "measured of the default pose estimator.",
    "pixels": "All three stages look at films of a mannequin that moves like the person.",
}


@dataclass(frozen=True)
class BenchmarkRun:
    """One run: what was asked for and what came out.

    hashes: sha256 of each file that the figures depend on, by what it is.
    """

    level: str
    preset: str
    motions: Path
    recordings: Path
    subjects: tuple[int, ...]
    seed: int
    correct_only: bool
    hashes: Mapping[str, str]
    command: str
    figures: Figures


def as_document(run: BenchmarkRun) -> str:
    """One document; a value that does not exist is null. Times are seconds, shares 0..1; the
    docstrings of `inference.benchmark.figures` say what each figure is."""
    return json_text(
        {
            **asdict(run),
            "motions": str(run.motions),
            "recordings": str(run.recordings),
            "hashes": dict(run.hashes),
            "about": f"{REAL} {LEVELS[run.level]}",
            "ap_variant": "mean_ap, average, ap, agnostic_ap: interpolated (ActivityNet); "
            "uninterpolated_*: all points (THUMOS)",
        }
    )


def as_text(run: BenchmarkRun) -> RenderableType:
    """For a person at a terminal. Names from the files are never markup or control characters."""
    figures = run.figures
    return Group(
        Text(_title(run), style="bold"),
        *(Text(printable(line)) for line in _origin(run)),
        Text(),
        Text("Mean average precision over the classes, by tIoU", style="bold"),
        _precision_table(figures),
        Text(),
        Text("Each class: interpolated average precision, recall of shown proposals", style="bold"),
        _class_table(figures),
        Text(),
        *(Text(line) for line in _shown(figures)),
        Text(),
        Text("Scores, and how many proposals with such a score are right", style="bold"),
        _reliability_table(figures),
        Text(),
        Text(
            f"What each class (row) was taken for: shown proposals at tIoU {MATCHED_TIOU:g}, "
            "whatever their class",
            style="bold",
        ),
        _confusion_table(figures),
        *(Text(printable(line)) for line in _remarks(run)),
    )


def _title(run: BenchmarkRun) -> str:
    figures = run.figures
    sessions = "1 session" if figures.sessions == 1 else f"{figures.sessions} sessions"
    subjects = "subject" if len(run.subjects) == 1 else "subjects"
    return (
        f"Level {run.level}: {sessions} of {subjects} {in_words(run.subjects)}, seed {run.seed}: "
        f"{figures.minutes:.1f} minutes, {figures.repetitions} repetitions"
    )


def _origin(run: BenchmarkRun) -> list[str]:
    lines = [REAL, LEVELS[run.level]]
    if run.correct_only:
        lines.append("Repetitions done wrongly on purpose are left out.")
    hashes = ", ".join(f"{what} {sha256[:12]}" for what, sha256 in run.hashes.items())
    return [*lines, f"Preset {run.preset}; sha256 of {hashes}."]


def _precision_table(figures: Figures) -> Table:
    shown = _table("", *(f"@{tiou:g}" for tiou in figures.tious), "mean")
    for name, values, mean in (
        ("interpolated", figures.mean_ap, figures.average),
        ("uninterpolated", figures.uninterpolated_mean_ap, figures.uninterpolated_average),
        ("whatever the class", figures.agnostic_ap, figures.agnostic_average),
    ):
        shown.add_row(name, *map(_figure, (*values, mean)))
    return shown


def _class_table(figures: Figures) -> Table:
    shown = _table("", "class", "labels", "@0.5", "@0.9", "mean", "recall")
    numbered = _numbered(figures)
    half, most = figures.tious.index(0.5), figures.tious.index(0.9)
    for each in figures.classes:
        values = (each.ap[half], each.ap[most], each.average, each.recall)
        shown.add_row(*numbered[each.name], str(each.labels), *map(_figure, values))
    return shown


def _numbered(figures: Figures) -> dict[str, tuple[str, Text]]:
    """Each class by its name, with a number: ten names beside each other fit no terminal."""
    names = figures.confusion.classes
    return {name: (str(n), Text(printable(name))) for n, name in enumerate(names, start=1)}


def _shown(figures: Figures) -> list[str]:
    errors, false, few = figures.errors, figures.false_positives, figures.few
    return [
        f"Proposals of at least {figures.shown_score:g}, which the application shows by default, "
        f"find {_share(figures.recall)} of the repetitions (recall at tIoU {MATCHED_TIOU:g}).",
        f"False positives a minute there: {false.per_minute:.2f}, of which "
        f"{false.on_background_per_minute:.2f} on background.",
        f"With at most {few.per_minute:g} false positives a minute: recall {_share(few.recall)}"
        + (f", at a score of {few.score:.2f}." if math.isfinite(few.score) else "."),
        f"Boundary errors of the {errors.matches} found, median and 90th percentile: "
        f"{_seconds(errors.both_s)} (starts {_seconds(errors.start_s)}, ends "
        f"{_seconds(errors.end_s)}).",
        f"Boundaries within 1 spread: {_share(figures.coverage.within_1_spread)} (68 % wanted), "
        f"within 1.645 spreads: {_share(figures.coverage.within_1_645_spreads)} (90 % wanted).",
        f"Expected calibration error of scores of {figures.reliability.least_score:g} and more: "
        f"{_figure(figures.reliability.ece)}.",
    ]


def _reliability_table(figures: Figures) -> Table:
    shown = _table("score", "proposals", "mean score", "right")
    for each in figures.reliability.bins:
        shown.add_row(
            f"{each.low:.1f} to {each.high:.1f}",
            str(each.count),
            _figure(each.mean_score),
            _figure(each.hit_share),
        )
    return shown


def _confusion_table(figures: Figures) -> Table:
    confusion = figures.confusion
    rows = [*_numbered(figures).values(), ("", Text("false alarms"))]
    shown = _table("", "class", *(number for number, _ in rows[:-1]), "missed")
    for name, counts in zip(rows, confusion.counts, strict=True):
        shown.add_row(*name, *(str(count) if count else "·" for count in counts))
    return shown


def _remarks(run: BenchmarkRun) -> list[str]:
    figures, lines = run.figures, []
    if figures.unknown_classes:
        lines.append(
            "The model does not know these classes, so that all their repetitions count as "
            f"missed: {', '.join(figures.unknown_classes)}."
        )
    if figures.unseen_classes:
        lines.append(
            "The model knows these classes, but nobody does them in these sessions: "
            f"{', '.join(figures.unseen_classes)}."
        )
    if figures.empty_sessions:
        lines.append(f"Sessions without any proposal: {', '.join(figures.empty_sessions)}.")
    return ["", *lines] if lines else []


def _table(*columns: str) -> Table:
    """Of a narrow terminal the numbers get the width they need; names are cut off."""
    shown = table(*columns)
    for column in shown.columns:
        if column.header == "class":
            column.overflow = "ellipsis"
        else:
            column.no_wrap = True
            column.justify = "right"
    return shown


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1%}"


def _seconds(error: Sequence[float]) -> str:
    return "-" if math.isnan(error[0]) else f"{error[0]:.3f} and {error[1]:.3f} s"
