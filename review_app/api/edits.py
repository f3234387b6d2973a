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

from db.annotations import Applied, apply_edit
from db.engine import reading, session
from db.history import entries_since
from db.layers import as_json
from db.models import Annotation
from db.operations import BadEdit
from review_app.api.answers import Refusal, answered_async
from review_app.api.body import limited
from review_app.api.media import index_of
from review_app.api.shown import layer_to_change
from review_app.api.tokens import Claims, read
from review_app.process import app_engine, app_settings

MOST_EDITS = 500
MOST_BYTES = 4 << 20
#: A page that is further behind gets the whole state instead of the log.
MOST_NEWS = 1000


@dataclass(frozen=True)
class Asked:
    """A message. since: the annotation's revision as its page knows it; None = not at all."""

    edits: list[Any]
    since: int | None


@answered_async
async def post_edits(request: Request) -> Response:
    """{edits: [...], since} -> {results: [{id, status, revision, message}], revision, log?, state?}

    status: applied, duplicate (it was there already) or refused, with the reason. Where the page
    cannot know all, because somebody else has changed the layer since or an edit was not applied
    by this very message, log is the edits after `since`; where it is too far behind, or does not
    say since when, state is the whole layer. Without edits it only says what is new. The answer is
    sent after the commit.
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
    known = isinstance(since, int) and not isinstance(since, bool) and since >= 0
    return Asked(edits, since if known else None)


def _answer(claims: Claims, annotation_id: int, asked: Asked) -> Response:
    if not claims.may_comment:
        raise Refusal(403, "Your role may look at labels but not change them.")
    with reading(app_engine()) as db:
        annotation, video = layer_to_change(db, claims, annotation_id)
        if not asked.edits:
            return _said(db, annotation, asked, [], knows_all=asked.since == annotation.revision)
    if not (claims.may_edit or all(map(_only_comments, asked.edits))):
        raise Refusal(403, "Your role may comment on labels but not change them.")
    # Read before the write lock is taken, because everybody else waits for that.
    times = cast("Sequence[float]", index_of(app_settings(), video).times)
    with session(app_engine()) as db:
        annotation, _ = layer_to_change(db, claims, annotation_id)
        before = annotation.revision
        results = [_apply(db, claims, annotation, edit, times) for edit in asked.edits]
        new = all(result["status"] == "applied" for result in results)
        return _said(db, annotation, asked, results, knows_all=new and asked.since == before)


def _only_comments(edit: Any) -> bool:
    """Whether what was sent is an edit that says or unsays and changes no label."""
    changes = edit.get("changes") if isinstance(edit, dict) else None
    return isinstance(changes, list) and all(
        isinstance(change, dict) and change.get("op") in ("say", "unsay") for change in changes
    )


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
    db: Session,
    annotation: Annotation,
    asked: Asked,
    results: list[dict[str, Any]],
    *,
    knows_all: bool,
) -> Response:
    answer: dict[str, Any] = {"results": results, "revision": annotation.revision}
    if not knows_all:
        behind = None if asked.since is None else annotation.revision - asked.since
        if behind is not None and 0 <= behind <= MOST_NEWS:
            log = entries_since(db, {annotation.id: cast("int", asked.since)})
            answer["log"] = log.get(annotation.id, [])
        else:
            answer["state"] = as_json(db, annotation.id)
    return JSONResponse(answer)


routes: list[BaseRoute] = [
    Route("/api/annotations/{annotation_id:int}/edits", post_edits, methods=["POST"]),
]
