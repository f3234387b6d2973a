"""Large files from the browser, sent in chunks and written straight to disk.

A chunk that breaks off half-way keeps what arrived: the browser asks where to go on.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.engine import reading
from db.models import Video
from db.patients import PatientError
from db.videos import VideoRowError
from review_app.api.answers import Refusal, answered, answered_async
from review_app.api.body import limited
from review_app.api.shown import number_of
from review_app.api.tokens import Claims, read
from review_app.importing import importer
from review_app.importing.arrivals import Arrival, arrive, patient_of
from review_app.process import app_engine, app_settings
from review_app.upload import store
from review_app.upload.store import DiskError, OutOfStep, TooLarge, Unknown, Upload, UploadError

_BLOCK = 1 << 20  # bytes gathered before they are written
_LARGEST_REQUEST = 16 << 10  # bytes that say which file is to come
_STATUS: dict[type[Exception], int] = {Unknown: 404, OutOfStep: 409, TooLarge: 413, DiskError: 507}


@answered_async
async def post_upload(request: Request) -> Response:
    """{name, size, fingerprint, patient_id | pseudonym} -> {upload_id, offset, chunk, result}.

    result: how the upload ended, where an earlier one of the same file has ended well.
    """
    claims = _editor(request)
    upload = _asked(await limited(request, _LARGEST_REQUEST), claims)
    return await run_in_threadpool(_begin, upload)


def _asked(body: bytes, claims: Claims) -> dict[str, Any]:
    try:
        asked = json.loads(body)
        patient_id = asked.get("patient_id")
        return {
            "name": str(asked["name"]),
            "size": int(asked["size"]),
            "fingerprint": str(asked["fingerprint"])[:200],
            "patient_id": None if patient_id is None else number_of(str(patient_id)),
            "pseudonym": str(asked.get("pseudonym") or "").strip()[:200],
            "project_id": claims.project_id,
            "user_id": claims.user_id,
        }
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise Refusal(422, "The upload does not say what file it is. Choose it again.") from None


def _begin(asked: dict[str, Any]) -> Response:
    settings = app_settings()
    if asked["patient_id"] is None and not asked["pseudonym"]:
        raise Refusal(422, "Choose a patient, or give a new pseudonym.")
    with refusing():
        _check_patient(asked)
        upload = store.begin(settings, **asked)
        result = _known(upload)
        if result is None and store.kept_result(settings, upload.id) is not None:
            store.remove(settings, upload.id)  # its video is gone or failed: from the start
            upload = store.begin(settings, **asked)
    return JSONResponse(
        {
            "upload_id": upload.id,
            "offset": upload.size if result else store.received(settings, upload.id),
            "chunk": store.CHUNK,
            "result": result,
        }
    )


def _check_patient(asked: dict[str, Any]) -> None:
    """Before a large file is sent, not after. A new pseudonym makes a patient at the end only."""
    if asked["patient_id"] is not None:
        with reading(app_engine()) as db:
            patient_of(db, asked["project_id"], asked["patient_id"])


def _known(upload: Upload) -> dict[str, object] | None:
    """What is said about a file that was uploaded before, while its video is there and good."""
    result = store.kept_result(app_settings(), upload.id)
    if result is None:
        return None
    with reading(app_engine()) as db:
        video = db.get(Video, result.get("video_id"))
    if video is None or video.state == "failed":
        return None
    return asdict(Arrival(video.id, None, True, str(importer.duplicate(video))))


@answered_async
async def put_chunk(request: Request) -> Response:
    """The bytes from ?offset= on -> {offset}; 409 with {offset} where that is not the end."""
    settings = app_settings()
    upload = _own(request)
    try:
        offset = int(request.query_params["offset"])
    except (KeyError, ValueError):
        raise Refusal(422, "The chunk does not say where it belongs.") from None
    try:
        with refusing(), store.appending(settings, upload, offset) as end:
            gathered = bytearray()
            with suppress(ClientDisconnect):
                async for block in request.stream():
                    gathered += block
                    if len(gathered) >= _BLOCK:
                        await run_in_threadpool(end.add, bytes(gathered))
                        gathered.clear()
            await run_in_threadpool(end.add, bytes(gathered))
    except Refusal as refusal:
        at = store.received(settings, upload.id)
        return JSONResponse({"message": str(refusal), "offset": at}, refusal.status)
    return JSONResponse({"offset": store.received(settings, upload.id)})


@answered
def get_upload(request: Request) -> Response:
    """-> {offset, size}"""
    upload = _own(request)
    return JSONResponse({"offset": store.received(app_settings(), upload.id), "size": upload.size})


@answered
def finish_upload(request: Request) -> Response:
    """Checks the file and queues its import.

    -> {video_id, job_id, duplicate, message}; duplicate: the project had this file before. Asking
    again gives the same answer.
    """
    settings = app_settings()
    upload = _own(request)
    with refusing(), store.ending(settings, upload):
        result = store.kept_result(settings, upload.id)
        if result is None:
            if store.received(settings, upload.id) != upload.size:
                raise OutOfStep("The file has not arrived completely. Resume the upload.")
            result = _register(upload)
            store.keep_result(settings, upload, result)
    return JSONResponse(result)


@answered
def delete_upload(request: Request) -> Response:
    """Cancels an upload and removes what has arrived."""
    upload = _own(request)
    with store.ending(app_settings(), upload):
        store.remove(app_settings(), upload.id)
    return JSONResponse({"cancelled": True})


def _register(upload: Upload) -> dict[str, object]:
    settings = app_settings()
    with store.plain(settings):
        arrival = arrive(
            settings,
            app_engine(),
            store.data_file(settings, upload.id),
            name=upload.name,
            project_id=upload.project_id,
            patient=upload.pseudonym if upload.patient_id is None else upload.patient_id,
            user_id=upload.user_id,
            link=True,
        )
    return asdict(arrival)


def _own(request: Request) -> Upload:
    """The upload of the path, if it is the asking person's."""
    claims = _editor(request)
    with refusing():
        upload = store.find(app_settings(), request.path_params["upload_id"])
        if (upload.user_id, upload.project_id) != (claims.user_id, claims.project_id):
            raise store.unknown()
    return upload


def _editor(request: Request) -> Claims:
    claims = read(request, app_settings())
    if not claims.may_edit:
        raise Refusal(403, "Your role may look at recordings but not import them.")
    return claims


@contextmanager
def refusing() -> Iterator[None]:
    """What goes wrong with an upload as the answer to its request."""
    try:
        yield
    except (UploadError, VideoRowError, PatientError) as error:
        raise Refusal(_STATUS.get(type(error), 422), str(error)) from None


routes: list[BaseRoute] = [
    Route("/api/uploads", post_upload, methods=["POST"]),
    Route("/api/uploads/{upload_id}", put_chunk, methods=["PUT"]),
    Route("/api/uploads/{upload_id}", get_upload, methods=["GET"]),
    Route("/api/uploads/{upload_id}", delete_upload, methods=["DELETE"]),
    Route("/api/uploads/{upload_id}/finish", finish_upload, methods=["POST"]),
]
