"""Edits from the browser's outbox, applied in the order they come, each once."""

import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.annotations import Applied, apply_edit, as_json, get_annotation
from db.engine import session
from db.operations import BadEdit
from review_app.api.answers import Refusal, answered_async
from review_app.api.media import index_of
from review_app.api.shown import allowed_video
from review_app.api.tokens import Claims, read
from review_app.process import app_engine, app_settings

MOST_EDITS = 500
MOST_BYTES = 4 << 20


@answered_async
async def post_edits(request: Request) -> Response:
    """{edits: [...]} -> {results: [{id, status, revision, message}], revision, state}.

    status: applied, duplicate (it was there already) or refused, with the reason. state is the
    whole annotation, given when an edit was refused. The answer is sent after the commit.
    """
    claims = read(request, app_settings())
    if int(request.headers.get("content-length") or 0) > MOST_BYTES:
        raise Refusal(413, "These are too many edits for one message.")
    edits = _edits(await request.body())
    return await run_in_threadpool(_apply, claims, request.path_params["annotation_id"], edits)


def _edits(body: bytes) -> list[Any]:
    try:
        edits = json.loads(body)["edits"]
    except (ValueError, TypeError, KeyError):
        raise Refusal(422, "The message holds no list of edits.") from None
    if not isinstance(edits, list) or len(edits) > MOST_EDITS:
        raise Refusal(422, f"The message holds no list of at most {MOST_EDITS} edits.")
    return edits


def _apply(claims: Claims, annotation_id: int, edits: list[Any]) -> Response:
    if not claims.may_edit:
        raise Refusal(403, "Your role may look at labels but not change them.")
    results: list[dict[str, Any]] = []
    with session(app_engine()) as db:
        annotation = get_annotation(db, annotation_id)
        if annotation is None:
            raise Refusal(404, "There is no such annotation.")
        video = allowed_video(db, claims, annotation.video_id)
        if annotation.user_id != claims.user_id:
            raise Refusal(403, "These labels belong to somebody else.")
        times = index_of(app_settings(), video).times.tolist()
        for edit in edits:
            try:
                applied = apply_edit(db, annotation_id, claims.user_id, edit, times)
            except BadEdit as bad:
                applied = Applied("refused", annotation.revision, str(bad))
            results.append(
                {
                    "id": edit.get("id") if isinstance(edit, dict) else None,
                    "status": applied.status,
                    "revision": applied.revision,
                    "message": applied.message,
                }
            )
        answer: dict[str, Any] = {"results": results, "revision": annotation.revision}
        if any(result["status"] == "refused" for result in results):
            answer["state"] = as_json(db, annotation_id)
    return JSONResponse(answer)


routes: list[BaseRoute] = [
    Route("/api/annotations/{annotation_id:int}/edits", post_edits, methods=["POST"]),
]
