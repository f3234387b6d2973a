"""The numbers of ActionFormer's evaluator, from ActivityNet-style documents to every figure."""

from typing import Any

import pytest

from inference.evaluation.average_precision import Area
from inference.evaluation.detection_scores import DetectionScores
from tests.inference.detections import compared, scored
from tests.parity_files import parity_folder


def published_cases() -> list[dict[str, Any]]:
    published = parity_folder("evaluator").json("evaluator_cases.json")
    ties = {"name": "score ties", **published["score_ties_official"]}
    return [*published["cases"], *published["hand_worked"], ties]


def evaluated(case: dict[str, Any]) -> DetectionScores:
    return scored(case["gt"], case["predictions"], case["tiou_thresholds"], area=Area.INTERPOLATED)


def test_parity_of_average_precision_for_each_class_and_threshold() -> None:
    for case in published_cases():
        result, expected = evaluated(case), case["expected"]
        found = {each.name: each.ap for each in result.classes}
        assert sorted(found) == sorted(expected["ap"]), case["name"]
        for name, values in expected["ap"].items():
            assert found[name] == pytest.approx(values, abs=1e-9), (case["name"], name)
        assert result.mean_ap == pytest.approx(expected["mAP"], abs=1e-9), case["name"]
        assert result.average == pytest.approx(expected["average_mAP"], abs=1e-9), case["name"]


def test_parity_of_recall_at_k_times_the_labels() -> None:
    cases = [case for case in published_cases() if "recall_at_kx" in case["expected"]]
    assert len(cases) >= 16
    for case in cases:
        result = evaluated(case)
        for k, values in case["expected"]["recall_at_kx"].items():
            found = result.recall_at_kx[int(k)]
            assert found == pytest.approx(values, abs=1e-9), (case["name"], k)


def test_parity_of_labels_left_after_near_duplicates() -> None:
    for case in published_cases():
        count = case["expected"].get("n_gt_after_dedup", len(case["gt"]))
        result = evaluated(case)
        assert result.labels == count, case["name"]
        assert result.remarks.near_duplicates == len(case["gt"]) - count, case["name"]


def test_parity_does_not_depend_on_what_is_measured_besides() -> None:
    """The rows of the documents are those of the case, so nothing above holds by accident."""
    for case in published_cases():
        read = compared(case["gt"], case["predictions"])
        assert len(read.labels) == len(case["gt"])
        assert len(read.predictions) == len(case["predictions"])
