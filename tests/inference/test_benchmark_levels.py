"""Both levels of the benchmark from sessions to figures, with networks that learned nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.benchmark.keypoints import benchmark_keypoints, feature_tracks, one_thread_each
from inference.benchmark.pixels import benchmark_pixels, pixel_tracks
from inference.benchmark.proposing import localizer_figures
from inference.benchmark.sessions import BenchmarkSession, benchmark_sessions
from inference.features.extract import FeatureExtractor
from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerError
from inference.pipeline import Pipeline
from inference.pose.movenet import MoveNet
from inference.progress import Cancelled
from inference.synthesis.body import random_body
from inference.synthesis.camera import Camera
from inference.synthesis.performer import perform
from inference.weights import fetched
from tests.inference.real_files import real_file
from tests.inference.recorded_people import EXERCISES, write_recordings
from tests.inference.small_models import write_features, write_localizer

CLASSES = (*EXERCISES[1:], "jump")  # all but the squat


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def extractor(folder: Path) -> FeatureExtractor:
    return FeatureExtractor.load(write_features(folder / "features.safetensors"))


@pytest.fixture(scope="module")
def localizer(folder: Path, extractor: FeatureExtractor) -> Localizer:
    features = folder / "features.safetensors"
    return Localizer.load(write_localizer(folder / "localizer.safetensors", features, CLASSES))


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> list[BenchmarkSession]:
    motions, recordings = write_recordings(tmp_path_factory.mktemp("recorded"), subjects=(3, 4))
    made = benchmark_sessions(
        motions=motions, recordings=recordings, subjects=(3, 4), seed=1, sessions=2
    )
    return list(made)


def test_keypoints_become_figures(
    sessions: list[BenchmarkSession], extractor: FeatureExtractor, localizer: Localizer
) -> None:
    seen: list[tuple[float, float]] = []
    figures = benchmark_keypoints(
        sessions,
        extractor=extractor,
        localizer=localizer,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert figures.sessions == 2
    assert figures.minutes == pytest.approx(sum(s.motion.duration for s in sessions) / 60)
    assert figures.repetitions == sum(len(s.motion.labels) for s in sessions)
    assert figures.unknown_classes == EXERCISES[:1]
    assert figures.unseen_classes == ("jump",)
    assert figures.false_positives.count > 0 and figures.empty_sessions == ()
    assert seen[-1] == (2, 2) and all(0 <= done <= 2 for done, _ in seen)


@pytest.fixture(scope="module")
def short() -> BenchmarkSession:
    """One squat, in a small picture."""
    rng = np.random.default_rng(0)
    motion = perform("deep_squat", random_body(rng), rng, 1)
    camera = Camera(10.0, 1.2, 3.5, target=(0.0, 0.0, 1.0), focal=1.3, width=320, height=240)
    return BenchmarkSession(seed=1, number=0, subject=3, motion=motion, camera=camera)


def test_several_sessions_at_a_time_give_what_one_after_the_other_gives(
    short: BenchmarkSession, extractor: FeatureExtractor
) -> None:
    sessions = [replace(short, number=number) for number in range(4)]
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        together = list(feature_tracks(sessions, extractor=extractor))
        assert torch.get_num_threads() == 2
        torch.set_num_threads(1)
        alone = list(feature_tracks(sessions, extractor=extractor))
    finally:
        torch.set_num_threads(before)
    for (one, first), (other, second) in zip(together, alone, strict=True):
        assert one is other and first is not None and second is not None
        np.testing.assert_allclose(first.features, second.features, rtol=1e-2, atol=1e-3)
        np.testing.assert_array_equal(first.keypoints, second.keypoints)


def test_threads_are_shared_out_among_workers() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with one_thread_each(2):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_a_run_can_be_stopped(
    short: BenchmarkSession, extractor: FeatureExtractor, localizer: Localizer
) -> None:
    def stop(done: float, total: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        benchmark_keypoints([short], extractor=extractor, localizer=localizer, progress=stop)


def test_features_of_another_model_are_refused(
    short: BenchmarkSession, extractor: FeatureExtractor, localizer: Localizer
) -> None:
    other = FeatureExtractor(extractor.network, "another model's hash")
    with pytest.raises(LocalizerError, match="features of another model"):
        benchmark_keypoints([short], extractor=other, localizer=localizer)


@pytest.fixture(scope="module")
def pipeline(extractor: FeatureExtractor, localizer: Localizer) -> Pipeline:
    movenet = MoveNet(real_file(fetched.MOVENET))
    return Pipeline(movenet, movenet, extractor, localizer)


def test_films_become_figures_and_are_used_again(
    short: BenchmarkSession, pipeline: Pipeline, tmp_path: Path
) -> None:
    seen: list[float] = []
    figures = benchmark_pixels(
        [short], pipeline=pipeline, folder=tmp_path, progress=lambda done, _: seen.append(done)
    )
    assert (figures.sessions, figures.repetitions, figures.empty_sessions) == (1, 1, ())
    assert seen == sorted(seen) and 0.5 < seen[-1] <= 1
    (film,) = (tmp_path / "films").iterdir()
    assert film.name.startswith("seed1-session0-subject3-")

    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    same = benchmark_pixels([short], pipeline=pipeline, folder=tmp_path)
    assert repr(same) == repr(figures)  # not-a-number is not equal to itself
    again = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert again == made


def test_where_nobody_is_found_everything_is_missed(
    short: BenchmarkSession, pipeline: Pipeline, tmp_path: Path
) -> None:
    aside = replace(short.camera, target=(0.0, 30.0, 1.0))
    empty = replace(short, camera=aside)
    ((session, track),) = pixel_tracks([empty], pipeline=pipeline, folder=tmp_path)
    assert session is empty and track is None
    figures = localizer_figures([(empty, None)], pipeline.localizer)
    assert figures.empty_sessions == (empty.name,)
    assert figures.recall == figures.average == 0


def test_filming_can_be_stopped(
    short: BenchmarkSession, pipeline: Pipeline, tmp_path: Path
) -> None:
    def stop(done: float, total: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        benchmark_pixels([short], pipeline=pipeline, folder=tmp_path, progress=stop)
    assert list((tmp_path / "artefacts").rglob("*")) == []
