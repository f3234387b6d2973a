"""The native kernels: published results, plain-Python equals, and bad input."""

import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segment_kernels
from tests.parity_files import parity_folder

SOFT: dict[str, Any] = dict(
    iou_threshold=0.1, sigma=0.5, min_score=0.001, method="gaussian", max_per_video=None
)


def nms_calls(function: str) -> list[tuple[str, dict]]:
    folder = parity_folder("nms")
    return [
        (name, call)
        for name, case in folder.json("nms_cases.json")["cases"].items()
        for call in case["calls"]
        if call["fn"] == function
    ]


def test_parity_of_hard_nms() -> None:
    arrays = parity_folder("nms").npz("nms_cases.npz")
    calls = nms_calls("nms_1d_cpu")
    assert calls
    for case, call in calls:
        kept = segment_kernels.nms(
            arrays[f"{case}__segments"],
            arrays[f"{case}__scores"],
            iou_threshold=call["iou_threshold"],
        )
        np.testing.assert_array_equal(kept, arrays[call["key"]], err_msg=call["key"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parity_of_soft_nms(dtype: type) -> None:
    arrays = parity_folder("nms").npz("nms_cases.npz")
    calls = nms_calls("softnms_1d_cpu")
    assert calls
    for case, call in calls:
        segments: np.ndarray = arrays[f"{case}__segments"].astype(dtype)
        scores: np.ndarray = arrays[f"{case}__scores"].astype(dtype)
        kept, decayed = segment_kernels.soft_nms(
            segments,
            scores,
            np.zeros(len(scores), np.int64),
            iou_threshold=call["iou_threshold"],
            sigma=call["sigma"],
            min_score=call["min_score"],
            method=("hard", "linear", "gaussian")[call["method"]],
            max_per_video=None,
        )
        assert decayed.dtype == dtype
        np.testing.assert_array_equal(kept, arrays[f"{call['key']}__inds"], err_msg=call["key"])
        expected = arrays[f"{call['key']}__dets"]
        np.testing.assert_allclose(segments[kept], expected[:, :2], atol=1e-5)
        np.testing.assert_allclose(decayed, expected[:, 2], atol=1e-5)


def test_parity_of_all_classes_in_one_call() -> None:
    arrays = parity_folder("nms").npz("nms_cases.npz")
    compared = 0
    for case, call in nms_calls("batched_nms"):
        if not (call["use_soft_nms"] and call["multiclass"]):
            continue
        segments, labels = arrays[f"{case}__segments"], arrays[f"{case}__labels"]
        kept, scores = segment_kernels.soft_nms(
            segments,
            arrays[f"{case}__scores"],
            labels,
            iou_threshold=call["iou_threshold"],
            sigma=call["sigma"],
            min_score=call["min_score"],
            method="gaussian",
            max_per_video=call["max_seg_num"],
        )
        np.testing.assert_allclose(scores, arrays[f"{call['key']}__scores"], atol=1e-5)
        np.testing.assert_allclose(segments[kept], arrays[f"{call['key']}__segments"], atol=1e-5)
        np.testing.assert_array_equal(labels[kept], arrays[f"{call['key']}__labels"])
        compared += 1
    assert compared


def segment_arrays() -> st.SearchStrategy[np.ndarray]:
    pair = st.tuples(st.integers(0, 200), st.integers(0, 60))
    return st.lists(pair, max_size=20).map(
        lambda rows: np.array([(a / 4, (a + length) / 4) for a, length in rows]).reshape(-1, 2)
    )


@settings(deadline=None)
@given(segment_arrays(), segment_arrays())
def test_tiou_equals_the_definition(a: np.ndarray, b: np.ndarray) -> None:
    matrix = segment_kernels.tiou(a, b)
    assert matrix.shape == (len(a), len(b))
    for i, (start, end) in enumerate(a):
        for j, (other_start, other_end) in enumerate(b):
            shared = max(0.0, min(end, other_end) - max(start, other_start))
            whole = (end - start) + (other_end - other_start) - shared
            assert matrix[i, j] == pytest.approx(shared / whole if whole > 0 else 0.0)


@settings(deadline=None)
@given(segment_arrays(), st.integers(0, 2**31))
def test_all_classes_at_once_equal_one_class_at_a_time(segments: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, labels = rng.random(len(segments)), rng.integers(0, 3, len(segments))
    kept, decayed = segment_kernels.soft_nms(segments, scores, labels, **SOFT)
    assert (np.diff(decayed) <= 0).all()
    for label in range(3):
        (own,) = np.nonzero(labels == label)
        alone, alone_scores = segment_kernels.soft_nms(
            segments[own], scores[own], labels[own], **SOFT
        )
        np.testing.assert_array_equal(kept[labels[kept] == label], own[alone])
        np.testing.assert_array_equal(decayed[labels[kept] == label], alone_scores)
    first, first_scores = segment_kernels.soft_nms(
        segments, scores, labels, **{**SOFT, "max_per_video": 4}
    )
    np.testing.assert_array_equal(first, kept[:4])
    np.testing.assert_array_equal(first_scores, decayed[:4])


def test_empty_and_strided_arrays() -> None:
    empty = np.zeros((0, 2), np.float32)
    assert segment_kernels.tiou(empty, empty).shape == (0, 0)
    assert segment_kernels.nms(empty, np.zeros(0), iou_threshold=0.5).shape == (0,)
    kept, scores = segment_kernels.soft_nms(empty, np.zeros(0), np.zeros(0, np.int64), **SOFT)
    assert kept.shape == scores.shape == (0,)
    wide = np.array([[0.0, 9.0, 2.0], [1.0, 9.0, 2.0]])
    assert segment_kernels.tiou(wide[:, ::2], wide[:, ::2])[0, 1] == pytest.approx(0.5)


def test_bad_input_names_the_argument() -> None:
    good = np.array([[0.0, 1.0], [1.0, 2.0]])
    scores, labels = np.array([0.5, 0.4]), np.array([0, 0])
    with pytest.raises(ValueError, match=r"^b must be finite; row 1"):
        segment_kernels.tiou(good, np.array([[0.0, 1.0], [0.0, np.inf]]))
    with pytest.raises(ValueError, match=r"^a must end after they start"):
        segment_kernels.tiou(good[:, ::-1], good)
    with pytest.raises(ValueError, match=r"^segments must have the shape"):
        segment_kernels.nms(scores, scores, iou_threshold=0.5)
    with pytest.raises(ValueError, match=r"^iou_threshold"):
        segment_kernels.nms(good, scores, iou_threshold=np.nan)
    changes: list[tuple[dict[str, Any], str]] = [
        ({"scores": np.array([0.5, np.nan])}, "scores"),
        ({"scores": scores[:1]}, "scores"),
        ({"labels": labels[:1]}, "labels"),
        ({"labels": labels + 0.5}, "labels"),
        ({"sigma": 0.0}, "sigma"),
        ({"min_score": np.nan}, "min_score"),
        ({"method": "soft"}, "method"),
        ({"max_per_video": -1}, "max_per_video"),
    ]
    for change, argument in changes:
        call: dict[str, Any] = {
            "segments": good,
            "scores": scores,
            "labels": labels,
            **SOFT,
            **change,
        }
        with pytest.raises(ValueError, match=f"^{argument}"):
            segment_kernels.soft_nms(**call)


def test_other_threads_run_while_it_works() -> None:
    rng = np.random.default_rng(0)
    starts = rng.random(12_000) * 100
    segments = np.stack([starts, starts + 50], axis=1)
    scores, labels = rng.random(12_000), np.zeros(12_000, np.int64)
    call = {**SOFT, "sigma": 100.0, "min_score": 0.0, "max_per_video": 4000}
    work = threading.Thread(
        target=lambda: segment_kernels.soft_nms(segments, scores, labels, **call)
    )
    work.start()
    turns = 0
    while work.is_alive():
        time.sleep(0.001)
        turns += 1
    assert turns > 5
