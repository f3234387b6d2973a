"""What every kernel takes and refuses: types, strides, empty input, values without sense."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import segment_kernels

SEGMENTS = np.array([[0.0, 1.0], [0.5, 2.0], [4.0, 5.0]])
SCORES = np.array([0.5, 0.4, 0.3])
LABELS = np.array([0, 1, 0])

KERNELS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "tiou": (segment_kernels.tiou, {"a": SEGMENTS, "b": SEGMENTS[:2]}),
    "nms": (
        segment_kernels.nms,
        {"segments": SEGMENTS, "scores": SCORES, "iou_threshold": 0.5},
    ),
    "soft_nms": (
        segment_kernels.soft_nms,
        {
            "segments": SEGMENTS,
            "scores": SCORES,
            "labels": LABELS,
            "iou_threshold": 0.1,
            "sigma": 0.5,
            "min_score": 0.001,
            "method": "gaussian",
            "max_per_video": 2,
        },
    ),
    "vote": (
        segment_kernels.vote,
        {
            "kept": SEGMENTS[:2],
            "segments": SEGMENTS,
            "scores": SCORES,
            "iou_threshold": 0.5,
            "weighting": "iou_score",
        },
    ),
}


def call(kernel: str, **changes: Any) -> tuple[np.ndarray, ...]:
    function, arguments = KERNELS[kernel]
    result = function(**{**arguments, **changes})
    return result if isinstance(result, tuple) else (result,)


def bad_rows() -> list[tuple[str, str, Any, str]]:
    rows: list[tuple[str, str, Any, str]] = []
    for kernel, (_, arguments) in KERNELS.items():
        for name in {"a", "b", "kept", "segments"} & arguments.keys():
            good = arguments[name]
            for value in (np.nan, np.inf, -np.inf):
                bad = good.copy()
                bad[1, 0] = value
                rows.append((kernel, name, bad, "must be finite; row 1"))
            rows.append((kernel, name, good[:, ::-1], "must end after they start; row 0"))
            rows.append((kernel, name, good[:, 0], "must have the shape"))
            rows.append((kernel, name, good.astype(str), "must be numbers"))
        if "scores" in arguments:
            for value in (np.nan, np.inf, -np.inf):
                rows.append(
                    (kernel, "scores", np.array([0.5, value, 0.3]), "must be finite; row 1")
                )
            rows.append((kernel, "scores", SCORES[:2], "must have one value for each of the 3"))
            rows.append((kernel, "scores", SEGMENTS, "must have the shape"))
            rows.append((kernel, "scores", SCORES > 0.4, "must be numbers"))
        if "iou_threshold" in arguments:
            for value in (np.nan, -0.1, 1.1):
                rows.append((kernel, "iou_threshold", value, "must lie between 0 and 1"))
    for kernel in ("soft_nms", "vote"):
        rows.append((kernel, "scores", np.array([0.5, 0.4, -0.1]), "must not be negative; row 2"))
    return [
        *rows,
        ("soft_nms", "labels", LABELS[:2], "must have one value for each of the 3"),
        ("soft_nms", "labels", LABELS + 0.5, "must be whole numbers"),
        ("soft_nms", "labels", LABELS[:, None], "must have the shape"),
        ("soft_nms", "sigma", 0.0, "must be positive"),
        ("soft_nms", "sigma", np.nan, "must be positive"),
        ("soft_nms", "sigma", np.inf, "must be positive"),
        ("soft_nms", "min_score", np.nan, "must be finite"),
        ("soft_nms", "method", "soft", "must be 'hard', 'linear' or 'gaussian'"),
        ("soft_nms", "max_per_video", -1, "must not be negative"),
        ("vote", "weighting", "iou", "must be 'iou_score' or 'score'"),
    ]


@pytest.mark.parametrize(("kernel", "argument", "value", "message"), bad_rows())
def test_a_value_without_sense_is_refused_by_name(
    kernel: str, argument: str, value: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{argument} {message}"):
        call(kernel, **{argument: value})


def variants(array: np.ndarray) -> list[np.ndarray]:
    """The same values otherwise: strided, reversed, column by column, byte-swapped, read-only."""
    strided = np.full((2 * len(array), *array.shape[1:]), 99, array.dtype)
    strided[::2] = array
    read_only = array.copy()
    read_only.flags.writeable = False
    return [
        strided[::2],
        array[::-1].copy()[::-1],
        np.asfortranarray(array),
        array.astype(array.dtype.newbyteorder()),
        read_only,
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kernel", KERNELS)
def test_any_memory_layout(kernel: str, dtype: type) -> None:
    arrays = {
        name: value.astype(dtype) if value.dtype.kind == "f" else value
        for name, value in KERNELS[kernel][1].items()
        if isinstance(value, np.ndarray)
    }
    expected = call(kernel, **arrays)
    for name, array in arrays.items():
        for variant in variants(array):
            for result, wanted in zip(
                call(kernel, **{**arrays, name: variant}), expected, strict=True
            ):
                np.testing.assert_allclose(result, wanted, rtol=1e-6)


@pytest.mark.parametrize("kernel", KERNELS)
def test_whole_numbers_are_times_too(kernel: str) -> None:
    whole = {
        name: value * 4
        for name, value in KERNELS[kernel][1].items()
        if name in ("a", "b", "segments", "kept")
    }
    changed = {name: value.astype(np.int16) for name, value in whole.items()}
    for result, wanted in zip(call(kernel, **changed), call(kernel, **whole), strict=True):
        np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.int64, np.uint16])
def test_any_type_of_labels(kind: type) -> None:
    kept, _ = call("soft_nms", labels=LABELS.astype(kind))
    np.testing.assert_array_equal(kept, call("soft_nms")[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_empty_input_gives_empty_results(dtype: type) -> None:
    none: np.ndarray = np.zeros((0, 2), dtype)
    no_scores: np.ndarray = np.zeros(0, dtype)
    no_labels = np.zeros(0, np.int64)
    assert call("tiou", a=none, b=none)[0].shape == (0, 0)
    assert call("tiou", a=none)[0].shape == (0, 2)
    (kept,) = call("nms", segments=none, scores=no_scores)
    assert (kept.shape, kept.dtype) == ((0,), np.int64)
    kept, scores = call("soft_nms", segments=none, scores=no_scores, labels=no_labels)
    assert (kept.shape, kept.dtype) == ((0,), np.int64)
    assert (scores.shape, scores.dtype) == ((0,), dtype)
    (voted,) = call("vote", kept=none, segments=none, scores=no_scores)
    assert (voted.shape, voted.dtype) == ((0, 2), dtype)


def test_a_limit_of_none_of_nothing_and_beyond_all() -> None:
    assert len(call("soft_nms", max_per_video=None)[0]) == 3
    assert len(call("soft_nms", max_per_video=0)[0]) == 0
    assert len(call("soft_nms", max_per_video=10**12)[0]) == 3
