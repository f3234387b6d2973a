"""The weights in weights/: they belong together, are small, and find repetitions."""

import json
from pathlib import Path

import numpy as np

from inference.evaluation.evaluate import evaluate
from inference.features.extract import FeatureExtractor
from inference.localize.localizer import Localizer
from inference.localize.proposal import Proposal
from inference.synthesis.body import random_body
from inference.synthesis.gestures import random_session
from inference.synthesis.motion import Label
from inference.synthesis.observe import observe, random_camera

WEIGHTS = Path(__file__).parents[2] / "weights"


def test_the_shipped_models_find_the_repetitions_of_people_nobody_filmed() -> None:
    extractor = FeatureExtractor.load(WEIGHTS / "features.safetensors")
    localizer = Localizer.load(WEIGHTS / "localizer.safetensors")
    assert localizer.config.features_model == extractor.model_hash
    truth: dict[str, tuple[Label, ...]] = {}
    proposals: dict[str, list[Proposal]] = {}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        motion = random_session(rng, 40.0, body=random_body(rng))
        track = extractor.extract(observe(motion, random_camera(rng), rng))
        truth[str(seed)] = motion.labels
        proposals[str(seed)] = localizer.propose(track, motion.duration)[0]
    assert evaluate(truth, proposals).at(0.5) > 0.6


def test_the_shipped_models_are_small_and_say_where_they_come_from() -> None:
    files = [WEIGHTS / f"{name}.safetensors" for name in ("features", "localizer")]
    assert sum(file.stat().st_size for file in files) < 25e6
    localizer = Localizer.load(files[1])
    assert sum(parameter.numel() for parameter in localizer.model.parameters()) <= 2_700_000
    sidecar = json.loads(files[1].with_suffix(".json").read_text())
    assert sidecar["classes"] == list(localizer.classes)
    assert sidecar["sha256"] == localizer.model_hash
    for key in ("config", "licence", "seed", "command", "data", "metrics"):
        assert sidecar[key] not in (None, "", {}), key
    assert "/tmp" not in json.dumps(sidecar)
