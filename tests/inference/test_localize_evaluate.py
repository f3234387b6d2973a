"""Average precision as published, hand-worked cases, boundary errors and false alarms."""

import math

import pytest

from inference.evaluation.evaluate import evaluate
from inference.localize.proposal import Proposal
from inference.synthesis.motion import Label
from tests.parity_files import parity_folder


def truth_of(rows: list) -> dict[str, list[Label]]:
    truth: dict[str, list[Label]] = {}
    for video, start, end, label in rows:
        truth.setdefault(video, []).append(Label(str(label), start, end))
    return truth


def proposals_of(rows: list) -> dict[str, list[Proposal]]:
    proposals: dict[str, list[Proposal]] = {}
    for video, start, end, label, score in rows:
        proposals.setdefault(video, []).append(
            Proposal(str(label), start, end, score, 0.1, 0.1, "model")
        )
    return proposals


def test_parity_of_average_precision() -> None:
    published = parity_folder("evaluator").json("evaluator_cases.json")
    cases = [*published["cases"], *published["hand_worked"], published["score_ties_official"]]
    for case in cases:
        result = evaluate(
            truth_of(case["gt"]), proposals_of(case["predictions"]), case["tiou_thresholds"]
        )
        expected = case["expected"]
        name = case.get("name", "score ties")
        assert sorted(result.ap) == sorted(expected["ap"]), name
        for label, values in expected["ap"].items():
            assert result.ap[label] == pytest.approx(values, abs=1e-9), (name, label)
        assert result.mean_ap == pytest.approx(expected["mAP"], abs=1e-9), name
        assert result.average == pytest.approx(expected["average_mAP"], abs=1e-9), name


def test_boundary_errors_and_false_alarms() -> None:
    truth = {"a": [Label("squat", 10, 20), Label("squat", 30, 40)], "b": [Label("lunge", 0, 4)]}
    proposals = proposals_of(
        [
            ("a", 10.5, 20.2, "squat", 0.95),
            ("a", 50, 60, "squat", 0.9),
            ("a", 30, 40, "squat", 0.1),
            ("b", 0, 4, "reach", 0.88),
        ]
    )
    result = evaluate(truth, proposals, minutes=2.0)
    assert result.start_error_s == pytest.approx((0.5, 0.5))
    assert result.end_error_s == pytest.approx((0.2, 0.2))
    assert result.false_alarms_per_minute == pytest.approx(1.0)
    assert result.recall == pytest.approx(1 / 3)
    assert result.labels == 3
    assert result.at(0.5) == result.mean_ap[2]


def test_nothing_found_and_nothing_there() -> None:
    nothing = evaluate({"a": [Label("squat", 0, 2)]}, {})
    assert nothing.average == 0
    assert math.isnan(nothing.start_error_s[0])
    empty = evaluate({}, {}, minutes=1.0)
    assert math.isnan(empty.average) and math.isnan(empty.recall)
    assert empty.false_alarms_per_minute == 0
