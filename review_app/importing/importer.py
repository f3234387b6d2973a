"""From a file to a video of a project: store it, read it, make what the pages need.

A file is kept once, under its sha256, however many projects have it. Everything beside the original
can be made again from it, so `prepare` may be stopped at any moment and simply be run again.
"""

import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from db.engine import session
from db.models import Video
from db.videos import create_video, delete_video, find_video
from inference.progress import Progress, silent
from inference.video.errors import VideoError
from inference.video.index import VideoIndex
from inference.video.probe import hash_file, load_index, read_index, save_index
from inference.video.proxy import needs_proxy, write_proxy
from inference.video.stills import write_poster, write_thumbnails
from review_app.locks import alone
from review_app.settings import Settings

_LOST = "The stored file of this video is gone or damaged. Delete the video and import it again."
_COPY_BLOCK = 8 << 20

# Shares of the progress bar: reading the file, its still pictures, its review proxy.
_READING, _STILLS, _PROXY = 0.3, 0.1, 0.6


@dataclass(frozen=True)
class VideoFiles:
    """Where what was made from a video lies."""

    folder: Path
    index: Path
    proxy: Path
    poster: Path
    thumbnails: Path
    thumbnails_json: Path


@dataclass(frozen=True)
class Kept:
    """A file below the data folder. file: its path there."""

    sha256: str
    file: str
    size_bytes: int


@dataclass(frozen=True)
class Duplicate:
    """The project has this very file already."""

    video_id: int
    name: str
    patient: str
    failed: bool

    def __str__(self) -> str:
        return f"This file is already in the project, as “{self.name}” of patient {self.patient}."


def files(settings: Settings, sha256: str) -> VideoFiles:
    """Where everything made from the video with this hash lies, there already or not."""
    folder = settings.video_folder(sha256)
    return VideoFiles(
        folder=folder,
        index=folder / "index.npz",
        proxy=folder / "proxy.mp4",
        poster=folder / "poster.jpg",
        thumbnails=folder / "thumbnails.jpg",
        thumbnails_json=folder / "thumbnails.json",
    )


@contextmanager
def keeping(
    settings: Settings, path: Path, *, original_name: str, link: bool, progress: Progress = silent
) -> Iterator[Kept]:
    """Puts the file below the data folder, as a copy or, where that works, a link of it.

    Add its row inside the block: until it ends, nobody else stores or removes the same file.
    progress: counts bytes, each twice. Raises VideoError for an empty file, OSError where the disk
    is full.
    """
    if path.stat().st_size == 0:
        raise VideoError("This file is empty. Copy it again from the camera or phone.")
    sha256 = hash_file(path, lambda done, total: progress(done, 2 * total))
    with alone(_lock(settings, sha256)):
        stored = _stored(settings, sha256, original_name)
        if not stored.exists():
            _put(path, stored, link, progress)
        size = stored.stat().st_size
        progress(2 * size, 2 * size)
        yield Kept(sha256, stored.relative_to(settings.data_folder).as_posix(), size)


def add_video(
    session: Session, kept: Kept, *, project_id: int, patient_id: int, original_name: str
) -> int | Duplicate:
    """Adds a stored file to a project, in state 'importing'. Raises VideoRowError."""
    known = find_video(session, project_id, kept.sha256)
    if known is not None:
        return duplicate(known)
    video = create_video(
        session,
        project_id=project_id,
        patient_id=patient_id,
        sha256=kept.sha256,
        original_name=original_name,
        file=kept.file,
        size_bytes=kept.size_bytes,
    )
    return video.id


def duplicate(known: Video) -> Duplicate:
    return Duplicate(
        known.id, known.original_name, known.patient.pseudonym, known.state == "failed"
    )


def _stored(settings: Settings, sha256: str, original_name: str) -> Path:
    """The original's place; the one another project put there, under whatever extension, is it."""
    folder = settings.video_folder(sha256)
    for present in sorted(folder.glob("original.*")):
        if not present.name.endswith(".part"):
            return present
    extension = Path(original_name).suffix.lower()
    if not re.fullmatch(r"\.[a-z0-9]{1,5}", extension) or extension == ".part":
        extension = ".video"
    return folder / f"original{extension}"


def _put(path: Path, stored: Path, link: bool, progress: Progress) -> None:
    """Makes `stored` from `path`; it appears only when it is complete."""
    stored.parent.mkdir(parents=True, exist_ok=True)
    unfinished = stored.with_name(f"{stored.name}.{os.getpid()}.part")
    try:
        if not (link and _linked(path, unfinished)):
            _copy(path, unfinished, progress)
        os.replace(unfinished, stored)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        if not any(stored.parent.iterdir()):
            stored.parent.rmdir()
        raise


def _linked(path: Path, target: Path) -> bool:
    try:
        os.link(path, target)
    except OSError:
        return False  # on another disk, or on one that knows no links
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return True


def _copy(source: Path, target: Path, progress: Progress) -> None:
    total, done = source.stat().st_size, 0
    with source.open("rb") as reading, target.open("wb") as writing:
        while block := reading.read(_COPY_BLOCK):
            writing.write(block)
            done += len(block)
            progress(total + done, 2 * total)
        os.fsync(writing.fileno())


def prepare(video: Video, settings: Settings, progress: Progress = silent) -> dict[str, Any]:
    """Reads a stored video and makes its index, poster, thumbnails and, if needed, its proxy.

    progress: counts bytes of the file. -> the columns of `videos` that are now known.
    What is there from an earlier run is kept. Raises VideoError; what `progress` raises.
    """
    original = settings.data_folder / video.file
    made = files(settings, video.sha256)
    if not original.is_file():
        raise VideoError(_LOST)

    size = float(video.size_bytes)

    def part(start: float, share: float) -> Progress:
        return lambda done, total: progress(size * (start + share * done / max(total, 1e-9)), size)

    index = _index(original, video.sha256, made, part(0, _READING))
    if not made.poster.exists():
        write_poster(original, index, made.poster, part(_READING, 0))
    if not (made.thumbnails.exists() and made.thumbnails_json.exists()):
        layout = write_thumbnails(original, index, made.thumbnails, part(_READING, _STILLS))
        _write_text(made.thumbnails_json, json.dumps(layout))
    proxy = needs_proxy(index)
    if proxy and not made.proxy.exists():
        write_proxy(original, index, made.proxy, part(_READING + _STILLS, _PROXY))
    progress(size, size)
    return {
        "width": index.width,
        "height": index.height,
        "rotation": index.rotation,
        "codec": index.codec,
        "frame_count": index.frame_count,
        "duration_s": index.duration,
        "has_proxy": proxy,
        "message": index.warning or None,
    }


def _index(original: Path, sha256: str, made: VideoFiles, progress: Progress) -> VideoIndex:
    try:
        return load_index(made.index)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        index = read_index(original, progress)
    if index.sha256 != sha256:
        raise VideoError(_LOST)
    save_index(index, made.index)
    return index


def _write_text(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text)
    os.replace(unfinished, path)


def remove_video(settings: Settings, engine: Engine, video: Video) -> None:
    """Removes a video nobody has labelled, and its files unless another project has them too.

    Raises VideoRowError.
    """
    with alone(_lock(settings, video.sha256)):
        with session(engine) as db:
            unused = delete_video(db, video.id)
        if unused is not None:
            shutil.rmtree(settings.video_folder(unused), ignore_errors=True)
            shutil.rmtree(settings.artefacts / unused, ignore_errors=True)


def _lock(settings: Settings, sha256: str) -> Path:
    """Held by whoever adds or removes this file; beside its folder, which comes and goes."""
    return settings.videos / f"{sha256}.lock"
