"""What stage 3 proposes to a person."""

from dataclasses import dataclass

#: Calibrated. What the application shows by default, and what recall, boundary errors and false
#: alarms of model versions are measured at: about 0.4 false alarms a minute on people whose
#: movements were not trained on.
SURE_SCORE = 0.6


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
