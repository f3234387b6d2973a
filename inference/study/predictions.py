"""Proposals for sessions with known labels as a file; figures are computed from it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from inference.benchmark.figures import Figures, figures_of
from inference.benchmark.proposing import Seen, proposed
from inference.localize.calibration import Calibration
from inference.localize.example import LabelLike
from inference.localize.localizer import Localizer
from inference.localize.measure import Found, calibration_of, with_calibration
from inference.localize.proposal import Proposal
from inference.synthesis.motion import Label


@dataclass(frozen=True, eq=False)
class Predictions:
    """By the names of the sessions: labels, proposals with their classes, and repetitions
    irrespective of class; scores and spreads as the network gives them, not calibrated. known: the
    classes of the localizer. minutes: length of all sessions together.
    """

    labels: Mapping[str, Sequence[Label]]
    proposals: Mapping[str, Sequence[Proposal]]
    repetitions: Mapping[str, Sequence[Proposal]]
    known: tuple[str, ...]
    minutes: float

    def figures(self, calibration: Calibration | None = None) -> Figures:
        """What they are worth once calibrated. Exercises that the localizer cannot know count as
        background. Raises NothingToMeasureError."""
        calibration = calibration or Calibration()
        return figures_of(
            {
                name: [label for label in own if label.name in self.known]
                for name, own in self.labels.items()
            },
            {name: with_calibration(own, calibration) for name, own in self.proposals.items()},
            {name: with_calibration(own, calibration) for name, own in self.repetitions.items()},
            known=self.known,
            minutes=self.minutes,
        )


def predictions(seen: Iterable[Seen], localizer: Localizer) -> Predictions:
    """What a localizer proposes; its own calibration is left aside. Raises LocalizerError."""
    made = proposed(seen, replace(localizer, calibration=Calibration()))
    return Predictions(
        labels=made.labels,
        proposals=made.proposals,
        repetitions=made.repetitions,
        known=localizer.classes,
        minutes=made.minutes,
    )


def fitted_calibration(parts: Sequence[Predictions]) -> Calibration:
    """One calibration for all of them together."""
    truth: dict[str, list[LabelLike]] = {}
    proposals: dict[str, list[Proposal]] = {}
    for number, part in enumerate(parts):
        for name in part.labels:  # several models may have seen the same session
            truth[f"{number}/{name}"] = list(part.labels[name])
            proposals[f"{number}/{name}"] = list(part.proposals[name])
    return calibration_of(Found(truth, proposals, sum(part.minutes for part in parts)))


def write(path: Path, made: Predictions) -> None:
    said = {
        "known": made.known,
        "minutes": made.minutes,
        **{
            what: {name: [astuple(each) for each in own] for name, own in by_session.items()}
            for what, by_session in (
                ("labels", made.labels),
                ("proposals", made.proposals),
                ("repetitions", made.repetitions),
            )
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(said))
    new.replace(path)


def read(path: Path) -> Predictions:
    said = json.loads(path.read_text())

    def proposals(what: str) -> dict[str, list[Proposal]]:
        return {name: [Proposal(*each) for each in own] for name, own in said[what].items()}

    return Predictions(
        labels={name: [Label(*each) for each in own] for name, own in said["labels"].items()},
        proposals=proposals("proposals"),
        repetitions=proposals("repetitions"),
        known=tuple(said["known"]),
        minutes=said["minutes"],
    )
