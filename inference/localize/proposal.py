"""What stage 3 proposes to a person."""

from dataclasses import dataclass

#: Calibrated. What the application shows by default, and what recall, boundary errors and false
#: positives of model versions are measured at: the least multiple of 0.05 that leaves at most half
#: a false positive a minute in the sessions that calibrations are fitted on, of people who were not
#: trained on (docs/accuracy.md).
SURE_SCORE = 0.85


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
