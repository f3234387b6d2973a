"""Unfinished uploads on disk: they grow by chunks and survive a restart of anything."""

import errno
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from inference.video.errors import VideoError
from review_app.locks import alone
from review_app.settings import Settings

#: What the browser sends at once, and the most that is taken at once.
CHUNK = 8 << 20
LARGEST_CHUNK = 32 << 20

#: Uploads nobody went on with for this long are removed.
_FORGOTTEN_S = 7 * 24 * 3600
_SPARE = 256 << 20  # bytes left free on the disk: databases and proxies need some too


class UploadError(Exception):
    """Why an upload cannot go on, as a sentence for people."""


class Unknown(UploadError):
    """There is no such upload."""


class TooLarge(UploadError):
    """The file, or one piece of it, is larger than what is taken."""


class OutOfStep(UploadError):
    """The sender is not where the upload is; it asks and goes on from there."""


class DiskError(UploadError):
    """The disk is full or cannot be written to."""


@dataclass(frozen=True)
class Upload:
    """A file that is being sent. patient: the id of a patient, or the pseudonym of a new one."""

    id: str
    name: str
    size: int
    project_id: int
    user_id: int
    patient_id: int | None
    pseudonym: str


def begin(
    settings: Settings,
    *,
    name: str,
    size: int,
    fingerprint: str,
    project_id: int,
    user_id: int,
    patient_id: int | None,
    pseudonym: str,
) -> Upload:
    """Starts an upload, or finds the unfinished one of the same file. Raises UploadError."""
    if size <= 0:
        raise UploadError("This file is empty. Copy it again from the camera or phone.")
    if size > settings.max_video_gb * 1e9:
        raise TooLarge(
            f"This file is larger than {settings.max_video_gb:g} GB. Put it into the folder "
            f"{settings.inbox} and import it from there.",
        )
    key = json.dumps([project_id, user_id, size, fingerprint])
    upload = Upload(
        id=hashlib.sha256(key.encode()).hexdigest()[:32],
        name=Path(name.replace("\\", "/")).name[:255] or "video",
        size=size,
        project_id=project_id,
        user_id=user_id,
        patient_id=patient_id,
        pseudonym=pseudonym,
    )
    settings.uploads.mkdir(parents=True, exist_ok=True)
    _remove_forgotten(settings)
    missing = size - received(settings, upload.id)
    if shutil.disk_usage(settings.uploads).free < missing + _SPARE:
        raise _full(settings)
    with plain(settings):
        _folder(settings, upload.id).mkdir(exist_ok=True)
        _write(_folder(settings, upload.id) / "upload.json", asdict(upload))
        data_file(settings, upload.id).touch()
    return upload


def find(settings: Settings, upload_id: str) -> Upload:
    """The unfinished upload with this id; UploadError if there is none."""
    if len(upload_id) != 32 or not upload_id.isalnum() or not upload_id.isascii():
        raise unknown()
    try:
        return Upload(**json.loads((_folder(settings, upload_id) / "upload.json").read_text()))
    except (OSError, ValueError, TypeError):
        raise unknown() from None


def unknown() -> Unknown:
    """What is said when there is no such upload, or it is somebody else's."""
    return Unknown("This upload is no longer known. Choose the file again.")


def data_file(settings: Settings, upload_id: str) -> Path:
    """The bytes that have arrived."""
    return _folder(settings, upload_id) / "data"


def received(settings: Settings, upload_id: str) -> int:
    """How many bytes have arrived."""
    try:
        return data_file(settings, upload_id).stat().st_size
    except FileNotFoundError:
        return 0


class Appender:
    """Adds bytes to an upload, never more than the file has."""

    def __init__(self, settings: Settings, file: BinaryIO, size: int) -> None:
        self._settings, self._file, self._size = settings, file, size
        self._start = file.tell()
        self._writing = threading.Lock()
        self._replaced = False

    def add(self, block: bytes) -> None:
        """Raises UploadError; what was added before then stays."""
        with self._writing:
            end = self._file.tell() + len(block)
            if self._replaced:
                raise OutOfStep("The upload went on over another connection.")
            if end > self._size:
                raise UploadError("More arrived than the file holds. Choose the file again.")
            if end - self._start > LARGEST_CHUNK:
                raise TooLarge("The file must be sent in smaller pieces.")
            with plain(self._settings):
                self._file.write(block)
                self._file.flush()

    def replace(self) -> None:
        """Another request goes on with this upload: nothing more is added here."""
        with self._writing:
            self._replaced = True


# The request that is sending each upload. A browser that lost its network asks again long before
# the server notices that the first connection is dead, so the newest request wins.
_sending: dict[str, Appender] = {}
_taking_over = threading.Lock()


@contextmanager
def appending(settings: Settings, upload: Upload, offset: int) -> Iterator[Appender]:
    """Opens the upload to go on at `offset`, which must be where it ends. Raises UploadError."""
    with plain(settings), data_file(settings, upload.id).open("ab") as file:
        with _taking_over:
            if upload.id in _sending:
                _sending[upload.id].replace()
            at = file.seek(0, os.SEEK_END)
            if at != offset:
                raise OutOfStep(f"The upload has {at} bytes, not {offset}.")
            appender = _sending[upload.id] = Appender(settings, file, upload.size)
        try:
            yield appender
        finally:
            with _taking_over:
                if _sending.get(upload.id) is appender:
                    del _sending[upload.id]


def keep_result(settings: Settings, upload: Upload, result: dict[str, object]) -> None:
    """Remembers how the upload ended, in case the browser did not hear of it; drops its bytes."""
    _write(_folder(settings, upload.id) / "result.json", result)
    data_file(settings, upload.id).unlink(missing_ok=True)


def kept_result(settings: Settings, upload_id: str) -> dict[str, object] | None:
    """How the upload ended; None while it has not."""
    try:
        result = json.loads((_folder(settings, upload_id) / "result.json").read_text())
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) else None


def ending(settings: Settings, upload: Upload) -> AbstractContextManager[None]:
    """Only one request at a time ends an upload, whether it finishes or cancels it."""
    return alone(_folder(settings, upload.id) / "lock")


def remove(settings: Settings, upload_id: str) -> None:
    """Drops everything of an upload."""
    shutil.rmtree(_folder(settings, upload_id), ignore_errors=True)


def _folder(settings: Settings, upload_id: str) -> Path:
    return settings.uploads / upload_id


def _write(path: Path, content: dict[str, object]) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(content))
    os.replace(unfinished, path)


def _remove_forgotten(settings: Settings) -> None:
    for folder in settings.uploads.iterdir():
        try:
            newest = max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
        except OSError:
            continue
        if time.time() - newest > _FORGOTTEN_S:
            shutil.rmtree(folder, ignore_errors=True)


def _full(settings: Settings) -> DiskError:
    return DiskError(
        f"The disk with {settings.data_folder} is full. Make room there, then resume the upload.",
    )


@contextmanager
def plain(settings: Settings) -> Iterator[None]:
    """Turns what the disk says into a sentence."""
    try:
        yield
    except VideoError as error:
        raise UploadError(str(error)) from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(settings) from None
        raise DiskError(
            f"The file cannot be written to {settings.uploads}. Check that the disk is connected "
            "and may be written to, then resume the upload.",
        ) from None
