"""The three stages from a video file to proposals: kept results, cancelling, other models."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference import artefacts
from inference.features.extract import FeatureExtractor
from inference.features.r2plus1d import r2plus1d_12
from inference.localize import model_file
from inference.localize.example import Scaling
from inference.localize.localizer import Localizer
from inference.localize.model_file import RefinedConfig
from inference.localize.network import NetworkConfig
from inference.pipeline import FEATURES, FIND, LOCALIZE, REFINE, Pipeline
from inference.pose.movenet import MoveNet
from inference.progress import Cancelled, Progress
from inference.synthesis.body import random_body
from inference.synthesis.filming import random_look, random_room
from inference.synthesis.observe import random_camera
from inference.synthesis.performer import perform
from inference.synthesis.render import render
from inference.video import probe
from inference.weights import fetched
from tests.inference.real_files import real_file


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    motion = perform("deep_squat", random_body(rng), rng, 1)
    out = tmp_path_factory.mktemp("video") / "squat.mp4"
    camera = replace(random_camera(rng), width=320, height=240)
    render(motion, camera, random_look(rng), random_room(rng), out, fps=15)
    return out


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Real stage 1; stages 2 and 3 with random weights."""
    movenet = MoveNet(real_file(fetched.MOVENET))
    torch.manual_seed(0)
    network = NetworkConfig(
        features=128, classes=2, width=16, fine_width=12, levels=3, heads=2, stem_blocks=1
    )
    config = RefinedConfig(network, step_s=2 / 15, features_model="random")
    model = config.build(2)
    bias = model.class_head.conv.bias
    assert bias is not None
    torch.nn.init.constant_(bias, 0.0)
    path = tmp_path_factory.mktemp("weights") / "localizer.safetensors"
    model_file.write(
        path,
        config=config,
        classes=("a", "b"),
        weights=model.state_dict(),
        scaling=Scaling(np.zeros(128, np.float32), np.ones(128, np.float32)),
        about={},
    )
    extractor = FeatureExtractor(r2plus1d_12(17), "random")
    return Pipeline(movenet, movenet, extractor, Localizer.load(path))


class Stages:
    """Records which stages report, and cancels in one of them."""

    def __init__(self, cancel_in: str = "") -> None:
        self.seen: list[str] = []
        self.cancel_in = cancel_in

    def __call__(self, stage: str) -> Progress:
        def progress(done: float, total: float) -> None:
            if stage not in self.seen:
                self.seen.append(stage)
            if stage == self.cancel_in:
                raise Cancelled

        return progress


def files(folder: Path) -> list[str]:
    return sorted(path.name.split("-")[0] for path in folder.rglob("*") if path.is_file())


def test_from_a_video_to_proposals_and_again_from_what_was_kept(
    video: Path, pipeline: Pipeline, tmp_path: Path
) -> None:
    first = Stages()
    result = pipeline.run(video, folder=tmp_path, progress=first)
    assert first.seen == [FIND, REFINE, FEATURES, LOCALIZE]
    assert result.proposals
    assert all(0 <= p.start_s < p.end_s <= result.index.duration for p in result.proposals)
    assert result.confidence.scores.shape == (len(result.features.times), 2)
    assert result.speed_line().split(" s of video per second (find ")[0]
    assert files(tmp_path) == ["features", "keypoints", "people", "proposals"]  # no heatmaps

    second = Stages()
    again = pipeline.run(video, folder=tmp_path, progress=second)
    assert second.seen == []
    assert again.proposals == result.proposals
    np.testing.assert_array_equal(again.features.features, result.features.features)
    np.testing.assert_allclose(again.confidence.scores, result.confidence.scores, atol=1 / 255)
    with np.load(pipeline.keypoints_path(result.index, tmp_path, result.person)) as kept:
        assert kept["keypoints"].shape == (len(result.people.times), 17, 3)
        np.testing.assert_array_equal(again.features.keypoints, kept["keypoints"])

    other = replace(
        pipeline, localizer=replace(pipeline.localizer, model_hash="another model's hash")
    )
    third = Stages()
    other.run(video, folder=tmp_path, progress=third)
    assert third.seen == [LOCALIZE]
    assert files(tmp_path).count("proposals") == 2


def test_what_another_network_made_is_never_taken_for_ones_own(
    video: Path, pipeline: Pipeline, tmp_path: Path
) -> None:
    result = pipeline.run(video, folder=tmp_path)
    other = MoveNet(real_file(fetched.MOVENET))
    other.model_hash = "another estimator's hash"
    stages = Stages()
    replace(pipeline, estimator=other).run(video, folder=tmp_path, progress=stages)
    assert stages.seen == [REFINE, FEATURES, LOCALIZE]  # people are found by the same detector
    assert files(tmp_path) == ["features"] * 2 + ["keypoints"] * 2 + ["people"] + ["proposals"] * 2
    everything = replace(pipeline, detector=other, estimator=other)
    assert everything.people_path(result.index, tmp_path) != pipeline.people_path(
        result.index, tmp_path
    )


def test_a_stage_that_is_stopped_leaves_nothing_and_is_made_again(
    video: Path, pipeline: Pipeline, tmp_path: Path
) -> None:
    index = probe.read_index(video)
    for stage, kept in ((FIND, []), (REFINE, ["people"]), (FEATURES, ["people", "pose"])):
        with pytest.raises(Cancelled):
            pipeline.run(video, folder=tmp_path, progress=Stages(cancel_in=stage))
        assert files(tmp_path) == kept
    assert pipeline.people_path(index, tmp_path).exists()
    assert pipeline.pose_path(index, tmp_path, 0).exists()
    resumed = Stages()
    pipeline.run(video, folder=tmp_path, progress=resumed)
    assert resumed.seen == [FEATURES, LOCALIZE]


def test_a_damaged_result_is_made_again(video: Path, pipeline: Pipeline, tmp_path: Path) -> None:
    result = pipeline.run(video, folder=tmp_path)
    path = pipeline.proposals_path(result.index, tmp_path, result.person)
    path.write_bytes(path.read_bytes()[:100])
    assert artefacts.read_proposals(path) is None
    assert pipeline.run(video, folder=tmp_path).proposals == result.proposals


def test_features_kept_without_keypoints_are_made_again(
    video: Path, pipeline: Pipeline, tmp_path: Path
) -> None:
    result = pipeline.run(video, folder=tmp_path)
    path = pipeline.features_path(result.index, tmp_path, result.person)
    earlier = artefacts.read_arrays(path)
    assert earlier is not None
    del earlier["keypoints"]
    artefacts.write_arrays(path, earlier)
    stages = Stages()
    again = pipeline.run(video, folder=tmp_path, progress=stages)
    assert stages.seen == [REFINE, FEATURES]
    np.testing.assert_array_equal(again.features.keypoints, result.features.keypoints)
    assert files(tmp_path) == ["features", "keypoints", "people", "proposals"]
