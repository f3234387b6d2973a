"""Pieces of studies that nobody trained."""

from dataclasses import replace

import numpy as np

from inference.localize.proposal import Proposal
from inference.study import predictions
from inference.study.ledger import Ledger
from inference.study.pieces import Predicted, with_needs
from inference.study.predictions import Predictions
from inference.synthesis.motion import Label


def predicted(seed: int, *, sureness: float = 0.9, session: str = "one") -> Predictions:
    """Twenty repetitions with a proposal each: eighteen start and end an eighth of a second late,
    two lie elsewhere."""
    random = np.random.default_rng(seed)
    labels, proposals = [], []
    for number in range(20):
        start = 5.0 * number
        labels.append(Label("deep_squat", start, start + 2.0))
        score = float(np.clip(sureness + random.normal(0, 0.02), 0.01, 0.99))
        shift = 0.125 if number % 10 else 2.5  # the tenth lies beside it
        proposals.append(
            Proposal("deep_squat", start + shift, start + 2.0 + shift, score, 0.05, 0.05, "model")
        )
    repetitions = [replace(each, label="") for each in proposals]
    return Predictions(
        {session: labels}, {session: proposals}, {session: repetitions}, ("deep_squat",), 100 / 60
    )


def put(ledger: Ledger, piece: Predicted, made: Predictions) -> None:
    """As if it had been trained and predicted."""
    for each in with_needs([piece]):
        file = ledger.shop.file(each)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        made_with = ledger.made_with(each)
        ledger.write(
            each, {"finished": True, "made_with": made_with, "sha256": each.name, "seconds": 60.0}
        )
    predictions.write(ledger.shop.file(piece), made)
