"""Recordings nobody made, in the files that `load_recordings` reads."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from inference.synthesis.body import random_body
from inference.synthesis.performer import perform

EXERCISES = ("deep_squat", "side_lunge", "standing_shoulder_abduction")


def write_recordings(
    folder: Path, *, subjects: Sequence[int], exercises: Sequence[str] = EXERCISES
) -> tuple[Path, Path]:
    """Each subject does each exercise three times; the last exercise is done wrongly.

    Returns the motions and their description.
    """
    arrays: dict[str, Any] = {}
    entries = []
    for subject in subjects:
        rng = np.random.default_rng(subject)
        body = random_body(rng)
        for exercise in exercises:
            motion = perform(exercise, body, rng, 3)
            key = f"{exercise}_s{subject:02d}"
            arrays[key] = motion.joints
            entries.append(
                {
                    "key": key,
                    "exercise": exercise,
                    "subject": subject,
                    "correct": exercise != exercises[-1],
                    "fps": round(motion.hz),
                    "frames": len(motion.joints),
                    "repetitions": [[x.start_s, x.end_s] for x in motion.labels],
                }
            )
    motions, recordings = folder / "motions.npz", folder / "recordings.json"
    np.savez(motions, **arrays)
    recordings.write_text(json.dumps(entries))
    return motions, recordings
