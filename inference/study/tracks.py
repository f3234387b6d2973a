"""Features of benchmark sessions, kept: several localizers are measured on the same ones."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from inference import artefacts
from inference.benchmark.keypoints import feature_tracks
from inference.benchmark.proposing import Seen
from inference.benchmark.sessions import BenchmarkSession, BenchmarkSessions
from inference.features.extract import FeatureExtractor
from inference.progress import Progress, silent
from inference.synthesis.pose_errors import PoseErrors


def kept_tracks(
    sessions: BenchmarkSessions,
    *,
    extractor: FeatureExtractor,
    folder: Path,
    progress: Progress = silent,
) -> Iterator[Seen]:
    """Each session with its features; those that are not in `folder` yet are computed first.

    Progress is in sessions, of those computed.
    """
    errors = PoseErrors.fitted()

    def file(session: BenchmarkSession) -> Path:
        """Named after all that its features depend on."""
        seen = (asdict(session.camera), asdict(errors), extractor.model_hash, str(extractor.dtype))
        digest = hashlib.sha256(session.motion.joints.tobytes() + json.dumps(seen).encode())
        return folder / f"{session.name}-{digest.hexdigest()[:16]}.npz"

    absent = [session for session in sessions if not file(session).exists()]
    for session, track in feature_tracks(
        absent, extractor=extractor, errors=errors, progress=progress
    ):
        assert track is not None  # nobody has to be found here
        artefacts.write_features(file(session), track)
    for session in sessions:
        yield session, artefacts.read_features(file(session))
