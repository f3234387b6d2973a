"""Edits from the browser's outbox, applied in the order they come, each once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.annotations import Applied, apply_edit, as_json, get_annotation
from db.engine import reading, session
from db.models import Annotation, Video
from db.operations import BadEdit
from review_app.api.answers import Refusal, answered_async
from review_app.api.body import limited
from review_app.api.media import index_of
from review_app.api.shown import LARGEST_ID, allowed_video
from review_app.api.tokens import Claims, read
from review_app.process import app_engine, app_settings

MOST_EDITS = 500
MOST_BYTES = 4 << 20


@dataclass(frozen=True)
class Asked:
    """A message. since: the annotation's revision as its page knows it; None = not at all."""

    edits: list[Any]
    since: int | None


@answered_async
async def post_edits(request: Request) -> Response:
    """{edits: [...], since} -> {results: [{id, status, revision, message}], revision, state}.

    status: applied, duplicate (it was there already) or refused, with the reason. state is the
    whole annotation, given where the page cannot know it: when somebody else has changed it since,
    or an edit was not applied by this very message. Without edits it only says what is new.
    The answer is sent after the commit.
    """
    claims = read(request, app_settings())
    asked = _asked(await limited(request, MOST_BYTES))
    return await run_in_threadpool(_answer, claims, request.path_params["annotation_id"], asked)


def _asked(body: bytes) -> Asked:
    try:
        message = json.loads(body)
        edits, since = message["edits"], message.get("since")
    except (ValueError, TypeError, KeyError):
        raise Refusal(422, "The message holds no list of edits.") from None
    if not isinstance(edits, list) or len(edits) > MOST_EDITS:
        raise Refusal(422, f"The message holds no list of at most {MOST_EDITS} edits.")
    return Asked(edits, since if isinstance(since, int) else None)


def _answer(claims: Claims, annotation_id: int, asked: Asked) -> Response:
    if not claims.may_edit:
        raise Refusal(403, "Your role may look at labels but not change them.")
    with reading(app_engine()) as db:
        annotation, video = _own(db, claims, annotation_id)
        if not asked.edits:
            return _said(db, annotation, [], knows_all=asked.since == annotation.revision)
    # Read before the write lock is taken, because everybody else waits for that.
    times = cast("Sequence[float]", index_of(app_settings(), video).times)
    with session(app_engine()) as db:
        annotation, _ = _own(db, claims, annotation_id)
        before = annotation.revision
        results = [_apply(db, claims, annotation, edit, times) for edit in asked.edits]
        new = all(result["status"] == "applied" for result in results)
        return _said(db, annotation, results, knows_all=new and asked.since == before)


def _own(db: Session, claims: Claims, annotation_id: int) -> tuple[Annotation, Video]:
    """The asking person's layer and its video; Refusal 403 or 404 otherwise."""
    annotation = get_annotation(db, annotation_id) if annotation_id <= LARGEST_ID else None
    if annotation is None:
        raise Refusal(404, "There is no such annotation.")
    video = allowed_video(db, claims, annotation.video_id)
    if annotation.user_id != claims.user_id:
        raise Refusal(403, "These labels belong to somebody else.")
    return annotation, video


def _apply(
    db: Session, claims: Claims, annotation: Annotation, edit: Any, times: Sequence[float]
) -> dict[str, Any]:
    try:
        applied = apply_edit(db, annotation.id, claims.user_id, edit, times)
    except BadEdit as bad:
        applied = Applied("refused", annotation.revision, str(bad))
    return {
        "id": edit.get("id") if isinstance(edit, dict) else None,
        "status": applied.status,
        "revision": applied.revision,
        "message": applied.message,
    }


def _said(
    db: Session, annotation: Annotation, results: list[dict[str, Any]], *, knows_all: bool
) -> Response:
    answer: dict[str, Any] = {"results": results, "revision": annotation.revision}
    if not knows_all:
        answer["state"] = as_json(db, annotation.id)
    return JSONResponse(answer)


routes: list[BaseRoute] = [
    Route("/api/annotations/{annotation_id:int}/edits", post_edits, methods=["POST"]),
]
