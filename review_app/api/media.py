"""Bytes of a recording: the picture that plays, its stills and the time of every frame."""

import json
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.engine import reading
from db.models import Video
from inference.video.index import VideoIndex
from inference.video.probe import load_index
from review_app.api.answers import Refusal, answered
from review_app.api.shown import allowed_video
from review_app.api.tokens import read
from review_app.importing.importer import VideoFiles, files
from review_app.process import app_engine, app_settings
from review_app.settings import Settings

_UNREADABLE = "The frame times of this video cannot be read. Import the video again."
_GONE = "A file of this video is missing. Import the video again."

_MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",  # Chromium plays a QuickTime file only under this name
    ".webm": "video/webm",
    ".mkv": "video/webm",
    ".avi": "video/x-msvideo",
}


def stored_file(settings: Settings, path: Path) -> Path:
    """A file named by the database, when it is there and inside the data folder; Refusal 404."""
    whole = path.resolve()
    if not whole.is_relative_to(settings.data_folder) or not whole.is_file():
        raise Refusal(404, _GONE)
    return whole


def index_of(settings: Settings, video: Video) -> VideoIndex:
    """The video's frames and their times; Refusal 409 while it is being imported."""
    if video.state != "ready":
        raise Refusal(409, video.message or "This video is still being imported.")
    try:
        return _index(stored_file(settings, files(settings, video.sha256).index))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        raise Refusal(409, _UNREADABLE) from None


@lru_cache(maxsize=32)
def _index(path: Path) -> VideoIndex:
    return load_index(path)


@answered
def media(request: Request) -> Response:
    """The proxy when there is one, else the original; answers Range requests."""
    settings, video = _asked(request)
    proxy = files(settings, video.sha256).proxy
    path = stored_file(settings, proxy if video.has_proxy else settings.data_folder / video.file)
    media_type = _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
    return FileResponse(path, media_type=media_type)


@answered
def times(request: Request) -> Response:
    """(N + 1,) float64, little-endian: when each frame starts, and the end of the last."""
    settings, video = _asked(request)
    numbers = index_of(settings, video).times.astype("<f8")
    return Response(numbers.tobytes(), media_type="application/octet-stream")


@answered
def thumbnails_json(request: Request) -> Response:
    """How the thumbnails lie in their picture: {columns, width, height, count, every_s}."""
    settings, video = _asked(request)
    path = stored_file(settings, files(settings, video.sha256).thumbnails_json)
    return JSONResponse(json.loads(path.read_text()))


def _picture(which: Callable[[VideoFiles], Path]) -> Callable[[Request], Response]:
    @answered
    def picture(request: Request) -> Response:
        settings, video = _asked(request)
        path = stored_file(settings, which(files(settings, video.sha256)))
        return FileResponse(path, media_type="image/jpeg")

    return picture


def _asked(request: Request) -> tuple[Settings, Video]:
    settings = app_settings()
    claims = read(request, settings)
    with reading(app_engine()) as db:
        return settings, allowed_video(db, claims, request.path_params["video_id"])


routes: list[BaseRoute] = [
    Route("/api/videos/{video_id:int}/media", media),
    Route("/api/videos/{video_id:int}/times", times),
    Route("/api/videos/{video_id:int}/poster", _picture(lambda made: made.poster)),
    Route("/api/videos/{video_id:int}/thumbnails", _picture(lambda made: made.thumbnails)),
    Route("/api/videos/{video_id:int}/thumbnails.json", thumbnails_json),
]
