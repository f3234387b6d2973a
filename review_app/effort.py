"""What labelling costs: active seconds and actions per repetition, with proposals and without."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from db.desk_models import SITTING_MODES
from db.projects import project_named
from db.sittings import list_sittings

#: Labelling from nothing: what the other modes are compared with.
FROM_NOTHING = "none"


class EffortError(Exception):
    """Why there is no report, as a sentence for people."""


@dataclass(frozen=True)
class Effort:
    """The sum of some sittings. active_s: seconds in which somebody worked."""

    sittings: int = 0
    active_s: float = 0.0
    actions: int = 0
    repetitions: int = 0

    def __add__(self, other: "Effort") -> "Effort":
        return Effort(
            self.sittings + other.sittings,
            self.active_s + other.active_s,
            self.actions + other.actions,
            self.repetitions + other.repetitions,
        )

    @property
    def seconds_each(self) -> float | None:
        """Active seconds per repetition; None while there is none."""
        return self.active_s / self.repetitions if self.repetitions else None

    @property
    def actions_each(self) -> float | None:
        """Actions per repetition; None while there is none."""
        return self.actions / self.repetitions if self.repetitions else None


@dataclass(frozen=True)
class Recording:
    """What one recording cost in one mode: proposals shown, hidden, or none."""

    project: str
    video_id: int
    video: str
    proposals: str
    effort: Effort


@dataclass(frozen=True)
class Report:
    """recordings: in order of project, recording and mode. totals: by mode, those that occurred."""

    recordings: tuple[Recording, ...]
    totals: dict[str, Effort]

    def ratios(self, mode: str) -> tuple[float | None, float | None]:
        """How many times more (actions, seconds) a repetition takes from nothing than in `mode`.

        None where one of the two is not known or zero.
        """
        nothing, this = self.totals.get(FROM_NOTHING, Effort()), self.totals.get(mode, Effort())
        return (
            _ratio(nothing.actions_each, this.actions_each),
            _ratio(nothing.seconds_each, this.seconds_each),
        )


def report(session: Session, project: str | None = None) -> Report:
    """All sittings, or those of one project; EffortError when there is none of that name."""
    if project is not None and project_named(session, project) is None:
        raise EffortError(f"There is no project “{project}”.")
    efforts: dict[tuple[str, int, str, str], Effort] = defaultdict(Effort)
    for row in list_sittings(session, project):
        key = (row.project, row.video_id, row.video, row.proposals)
        efforts[key] += Effort(1, row.active_s, sum(row.actions.values()), row.segments)
    recordings = [Recording(*key, effort) for key, effort in efforts.items()]
    totals = {
        mode: _sum(each.effort for each in recordings if each.proposals == mode)
        for mode in SITTING_MODES
    }
    return Report(
        tuple(recordings), {mode: total for mode, total in totals.items() if total.sittings}
    )


def as_dict(found: Report) -> dict[str, Any]:
    """The report as JSON holds it: every number of the table, and the ratios."""
    return {
        "recordings": [
            {
                "project": each.project,
                "video_id": each.video_id,
                "video": each.video,
                "proposals": each.proposals,
                **_numbers(each.effort),
            }
            for each in found.recordings
        ],
        "totals": [
            {
                "proposals": mode,
                **_numbers(total),
                "actions_ratio_to_none": found.ratios(mode)[0],
                "seconds_ratio_to_none": found.ratios(mode)[1],
            }
            for mode, total in found.totals.items()
        ],
    }


def sentences(found: Report) -> list[str]:
    """What the totals say, in words."""
    nothing = found.totals.get(FROM_NOTHING, Effort())
    if not nothing.repetitions:
        return ["Nobody has labelled without proposals yet, so there is nothing to compare with."]
    said = []
    for mode, total in found.totals.items():
        actions, seconds = found.ratios(mode)
        if mode == FROM_NOTHING or actions is None or seconds is None:
            continue
        said.append(
            f"Proposals {mode}: {total.actions_each:.1f} actions a repetition against "
            f"{nothing.actions_each:.1f} from nothing (ratio {actions:.1f}); "
            f"{total.seconds_each:.1f} s against {nothing.seconds_each:.1f} s "
            f"(ratio {seconds:.1f})."
        )
    return said


def _numbers(effort: Effort) -> dict[str, Any]:
    return {
        **asdict(effort),
        "seconds_per_repetition": effort.seconds_each,
        "actions_per_repetition": effort.actions_each,
    }


def _ratio(nothing: float | None, this: float | None) -> float | None:
    return nothing / this if nothing and this else None


def _sum(efforts: Iterable[Effort]) -> Effort:
    return sum(efforts, Effort())
