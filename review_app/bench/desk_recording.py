"""A long recording with many segments for `rehab-review bench desk`, in a data folder of its own.

Its film is a short one over and over, so that two hours of it are made in seconds.
"""

import hashlib
import uuid
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.annotations import apply_edit, ensure_annotation
from db.classes import save_class
from db.engine import reading, session
from db.model_versions import register_shipped
from db.models import DEFAULT_PRESET, Class, Tier, Video
from db.patients import create_patient
from db.projects import create_project, list_classes, list_tiers
from db.runs import store_run
from db.users import create_user
from db.videos import set_ready
from inference.video.clock import MODEL_HZ, seconds_to_frames
from inference.video.index import VideoIndex
from inference.video.probe import load_index
from review_app.importing import importer
from review_app.settings import Settings

TIERS = 6
FPS = 25
WIDTH, HEIGHT = 640, 360
KEY_FRAME_EVERY = 12
MORE_COLOURS = ("#4e79a7", "#f28e2b", "#59a14f")
#: One segment of a tier in so many seconds: 5,000 of six tiers in two hours.
SEGMENT_S = 8.64
#: The newest edits come with the page: they are of one segment each, as people make them.
_SINGLY, _BATCH = 200, 500


@dataclass(frozen=True)
class Opened:
    """What a browser needs to open a recording's desk."""

    user_id: int
    project_id: int
    video_id: int
    segments: int


def write_film(path: Path, *, seconds: float, repeated_s: float = 20.0) -> None:
    """An MP4 of `seconds` that plays the same `repeated_s` again and again."""
    frames = round(min(repeated_s, seconds) * FPS)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        stream.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "30"}
        stream.codec_context.gop_size = KEY_FRAME_EVERY
        packets = []
        for n in range(frames):
            frame = av.VideoFrame.from_ndarray(_picture(n, frames), format="rgb24")
            frame.pts, frame.time_base = n, Fraction(1, FPS)
            packets += stream.encode(frame)
        packets += stream.encode()
        kept = [(bytes(packet), packet.is_keyframe) for packet in packets]
        for n in range(round(seconds * FPS)):
            data, key = kept[n % frames]
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, FPS)
            packet.pts = packet.dts = n
            packet.duration, packet.is_keyframe = 1, key
            out.mux(packet)


def _picture(n: int, frames: int) -> NDArray[np.uint8]:
    """(h, w, 3): something that moves from left to right and back."""
    rgb = np.full((HEIGHT, WIDTH, 3), 64, np.uint8)
    x = int((WIDTH - 120) * (0.5 - 0.5 * np.cos(2 * np.pi * n / frames)))
    rgb[HEIGHT // 4 : -HEIGHT // 4, x : x + 120] = (200, 170, 90)
    return rgb


def make_recording(
    settings: Settings, engine: Engine, film: Path, *, name: str, segments: int
) -> Opened:
    """A project of its own with the film, `segments` on six tiers, proposals and a skeleton."""
    keeping = importer.keeping(settings, film, original_name=f"{name}.mp4", link=True)
    with keeping as kept, session(engine) as db:
        user = create_user(db, name=name, role="annotator")
        project = create_project(db, name=name)
        patient = create_patient(db, project_id=project.id, pseudonym="P-01")
        video_id = importer.add_video(
            db,
            kept,
            project_id=project.id,
            patient_id=patient.id,
            original_name=f"{name}.mp4",
        )
    assert isinstance(video_id, int)
    with reading(engine) as db:
        video = db.get_one(Video, video_id)
    with session(engine) as db:
        set_ready(db, video_id, **importer.prepare(video, settings))
    index = load_index(importer.files(settings, video.sha256).index)
    with session(engine) as db:
        _add_tiers(db, project.id)
        _add_segments(db, video_id, user.id, project.id, index, segments)
        _add_run(db, settings, video_id, project.id, index, segments // 5)
    return Opened(user.id, project.id, video_id, segments)


def _add_tiers(db: Session, project_id: int) -> None:
    present = len(list_tiers(db, project_id))
    for n in range(present, TIERS):
        tier = Tier(project_id=project_id, name=f"tier {n + 1}", position=n, overlaps=False)
        db.add(tier)
        db.flush()
        for k, colour in enumerate(MORE_COLOURS):
            save_class(
                db,
                project_id=project_id,
                class_id=None,
                tier_id=tier.id,
                name=f"class {n + 1}.{k + 1}",
                colour=colour,
                key=None,
            )


def _add_segments(
    db: Session, video_id: int, user_id: int, project_id: int, index: VideoIndex, count: int
) -> None:
    """So many from the start on, at the density that fills two hours with 5,000."""
    layer = ensure_annotation(db, video_id=video_id, user_id=user_id)
    kinds = _classes_by_tier(db, project_id)
    times = index.times.tolist()
    rng = np.random.default_rng(count)  # other ids in another recording
    puts: list[dict[str, Any]] = []
    for n in range(count):
        of_tier = kinds[n % TIERS]
        start_s = (n // TIERS + 0.1 * (n % TIERS)) * SEGMENT_S
        end_s = min(start_s + SEGMENT_S * rng.uniform(0.4, 0.85), index.duration)
        start, end = seconds_to_frames(index.times, min(start_s, index.duration - 1), end_s)
        kind = of_tier[int(rng.integers(len(of_tier)))]
        segment = {
            "id": str(uuid.UUID(int=int.from_bytes(rng.bytes(16), "big"), version=4)),
            "tier_id": kind.tier_id,
            "class_id": kind.id,
            "start_frame": start,
            "end_frame": max(end, start + 1),
            "proposal_id": None,
        }
        puts.append({"op": "put", "segment": segment, "expects": None})
    together = max(0, count - _SINGLY)
    batches = [puts[n : min(n + _BATCH, together)] for n in range(0, together, _BATCH)]
    for changes in [*batches, *([put] for put in puts[together:])]:
        edit = {
            "id": str(uuid.uuid4()),
            "base_revision": 0,
            "kind": "add",
            "changes": changes,
            "undoes": None,
        }
        applied = apply_edit(db, layer.id, user_id, edit, times)
        assert applied.status == "applied", applied


def _classes_by_tier(db: Session, project_id: int) -> list[list[Class]]:
    kinds = list_classes(db, project_id)
    tiers = list_tiers(db, project_id)
    return [[kind for kind in kinds if kind.tier_id == tier.id] for tier in tiers]


def _add_run(
    db: Session, settings: Settings, video_id: int, project_id: int, index: VideoIndex, count: int
) -> None:
    """Proposals of a model that never was, its class probabilities and a skeleton that moves."""
    names = [kind.name for kind in _classes_by_tier(db, project_id)[0]]
    rng = np.random.default_rng(1)
    proposals = []
    for n in range(count):
        start_s = (n * TIERS * 5 / 6 + 0.3) * SEGMENT_S * 1.0
        if start_s + SEGMENT_S > index.duration:
            break
        start, end = seconds_to_frames(index.times, start_s, start_s + 0.7 * SEGMENT_S)
        proposals.append(
            {
                "class_name": names[n % len(names)],
                "start_frame": start,
                "end_frame": end,
                "start_s": float(index.times[start]),
                "end_s": float(index.times[end]),
                "score": float(rng.uniform(0.5, 0.99)),
                "start_spread_s": float(rng.uniform(0.05, 0.6)),
                "end_spread_s": float(rng.uniform(0.05, 0.6)),
            }
        )
    version = register_shipped(
        db,
        name="bench",
        preset=DEFAULT_PRESET,
        sha256=hashlib.sha256(b"bench").hexdigest(),
        settings={},
        metrics={},
        classes=names,
    )
    folder = settings.artefacts / index.sha256
    folder.mkdir(parents=True, exist_ok=True)
    times = np.arange(int(index.duration * MODEL_HZ)) / MODEL_HZ
    np.savez(folder / "keypoints-bench.npz", times=times, keypoints=_skeleton(times))
    half = times[::2]
    waves = 0.5 + 0.5 * np.sin(half[:, None] / 3 + np.arange(len(names)))
    np.savez(
        folder / "proposals-bench.npz",
        times=half,
        scores=np.round(waves**4 * 240).astype(np.uint8),
        classes=np.array(names, dtype=np.str_),
    )
    store_run(
        db,
        video_id=video_id,
        model_id=version.id,
        person=0,
        settings={kind: f"{index.sha256}/{kind}-bench.npz" for kind in ("keypoints", "proposals")},
        timings={},
        proposals=proposals,
    )


def _skeleton(times: NDArray[np.float64]) -> NDArray[np.float32]:
    """(T, 17, 3): somebody who bends the knees once in a while."""
    down = 40 * (0.5 - 0.5 * np.cos(2 * np.pi * times / SEGMENT_S))
    x = np.array([0, 6, -6, 12, -12, 30, -30, 45, -45, 50, -50, 22, -22, 24, -24, 26, -26]) + 320.0
    y = np.array([60, 56, 56, 58, 58, 95, 95, 130, 130, 165, 165, 180, 180, 240, 240, 300, 300.0])
    share = np.array([1.0] * 13 + [0.5] * 2 + [0.0] * 2)
    joints = np.empty((len(times), 17, 3), np.float32)
    joints[..., 0] = x
    joints[..., 1] = y + down[:, None] * share
    joints[..., 2] = 0.8
    return joints
