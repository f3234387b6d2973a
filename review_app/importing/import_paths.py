"""Bringing files of this machine into a project from the command line."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from db.engine import create_engine, session
from db.patients import PatientError
from db.projects import create_project, project_named
from db.videos import VideoRowError
from inference.video.errors import VideoError
from review_app.importing.arrivals import arrive
from review_app.importing.inbox import VIDEO_SUFFIXES, FolderError
from review_app.settings import Settings


def import_all(
    settings: Settings, paths: Sequence[Path], *, project: str, patient: str
) -> Iterator[str]:
    """Copy each file into the data folder and queue its import; yields one line per file.

    Folders are searched for video files by their suffix. A file that cannot be taken gets its
    sentence, and the next one follows. Raises FolderError when there is no file at all, before a
    project is made, and at the end when any file could not be taken.
    """
    found = list(_files(paths))
    if not any(path.is_file() for path in found):
        raise FolderError("There is no video file at the given paths; nothing was imported.")
    engine = create_engine(settings.labels_url)
    with session(engine) as db:
        project_id = (project_named(db, project) or create_project(db, name=project)).id
    refused = 0
    for path in found:
        try:
            arrival = arrive(
                settings,
                engine,
                path,
                name=path.name,
                project_id=project_id,
                patient=patient,
                user_id=None,
                link=False,
            )
        except (VideoError, VideoRowError, PatientError) as error:
            refused += 1
            line = str(error)
        except OSError as error:
            refused += 1
            line = f"cannot be read or copied ({error.strerror})"
        else:
            line = arrival.message if arrival.duplicate else f"queued as video {arrival.video_id}"
        yield f"{path}: {line}"
    engine.dispose()
    if refused:
        raise FolderError(f"{refused} of {len(found)} files could not be imported.")


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                file for file in path.rglob("*") if file.suffix.lower() in VIDEO_SUFFIXES
            )
        else:
            yield path
