"""What stage 3 proposes to a person."""

from dataclasses import dataclass

#: What recall, boundary errors and false alarms of model versions are measured at, unless asked.
SURE_SCORE = 0.3


@dataclass(frozen=True)
class Proposal:
    """One proposed repetition.

    start_s, end_s: seconds. score: 0..1. start_spread_s, end_spread_s: standard deviation in
    seconds, how sure the model is of each boundary. model: hash of the localizer's weights.
    """

    label: str
    start_s: float
    end_s: float
    score: float
    start_spread_s: float
    end_spread_s: float
    model: str
