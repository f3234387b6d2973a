"""Recorded human movement: UI-PRMD in COCO-17 joints, repaired and put on the floor."""

import json
import math
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from inference.synthesis.motion import Label, Motion

ANKLE_HEIGHT_M = 0.075
JUMP_M = 0.22  # in one frame of 1/30 s; the fastest leg raise moves 0.16
GLITCH_FRAMES = 75  # a piece between two jumps that is shorter than this is the wrong one

#: Each joint with the one it is attached to, from the trunk outwards.
_ATTACHED_TO = (
    (11, 5), (12, 6), (1, 0), (2, 0), (3, 0), (4, 0), (7, 5), (8, 6), (9, 7), (10, 8),
    (13, 11), (14, 12), (15, 13), (16, 14),
)  # fmt: skip


class RecordingsError(Exception):
    """The recorded motions cannot be used; the message is a sentence for people."""


@dataclass(frozen=True, eq=False)
class Recording:
    """One continuous take: `motion` holds repetitions of one exercise from end to end.

    The body is centred on (0, 0) and stands on z = 0. `correct` is False where the exercise was
    done wrongly on purpose.
    """

    key: str
    subject: int
    correct: bool
    motion: Motion


def load_recordings(npz: Path, index: Path, subjects: Collection[int]) -> list[Recording]:
    """The recordings of `subjects`, in the order of the index file.

    `npz` holds one (frames, 17, 3) array in metres per key, `index` is the JSON list that names
    exercise, subject, fps and repetitions of each key. Raises RecordingsError, also where one of
    `subjects` has no recording.
    """
    for file in (npz, index):
        if not file.is_file():
            raise RecordingsError(f"There is no file {file}.")
    try:
        entries = json.loads(index.read_text())
        known = {int(entry["subject"]) for entry in entries}
        with npz.open("rb") as stored, np.load(stored) as arrays:
            taken = [
                _as_stored(entry, arrays[entry["key"]])
                for entry in entries
                if int(entry["subject"]) in subjects
            ]
    except (
        AttributeError, BadZipFile, EOFError, KeyError, OSError, RuntimeError, TypeError,
        ValueError, zlib.error,
    ) as error:  # fmt: skip
        raise RecordingsError(
            f"{npz} and {index.name} beside it are damaged or hold no recorded motions: the .npz "
            "must have one (frames, 17, 3) array of metres for each key that the JSON describes."
        ) from error
    if absent := sorted(set(subjects) - known):
        who = "Subject {} is" if len(absent) == 1 else "Subjects {} are"
        raise RecordingsError(
            f"{who.format(in_words(absent))} not in {index}; it has {in_words(known)}."
        )
    return [
        replace(each, motion=replace(each.motion, joints=on_floor(repair(each.motion.joints))))
        for each in taken
    ]


def everybody(index: Path) -> tuple[int, ...]:
    """The numbers of all subjects in a JSON as of `load_recordings`. Raises RecordingsError."""
    try:
        known = sorted({int(entry["subject"]) for entry in json.loads(index.read_text())})
    except (KeyError, OSError, TypeError, ValueError) as error:
        raise RecordingsError(f"{index} is damaged: it does not say who was recorded.") from error
    if not known:
        raise RecordingsError(f"{index} describes no recordings.")
    return tuple(known)


def in_words(numbers: Collection[int]) -> str:
    """People by their numbers: "1 to 8", "7 and 8", "1, 2 and 5", "nobody"."""
    rising = sorted(numbers)
    if not rising:
        return "nobody"
    if len(rising) > 2 and rising == list(range(rising[0], rising[-1] + 1)):
        return f"{rising[0]} to {rising[-1]}"
    shown = list(map(str, rising))
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _as_stored(entry: Mapping[str, Any], joints: NDArray[np.float32]) -> Recording:
    """Raises KeyError, TypeError and ValueError where either is something else."""
    if joints.dtype.kind != "f" or joints.shape[1:] != (17, 3) or not len(joints):
        raise ValueError(f"{entry['key']} is {joints.dtype} of shape {joints.shape}")
    labels = tuple(Label(str(entry["exercise"]), a, b) for a, b in entry["repetitions"])
    motion = Motion(joints=joints, hz=float(entry["fps"]), labels=labels)
    if not np.isfinite(joints).all():
        raise RecordingsError(f"Recording {entry['key']} has joints without a place (NaN).")
    if not 0 < motion.hz < math.inf:
        raise RecordingsError(f"Recording {entry['key']} has an impossible rate: {motion.hz} fps.")
    if not all(0 <= x.start_s < min(x.end_s, motion.duration) for x in labels):
        raise RecordingsError(
            f"Recording {entry['key']} lasts {motion.duration:.2f} s and has a repetition that "
            "lies beyond that or does not end after it starts."
        )
    return Recording(entry["key"], int(entry["subject"]), bool(entry["correct"]), motion)


def motions_by_subject(npz: Path, index: Path, subjects: Sequence[int]) -> list[list[Motion]]:
    """What each of `subjects` was recorded doing, in their order; see `load_recordings`."""
    recordings = load_recordings(npz, index, subjects)
    return [[r.motion for r in recordings if r.subject == subject] for subject in subjects]


def repair(joints: NDArray[np.float32]) -> NDArray[np.float32]:
    """Replaces stretches where a marker was mistaken for another, (T, 17, 3) metres.

    Such a stretch is short and lies between jumps that no body makes. The joint keeps the offset
    from the joint it is attached to, interpolated from before and after the stretch.
    """
    repaired = joints.astype(np.float32, copy=True)
    for joint, parent in _ATTACHED_TO:
        bad = _glitches(joints[:, joint])
        if bad.any() and not bad.all():
            offset = repaired[:, joint] - repaired[:, parent]
            frames = np.arange(len(joints))
            for axis in range(3):
                offset[bad, axis] = np.interp(frames[bad], frames[~bad], offset[~bad, axis])
            repaired[bad, joint] = repaired[bad, parent] + offset[bad]
    return repaired


def _glitches(track: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(T, 3) -> (T,) True where the joint is somewhere else for a short while."""
    jumps = np.flatnonzero(np.linalg.norm(np.diff(track, axis=0), axis=1) > JUMP_M)
    bad = np.zeros(len(track), bool)
    edges = [0, *(jumps + 1), len(track)]
    for start, end in pairwise(edges):
        if end - start < min(GLITCH_FRAMES, len(track)):
            bad[start:end] = True
    for jump in jumps:  # resampling smeared the jump over its neighbours
        bad[max(0, jump - 1) : jump + 3] = True
    return bad


def on_floor(joints: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centres the hips on (0, 0) and puts the lower ankle at its height above the floor."""
    hips = np.median(joints[:, 11:13].mean(axis=1), axis=0)
    floor = np.percentile(joints[:, 15:17, 2].min(axis=1), 5) - ANKLE_HEIGHT_M
    return (joints - np.array([hips[0], hips[1], floor])).astype(np.float32)
