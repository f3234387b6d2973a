"""Every call recorded in parity/nms: suppression, voting, and the whole of it over all classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import segment_kernels
from inference.localize.actionformer.batched_nms import batched_nms
from tests.parity_files import parity_folder

FUNCTIONS = ("nms_1d_cpu", "softnms_1d_cpu", "batched_nms")
FLOATS = [np.float32, np.float64]


@dataclass(frozen=True, eq=False)
class Call:
    """arguments as recorded; result (suffix of the key -> array) as the reference returned it."""

    key: str
    arguments: dict[str, Any]
    segments: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    result: dict[str, np.ndarray]


def calls(function: str, dtype: type = np.float32) -> list[Call]:
    folder = parity_folder("nms")
    arrays = folder.npz("nms_cases.npz")
    return [
        Call(
            call["key"],
            call,
            arrays[f"{case}__segments"].astype(dtype),
            arrays[f"{case}__scores"].astype(dtype),
            arrays[f"{case}__labels"],
            {
                name.removeprefix(call["key"]): array
                for name, array in arrays.items()
                if name in (call["key"], *(f"{call['key']}__{part}" for part in PARTS))
            },
        )
        for case, recorded in folder.json("nms_cases.json")["cases"].items()
        for call in recorded["calls"]
        if call["fn"] == function
    ]


PARTS = ("inds", "dets", "segments", "scores", "labels")


def test_parity_covers_every_recorded_call_and_array() -> None:
    folder = parity_folder("nms")
    recorded = [
        call["key"]
        for case in folder.json("nms_cases.json")["cases"].values()
        for call in case["calls"]
    ]
    covered = [call for function in FUNCTIONS for call in calls(function)]
    assert sorted(call.key for call in covered) == sorted(recorded)
    inputs = {
        f"{case}__{part}"
        for case in folder.json("nms_cases.json")["cases"]
        for part in ("segments", "scores", "labels")
    }
    results = {call.key + suffix for call in covered for suffix in call.result}
    assert inputs | results == set(folder.npz("nms_cases.npz"))


@pytest.mark.parametrize("dtype", FLOATS)
def test_parity_of_hard_nms(dtype: type) -> None:
    for call in calls("nms_1d_cpu", dtype):
        kept = segment_kernels.nms(
            call.segments, call.scores, iou_threshold=call.arguments["iou_threshold"]
        )
        np.testing.assert_array_equal(kept, call.result[""], err_msg=call.key)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("method", [0, 1, 2])
def test_parity_of_soft_nms(method: int, dtype: type) -> None:
    of_method = [
        call for call in calls("softnms_1d_cpu", dtype) if call.arguments["method"] == method
    ]
    assert of_method
    for call in of_method:
        kept, decayed = segment_kernels.soft_nms(
            call.segments,
            call.scores,
            np.zeros(len(call.scores), np.int64),
            iou_threshold=call.arguments["iou_threshold"],
            sigma=call.arguments["sigma"],
            min_score=call.arguments["min_score"],
            method=("hard", "linear", "gaussian")[method],
            max_per_video=None,
        )
        assert decayed.dtype == dtype
        np.testing.assert_array_equal(kept, call.result["__inds"], err_msg=call.key)
        detections = np.column_stack([call.segments[kept], decayed])
        np.testing.assert_allclose(
            detections, call.result["__dets"], rtol=0, atol=1e-5, err_msg=call.key
        )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("multiclass", [True, False])
def test_parity_of_batched_nms(soft: bool, multiclass: bool, dtype: type) -> None:
    compared = set()
    for call in calls("batched_nms", dtype):
        given = call.arguments
        if (given["use_soft_nms"], given["multiclass"]) != (soft, multiclass):
            continue
        score_only = call.key.endswith("_scoreonly")
        segments, scores, labels = batched_nms(
            call.segments,
            call.scores,
            call.labels,
            iou_threshold=given["iou_threshold"],
            min_score=given["min_score"],
            max_segments=given["max_seg_num"],
            soft=soft,
            multiclass=multiclass,
            sigma=given["sigma"],
            voting_threshold=given["voting_thresh"],
            weighting="score" if score_only else "iou_score",
        )
        assert len(scores) == given["n_out"], call.key
        assert np.isnan(segments).any() == given["has_nan"], call.key
        voted = not multiclass and given["voting_thresh"] > 0
        np.testing.assert_allclose(
            segments,
            call.result["__segments"],
            rtol=0,
            atol=1e-4 if voted else 1e-5,
            err_msg=call.key,
        )
        np.testing.assert_allclose(
            scores, call.result["__scores"], rtol=0, atol=1e-5, err_msg=call.key
        )
        np.testing.assert_array_equal(labels, call.result["__labels"], err_msg=call.key)
        compared.add((voted, score_only, given["max_seg_num"], given["has_nan"]))
    assert {limit for _, _, limit, _ in compared} == {10, 100}
    if not multiclass:
        assert {(voted, score_only) for voted, score_only, _, _ in compared} == {
            (True, False),
            (True, True),
            (False, False),
        }
        assert {has_nan for _, _, _, has_nan in compared} == {True, False}


@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("multiclass", [True, False])
def test_parity_of_empty_input(soft: bool, multiclass: bool) -> None:
    shapes = parity_folder("nms").json("nms_cases.json")["empty_input"]
    segments, scores, labels = batched_nms(
        np.zeros((0, 2), np.float32),
        np.zeros(0, np.float32),
        np.zeros(0, np.int64),
        soft=soft,
        multiclass=multiclass,
    )
    assert list(segments.shape) == shapes["segments_shape"]
    assert list(scores.shape) == shapes["scores_shape"]
    assert list(labels.shape) == shapes["labels_shape"]
    assert (segments.dtype, scores.dtype, labels.dtype) == (np.float32, np.float32, np.int64)
