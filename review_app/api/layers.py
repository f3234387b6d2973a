"""A layer beside its edits: its history, what was seen of it, its locks, and the video's result."""

from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.annotations import add_seen, ensure_result
from db.edit_json import parse_spans
from db.engine import reading, session
from db.history import entries_before
from db.locks import LockError, list_locks, release_lock, take_lock
from db.operations import BadEdit, Span
from review_app.api.answers import Refusal, answered, answered_async
from review_app.api.body import json_object
from review_app.api.shown import (
    LARGEST_ID,
    allowed_layer,
    allowed_video,
    layer_to_change,
    number_of,
)
from review_app.api.tokens import Claims, read
from review_app.process import app_engine, app_settings

USUAL_PAGE = 200
MOST_ENTRIES = 1000
_MOST_BYTES = 1 << 20


@answered
def history(request: Request) -> Response:
    """?before=REVISION&count=200 -> {edits: [...], more}: entries of `db.history`, oldest first.

    more: whether there are still older ones.
    """
    claims = read(request, app_settings())
    asked = request.query_params
    before = number_of(asked["before"]) if "before" in asked else None
    count = number_of(asked.get("count", str(USUAL_PAGE)))
    if not 0 < count <= MOST_ENTRIES:
        raise Refusal(422, f"“count” is a number from 1 to {MOST_ENTRIES}.")
    with reading(app_engine()) as db:
        annotation, _ = allowed_layer(db, claims, request.path_params["annotation_id"])
        edits = entries_before(db, annotation.id, before, count)
    return JSONResponse({"edits": edits, "more": bool(edits) and edits[0]["revision"] > 1})


@answered_async
async def put_seen(request: Request) -> Response:
    """{spans} -> {seen}: the spans are added to what was really looked at in the own layer."""
    claims = read(request, app_settings())
    if not claims.may_comment:
        raise Refusal(403, "Your role may look at labels but keeps none of its own.")
    try:
        spans = parse_spans((await json_object(request, _MOST_BYTES)).get("spans"))
    except BadEdit as bad:
        raise Refusal(422, str(bad)) from None
    return await run_in_threadpool(_see, claims, request.path_params["annotation_id"], spans)


def _see(claims: Claims, annotation_id: int, spans: tuple[Span, ...]) -> Response:
    with session(app_engine()) as db:
        annotation, video = layer_to_change(db, claims, annotation_id)
        if annotation.kind != "own":
            raise Refusal(403, "What was looked at is kept with your own labels.")
        if spans and spans[-1][1] > (video.frame_count or 0):
            raise Refusal(422, f"This video has {video.frame_count or 0} frames.")
        return JSONResponse({"seen": add_seen(db, annotation_id, spans)})


@answered
def post_result(request: Request) -> Response:
    """-> {id}: the layer of the adjudicated result, made when there is none yet."""
    claims = read(request, app_settings())
    if not claims.may_edit:
        raise Refusal(403, "Your role may look at labels but not change them.")
    with session(app_engine()) as db:
        video = allowed_video(db, claims, request.path_params["video_id"])
        return JSONResponse({"id": ensure_result(db, video.id).id})


def _changing_lock(change: Callable[..., None]) -> Callable[[Request], Response]:
    @answered
    def endpoint(request: Request) -> Response:
        """-> {locks} of the video, as they are now."""
        claims = read(request, app_settings())
        if not claims.may_edit:
            raise Refusal(403, "Your role may look at labels but not lock them.")
        layer_id, tier_id = (request.path_params[name] for name in ("annotation_id", "tier_id"))
        with session(app_engine()) as db:
            annotation, video = _layer_to_lock(db, claims, layer_id)
            try:
                change(
                    db,
                    annotation_id=annotation.id,
                    tier_id=min(tier_id, LARGEST_ID),
                    user_id=claims.user_id,
                    may_take_over=claims.may_take_over,
                )
            except LockError as error:
                raise Refusal(409, str(error)) from None
            return JSONResponse({"locks": list_locks(db, video.id)})

    return endpoint


def _layer_to_lock(db: Any, claims: Claims, annotation_id: int) -> Any:
    """One's own layer and the result; those who may take over may lock any."""
    find = allowed_layer if claims.may_take_over else layer_to_change
    return find(db, claims, annotation_id)


_LOCK = "/api/annotations/{annotation_id:int}/locks/{tier_id:int}"

routes: list[BaseRoute] = [
    Route("/api/annotations/{annotation_id:int}/history", history),
    Route("/api/annotations/{annotation_id:int}/seen", put_seen, methods=["PUT"]),
    Route("/api/videos/{video_id:int}/result", post_result, methods=["POST"]),
    Route(_LOCK, _changing_lock(take_lock), methods=["PUT"]),
    Route(_LOCK, _changing_lock(release_lock), methods=["DELETE"]),
]
