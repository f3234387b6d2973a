"""The published ActionFormer behind the interface of the localizer: decoding, losses, inputs."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from inference.features.track import FeatureTrack
from inference.localize.actionformer.baseline import Baseline
from inference.localize.actionformer.candidates import (
    ROUNDING,
    SuppressSettings,
    boundary_spreads,
    candidates,
    suppress,
)
from inference.localize.actionformer.network import ActionFormer
from inference.localize.batches import collate
from inference.localize.decode import Candidates
from inference.localize.example import Scaling
from inference.localize.inputs import usual_of
from inference.localize.model_file import LocalizerConfig
from tests.inference.localizer_sessions import FEATURES, session
from tests.inference.test_localize_actionformer import padded, tiny
from tests.parity_files import parity_folder

CONFIG = LocalizerConfig(
    input_dim=FEATURES,
    width=16,
    heads=2,
    window=9,
    arch=(2, 1, 2),
    regression_ranges=tuple(pairwise((0.0, 4.0, 8.0, 10000.0))),
    max_steps=256,
    step_s=2 / 15,
    features_model="features",
)


@pytest.mark.parametrize(
    "tag", ["win9", "win19", "fullattn", "win9_fpn", "win9_abs_pe", "win9_rel_pe"]
)
def test_parity_of_decoding(tag: str) -> None:
    folder = parity_folder("actionformer")
    expected = folder.npz(f"tiny_{tag}_eval.npz")
    published = folder.json("tiny_configs.json")[tag]["test_cfg"]
    settings = SuppressSettings(
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
        np.array([[10.0, 20], [12, 20], [11, 21], [10, 40], [10, 20]]),
        np.array([0.9, 0.9, 0.3, 0.9, 0.9]),
        np.array([0, 0, 0, 0, 1]),
        np.ones((5, 2)),
    )
    kept = found[np.array([0, 3, 4])]
    spreads = boundary_spreads(kept.segments, kept.labels, found)
    starts, weights = np.array([10.0, 12.0, 11.0]), np.array([0.9, 0.9, 0.3])
    mean = np.average(starts, weights=weights)
    variance = np.average((starts - mean) ** 2, weights=weights)
    assert spreads[0, 0] == pytest.approx(np.sqrt(variance + ROUNDING**2), rel=1e-5)
    assert spreads[0, 1] < spreads[0, 0]
    np.testing.assert_allclose(spreads[1:], ROUNDING)


def test_nothing_found_is_no_segment() -> None:
    assert len(suppress(Candidates.none(), SuppressSettings())) == 0


def baseline(**changes: Any) -> Baseline:
    torch.manual_seed(0)
    config = replace(CONFIG, **changes)
    module = config.build(2).eval()
    assert isinstance(module, ActionFormer)
    return Baseline(module, config)


def test_it_reads_the_features_of_each_step_as_published() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((40, FEATURES)).astype(np.float32)
    poses = rng.random((79, 17, 3)).astype(np.float32)  # the last step has one tick only
    track = FeatureTrack((np.arange(40) + 0.5) * 2 / 15, features, 2 / 15, "features", poses)
    scaling = Scaling(features.mean(0), features.std(0))
    inputs = baseline().inputs(track, scaling, usual_of(poses), 20, 79)
    tensors = (
        torch.from_numpy(part)[None] for part in (inputs.points, inputs.confidence, inputs.features)
    )
    columns = baseline().columns(*tensors)[0].T.numpy()
    np.testing.assert_allclose(columns, scaling.apply(features)[10:], rtol=1e-6)


def test_with_kinematics_the_ticks_of_a_step_lie_side_by_side() -> None:
    one = baseline(input_dim=2 * (199 + FEATURES), kinematics=True)
    batch = collate([session(0), session(1)], 192)
    columns = one.columns(batch.points, batch.confidence, batch.features)
    assert columns.shape == (2, 2 * (199 + FEATURES), 96)
    torch.testing.assert_close(columns[:, 199 : 199 + FEATURES], batch.features[:, ::2].mT)
    torch.testing.assert_close(columns[:, -FEATURES:], batch.features[:, 1::2].mT)


@pytest.mark.parametrize("kinematics", [False, True])
def test_it_learns_its_batch(kinematics: bool) -> None:
    width = 2 * (199 + FEATURES) if kinematics else FEATURES
    one = baseline(input_dim=width, kinematics=kinematics)
    batch = collate([session(seed) for seed in range(4)], 192)
    optimizer = torch.optim.AdamW(one.module.parameters(), lr=3e-3)
    totals = []
    for _ in range(30):
        losses = one.losses(batch)
        optimizer.zero_grad()
        losses.total.backward()
        optimizer.step()
        totals.append(float(losses.total.detach()))
    assert losses.positives > 10 and float(losses.refinement) == 0
    assert totals[-1] < 0.6 * totals[0]
    found, whatever = one.candidates(session(0).inputs, first=0, core=(0, 192), last=True)
    best = one.decoded(found, 10)
    truth = session(0)
    error = np.abs(truth.segments[:, None] - best.segments[None]).sum(-1).min(1)
    assert np.median(error) < 12  # ticks
    assert set(whatever.labels) == {0}
