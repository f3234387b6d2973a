"""Decoding: published segments, and what the boundary spread says."""

import numpy as np
import pytest
import torch

from inference.localize.decode import (
    ROUNDING,
    Candidates,
    DecodeSettings,
    boundary_spreads,
    candidates,
    suppress,
)
from tests.inference.test_localize_actionformer import padded, tiny
from tests.parity_files import parity_folder


@pytest.mark.parametrize(
    "tag", ["win9", "win19", "fullattn", "win9_fpn", "win9_abs_pe", "win9_rel_pe"]
)
def test_parity_of_decoding(tag: str) -> None:
    folder = parity_folder("actionformer")
    expected = folder.npz(f"tiny_{tag}_eval.npz")
    published = folder.json("tiny_configs.json")[tag]["test_cfg"]
    settings = DecodeSettings(
        candidate_score=published["pre_nms_thresh"],
        candidates_per_level=published["pre_nms_topk"],
        min_length=published["duration_thresh"],
        sigma=published["nms_sigma"],
        min_score=published["min_score"],
    )
    model = tiny(tag)
    for name in sorted({key.split("_")[0] for key in expected}):
        seed, steps, _ = expected[f"{name}_seed_len_padlen"]
        features = np.random.RandomState(seed).standard_normal((32, steps)).astype(np.float32)
        with torch.inference_mode():
            found = candidates(model(*padded(model, torch.from_numpy(features))), settings)
        np.testing.assert_array_equal(found.labels, expected[f"{name}_pre_nms_labels"])
        np.testing.assert_allclose(found.scores, expected[f"{name}_pre_nms_scores"], atol=1e-4)
        np.testing.assert_allclose(found.segments, expected[f"{name}_pre_nms_segments"], atol=1e-3)

        kept = suppress(found, settings, published["max_seg_num"])
        np.testing.assert_array_equal(kept.labels, expected[f"{name}_final_labels"])
        np.testing.assert_allclose(kept.scores, expected[f"{name}_final_scores"], atol=1e-4)
        fps, duration, stride, frames = expected[f"{name}_meta_fps_duration_stride_nframes"]
        seconds = np.clip((kept.segments * stride + 0.5 * frames) / fps, 0, duration)
        np.testing.assert_allclose(seconds, expected[f"{name}_final_segments_sec"], atol=1e-3)


def test_spread_is_that_of_the_agreeing_candidates() -> None:
    found = Candidates(
        np.array([[10, 20], [12, 20], [11, 21], [10, 40], [10, 20]], np.float32),
        np.array([0.9, 0.9, 0.3, 0.9, 0.9], np.float32),
        np.array([0, 0, 0, 0, 1]),
    )
    kept = found[np.array([0, 3, 4])]
    spreads = boundary_spreads(kept, found)
    starts, weights = np.array([10.0, 12.0, 11.0]), np.array([0.9, 0.9, 0.3])
    mean = np.average(starts, weights=weights)
    variance = np.average((starts - mean) ** 2, weights=weights)
    assert spreads[0, 0] == pytest.approx(np.sqrt(variance + ROUNDING**2), rel=1e-5)
    assert spreads[0, 1] < spreads[0, 0]
    np.testing.assert_allclose(spreads[1:], ROUNDING)


def test_nothing_found_is_no_segment() -> None:
    none = Candidates(np.zeros((0, 2), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    kept = suppress(none, DecodeSettings())
    assert len(kept) == 0
    assert boundary_spreads(kept, none).shape == (0, 2)
