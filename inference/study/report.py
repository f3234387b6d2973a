"""Tables of the studies, made of whatever has been predicted so far."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from statistics import fmean, stdev
from typing import Any

from inference.benchmark.figures import FEW_PER_MINUTE, TIOUS, Figures
from inference.localize.calibration import Calibration
from inference.study import predictions
from inference.study.ledger import Ledger, State
from inference.study.pieces import Predicted, Sessions, Trained, with_needs
from inference.study.predictions import Predictions, fitted_calibration
from inference.study.studies import (
    FILMED,
    FOLDS,
    SEEDS,
    Row,
    Study,
    ablation,
    cold_start,
    curve,
    ours,
    pieces_of,
    rivals,
)

Column = tuple[str, Callable[[Figures], float], int]  # its name, what it shows, decimals

PRECISION: tuple[Column, ...] = (
    ("mAP 0.3 to 0.9", lambda f: f.average, 3),
    ("at 0.5", lambda f: f.at(0.5), 3),
    ("at 0.7", lambda f: f.at(0.7), 3),
    ("at 0.9", lambda f: f.at(0.9), 3),
    ("whatever class", lambda f: f.agnostic_average, 3),
)
SHOWN: tuple[Column, ...] = (
    ("recall", lambda f: f.recall, 3),
    ("false positives a minute", lambda f: f.false_positives.per_minute, 2),
    ("boundary error, median (s)", lambda f: f.errors.both_s[0], 3),
    ("90th percentile (s)", lambda f: f.errors.both_s[1], 3),
    ("ECE", lambda f: f.reliability.ece, 3),
    ("errors within 1 spread", lambda f: f.coverage.within_1_spread, 2),
    ("within 1.645", lambda f: f.coverage.within_1_645_spreads, 2),
)
#: Of raw scores; what is shown by default is decided on calibrated ones.
RAW: tuple[Column, ...] = (
    (f"recall at {FEW_PER_MINUTE} false positives a minute", lambda f: f.few.recall, 3),
    ("ECE", lambda f: f.reliability.ece, 3),
)
NOT_YET, NOTHING = "not made yet", "nothing shown"


@dataclass(frozen=True)
class Table:
    """Cells as text, a title above."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        lines = [self.columns, ("---",) * len(self.columns), *self.rows]
        return "\n".join([f"**{self.title}**", "", *(f"| {' | '.join(line)} |" for line in lines)])


@dataclass(frozen=True)
class Report:
    """tables: for people. figures: all of `Figures`, by the name of the piece. calibrations: by
    the name of what they were applied to; that under "all" is fitted on every fold."""

    tables: tuple[Table, ...]
    figures: dict[str, Figures]
    calibrations: dict[str, Calibration]
    seconds: dict[str, float]

    def markdown(self) -> str:
        return "\n\n".join(table.markdown() for table in self.tables) + "\n"

    def document(self) -> dict[str, Any]:
        return asdict(self)


class Reporter:
    """Reads what a study has predicted so far; each file once."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._read: dict[Predicted, Predictions | None] = {}
        self._figures: dict[tuple[Predicted, Calibration], Figures] = {}
        self.calibrations: dict[str, Calibration] = {}

    def report(self, study: Study) -> Report:
        tables = {
            Study.FOLDS: self._folds,
            Study.SUBJECTS: self._subjects,
            Study.COLD_START: self._cold_start,
            Study.ABLATION: self._ablation,
        }[study]()
        pieces = with_needs(pieces_of(study))
        found = {piece: self.ledger.record(piece).get("seconds") for piece in pieces}
        seconds = {piece.name: taken for piece, taken in found.items() if taken is not None}
        figures = {
            f"{piece.name}{', calibrated' if calibration != Calibration() else ''}": made
            for (piece, calibration), made in self._figures.items()
        }
        return Report(tuple(tables), figures, self.calibrations, seconds)

    def predictions(self, piece: Predicted) -> Predictions | None:
        """None where they are not made yet, or were made otherwise."""
        if piece not in self._read:
            done = self.ledger.state(piece) is State.DONE
            path = self.ledger.shop.file(piece)
            self._read[piece] = predictions.read(path) if done else None
        return self._read[piece]

    def figures(self, piece: Predicted, calibration: Calibration | None = None) -> Figures | None:
        key = (piece, calibration or Calibration())
        if key not in self._figures:
            made = self.predictions(piece)
            if made is None:
                return None
            self._figures[key] = made.figures(calibration)
        return self._figures[key]

    def _folds(self) -> list[Table]:
        """Raw figures need no other fold; calibrated ones all of them."""
        by_fold = [
            Row(
                f"people {' and '.join(map(str, people))}",
                tuple(Predicted(ours(people, seed), people) for seed in SEEDS),
            )
            for people in FOLDS
        ]
        everything = Row("all folds", tuple(piece for row in by_fold for piece in row.pieces))
        correct = Row(
            "all folds, correct repetitions only",
            tuple(Predicted(p.localizer, p.people, Sessions.CORRECT) for p in everything.pieces),
        )
        against = [
            Row(title, tuple(Predicted(rivals(people)[number], people) for people in FOLDS))
            for number, title in enumerate(("published ActionFormer", "without heatmaps"))
        ]
        mine = Row("ours, same seed", tuple(Predicted(ours(people, 0), people) for people in FOLDS))
        filmed = Row("pixels", (Predicted(ours(FILMED, 0), FILMED, Sessions.PIXELS),))
        return [
            self._table("Folds", "measured on", [*by_fold, everything, correct], PRECISION),
            self._table(
                "Folds, not calibrated", "measured on", [*by_fold, everything, correct], RAW
            ),
            self._table(
                "Folds, calibrated on the other folds",
                "measured on",
                [*by_fold, everything, correct],
                SHOWN,
                self.calibration,
            ),
            self._table("Against others, all folds", "localizer", [mine, *against], PRECISION),
            self._table(
                "Films, people 7 and 8, calibrated on the other folds",
                "level",
                [filmed],
                (*PRECISION, *SHOWN),
                self.calibration,
            ),
            self._classes("Classes, all folds, calibrated on the other folds", everything),
        ]

    def calibration(self, piece: Predicted) -> Calibration | None:
        """For a model of a fold, from what the models of the other folds predicted for theirs; of
        the same seed. None where one of them has not yet."""
        assert isinstance(piece.localizer, Trained)
        return self._fitted(piece.localizer.short, piece.people, (piece.localizer.seed,))

    def fold_calibrations(self) -> dict[Trained, Calibration]:
        """Of every localizer of a fold that is there and whose calibration can be told."""
        found = {}
        for people in FOLDS:
            for seed in SEEDS:
                localizer = ours(people, seed)
                fitted = self.calibration(Predicted(localizer, people))
                if fitted and self.ledger.state(localizer) is State.DONE:
                    found[localizer] = fitted
        return found

    def shipped_calibration(self) -> Calibration | None:
        """For a model trained on everybody: from all folds and seeds."""
        return self._fitted("all", (), SEEDS)

    def _fitted(
        self, name: str, without: tuple[int, ...], seeds: Sequence[int]
    ) -> Calibration | None:
        if name not in self.calibrations:
            parts = [
                self.predictions(Predicted(ours(people, seed), people, Sessions.CALIBRATION))
                for people in FOLDS
                for seed in seeds
                if people != without
            ]
            there = [part for part in parts if part is not None]
            if len(there) < len(parts):
                return None
            self.calibrations[name] = fitted_calibration(there)
        return self.calibrations[name]

    def _subjects(self) -> list[Table]:
        return [
            self._table("Labels of more and more people", "people", curve(), PRECISION),
        ]

    def _cold_start(self) -> list[Table]:
        return [
            self._table(title, "labelled recordings", cold_start(sessions), PRECISION)
            for title, sessions in (
                ("New exercises, in sessions of these alone", Sessions.NEW),
                ("New exercises, in sessions of all ten", Sessions.ALL),
            )
        ]

    def _ablation(self) -> list[Table]:
        return [self._table("Parts of the localizer", "localizer", ablation(), PRECISION)]

    def _table(
        self,
        title: str,
        first: str,
        rows: Sequence[Row],
        columns: Sequence[Column],
        calibration: Callable[[Predicted], Calibration | None] | None = None,
    ) -> Table:
        """A row's mean and, of several, spread (standard deviation) over what is there of it."""
        shown = []
        for row in rows:
            found = []
            for piece in row.pieces:
                fitted = calibration(piece) if calibration else Calibration()
                made = self.figures(piece, fitted) if fitted else None
                found += [made] if made else []
            cells = [cell([of(each) for each in found], places) for _, of, places in columns]
            shown.append((row.title, f"{len(found)} of {len(row.pieces)}", *cells))
        return Table(title, (first, "models", *(name for name, _, _ in columns)), tuple(shown))

    def _classes(self, title: str, row: Row) -> Table:
        """Calibrated on the other folds, because recall is of what is shown."""
        found = [
            (piece, made)
            for piece in row.pieces
            if (fitted := self.calibration(piece)) and (made := self.figures(piece, fitted))
        ]
        rows = []
        for name in sorted({each.name for _, made in found for each in made.classes}):
            own = [
                (piece, each) for piece, made in found for each in made.classes if each.name == name
            ]
            labels = {piece.people: each.labels for piece, each in own}  # the same for each seed
            rows.append(
                (
                    name.replace("_", " "),
                    str(sum(labels.values())),
                    cell([each.average for _, each in own], 3),
                    cell([each.ap[TIOUS.index(0.9)] for _, each in own], 3),
                    cell([each.recall for _, each in own], 3),
                )
            )
        return Table(title, ("class", "labels", "AP 0.3 to 0.9", "at 0.9", "recall"), tuple(rows))


def cell(values: Sequence[float], places: int) -> str:
    """ "0.912 ± 0.008": mean and standard deviation. NaN: one of them shows nothing to measure."""
    if not values:
        return NOT_YET
    if any(map(isnan, values)):
        return NOTHING
    mean = f"{fmean(values):.{places}f}"
    return f"{mean} ± {stdev(values):.{places}f}" if len(values) > 1 else mean
