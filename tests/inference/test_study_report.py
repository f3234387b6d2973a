"""Tables of a study: means over what is there, calibrations from other folds only."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from inference.localize.calibration import Calibration
from inference.localize.measure import with_calibration
from inference.study import predictions
from inference.study.ledger import Ledger
from inference.study.pieces import Predicted, Sessions
from inference.study.predictions import fitted_calibration
from inference.study.report import NOT_YET, NOTHING, Reporter, cell
from inference.study.studies import FOLDS, SEEDS, Study, ours, pieces_of
from inference.study.workshop import Workshop
from inference.synthesis.motion import Label
from tests.inference.recorded_people import write_recordings
from tests.inference.study_files import predicted, put


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    motions, recordings = write_recordings(tmp_path, subjects=(1,), exercises=("deep_squat",))
    return Ledger(Workshop(motions, recordings, tmp_path / "out"))


def test_predictions_come_back_as_they_were_kept(tmp_path: Path) -> None:
    made = predicted(0)
    predictions.write(tmp_path / "made.json", made)
    read = predictions.read(tmp_path / "made.json")
    assert (read.known, read.minutes) == (made.known, made.minutes)
    assert (read.labels, read.proposals, read.repetitions) == (
        made.labels, made.proposals, made.repetitions
    )  # fmt: skip


def test_calibration_changes_what_scores_mean_and_no_precision() -> None:
    made = predicted(0, sureness=0.97)
    fitted = fitted_calibration([predicted(seed, sureness=0.97) for seed in range(1, 4)])
    raw, better = made.figures(), made.figures(fitted)
    assert better.mean_ap == raw.mean_ap and better.agnostic_ap == raw.agnostic_ap
    assert better.reliability.ece < 0.05 < raw.reliability.ece
    assert raw.coverage.within_1_spread == 0 and better.coverage.within_1_spread == 1
    own = made.proposals["one"]
    same = with_calibration(own, Calibration())
    assert [each.score for each in same] == pytest.approx([each.score for each in own])
    assert [each.start_spread_s for each in same] == [each.start_spread_s for each in own]


def test_exercises_the_localizer_cannot_know_count_as_background() -> None:
    made = predicted(0)
    others = [*made.labels["one"], Label("side_lunge", 200.0, 202.0)]
    assert replace(made, labels={"one": others}).figures().repetitions == 20


def test_what_is_not_there_is_said_and_what_is_there_is_averaged(ledger: Ledger) -> None:
    for seed in SEEDS[:2]:
        put(ledger, Predicted(ours((1, 2), seed), (1, 2)), predicted(seed))
    report = Reporter(ledger).report(Study.FOLDS)
    folds = report.tables[0]
    assert folds.rows[0][:2] == ("people 1 and 2", "2 of 3")
    assert " ± " in folds.rows[0][2]
    assert folds.rows[1][1] == "0 of 3" and set(folds.rows[1][2:]) == {NOT_YET}
    everything = next(row for row in folds.rows if row[0] == "all folds")
    assert everything[1] == "2 of 12"
    assert "| people 1 and 2 | 2 of 3 |" in report.markdown()
    assert report.seconds["localizers/345678-seed0"] == 60.0
    assert len(report.document()["figures"]) == 2


def test_a_fold_is_calibrated_on_the_others_and_on_nothing_of_its_own(ledger: Ledger) -> None:
    reporter = Reporter(ledger)
    for number, people in enumerate(FOLDS):
        piece = Predicted(ours(people, 0), people, Sessions.CALIBRATION)
        assert reporter.calibration(Predicted(ours((1, 2), 0), (1, 2))) is None
        put(ledger, piece, predicted(number, sureness=0.5 + 0.1 * number, session=str(people)))
        reporter = Reporter(ledger)
    fitted = reporter.calibration(Predicted(ours((1, 2), 0), (1, 2)))
    assert fitted == fitted_calibration(
        [predicted(n, sureness=0.5 + 0.1 * n, session=str(FOLDS[n])) for n in (1, 2, 3)]
    )
    assert reporter.shipped_calibration() is None  # the other seeds are not there


@pytest.mark.parametrize("study", Study)
def test_every_row_of_a_study_is_among_its_pieces(ledger: Ledger, study: Study) -> None:
    """With all pieces there no cell is left empty."""
    for piece in pieces_of(study):
        put(ledger, piece, predicted(0))
    report = Reporter(ledger).report(study)
    assert NOT_YET not in report.markdown()
    for table in report.tables:
        assert table.rows and all(len(row) == len(table.columns) for row in table.rows)


def test_cells() -> None:
    assert cell([], 3) == NOT_YET
    assert cell([0.9], 3) == "0.900"
    assert cell([0.9, 0.8], 2) == "0.85 ± 0.07"
    assert cell([0.9, math.nan], 2) == cell([math.nan], 2) == NOTHING  # no error to speak of
