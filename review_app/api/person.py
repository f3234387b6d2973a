"""What the page keeps for the person who works on it: preferences, and how long work took."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.desk_models import SITTING_MODES
from db.edit_json import storable
from db.engine import session
from db.preferences import PreferenceError, save_preference
from db.sittings import SittingError, Totals, save_sitting
from review_app.api.answers import Refusal, answered_async
from review_app.api.body import json_object
from review_app.api.shown import LARGEST_ID, layer_to_change
from review_app.api.tokens import Claims, read
from review_app.process import app_engine, app_settings

MOST_BYTES = 64 << 10
_MOST_COMMANDS = 500
_LONGEST_COMMAND = 60
_LONGEST_S = 7 * 24 * 3600.0


@answered_async
async def put_preference(request: Request) -> Response:
    """{value} -> {name, value}: kept for the person who asks, at most MOST_BYTES."""
    claims = read(request, app_settings())
    message = await json_object(request, MOST_BYTES)
    if "value" not in message:
        raise Refusal(422, "The message holds no value.")
    value = message["value"]
    if not storable(json.dumps(value, ensure_ascii=False)):
        raise Refusal(422, "A character of this value cannot be stored.")
    name = request.path_params["name"]
    return await run_in_threadpool(_prefer, claims, name, value)


def _prefer(claims: Claims, name: str, value: Any) -> Response:
    try:
        with session(app_engine()) as db:
            save_preference(db, user_id=claims.user_id, name=name, value=value)
    except PreferenceError as error:
        raise Refusal(404, str(error)) from None
    return JSONResponse({"name": name, "value": value})


@answered_async
async def put_sitting(request: Request) -> Response:
    """{annotation_id, proposals, began_at, active_s, actions, segments} -> {}

    Running totals since the page was opened in this mode: the furthest are kept.
    """
    claims = read(request, app_settings())
    if not claims.may_edit:
        raise Refusal(403, "Your role labels nothing, so its work is not counted.")
    message = await json_object(request, MOST_BYTES)
    return await run_in_threadpool(_sit, claims, request.path_params["sitting_id"], message)


def _sit(claims: Claims, sitting_id: uuid.UUID, message: dict[str, Any]) -> Response:
    annotation_id = _count(message.get("annotation_id"), "annotation_id")
    proposals = message.get("proposals")
    if proposals not in SITTING_MODES:
        raise Refusal(422, f"“proposals” is one of {', '.join(SITTING_MODES)}.")
    began_at, totals = _moment(message.get("began_at")), _totals(message)
    with session(app_engine()) as db:
        layer_to_change(db, claims, annotation_id)
        try:
            save_sitting(
                db,
                sitting_id=str(sitting_id),
                annotation_id=annotation_id,
                user_id=claims.user_id,
                proposals=proposals,
                began_at=began_at,
                totals=totals,
            )
        except SittingError as error:
            raise Refusal(409, str(error)) from None
    return JSONResponse({})


def _totals(message: dict[str, Any]) -> Totals:
    active_s = message.get("active_s")
    if not isinstance(active_s, int | float) or isinstance(active_s, bool):
        raise Refusal(422, "“active_s” is a number of seconds.")
    if not 0 <= active_s <= _LONGEST_S:  # false also for NaN
        raise Refusal(422, "“active_s” is a number of seconds of at most a week.")
    actions = message.get("actions")
    if not isinstance(actions, dict) or len(actions) > _MOST_COMMANDS:
        raise Refusal(422, f"“actions” counts at most {_MOST_COMMANDS} commands.")
    if not all(len(name) <= _LONGEST_COMMAND and storable(name) for name in actions):
        raise Refusal(422, f"A command has a name of at most {_LONGEST_COMMAND} characters.")
    return Totals(
        active_s=float(active_s),
        actions={name: _count(count, "actions") for name, count in actions.items()},
        segments=_count(message.get("segments"), "segments"),
    )


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise Refusal(422, "“began_at” is a moment such as 2026-01-31T12:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _count(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_ID:
        raise Refusal(422, f"“{name}” holds whole numbers from 0 up.")
    return value


routes: list[BaseRoute] = [
    Route("/api/preferences/{name}", put_preference, methods=["PUT"]),
    Route("/api/sittings/{sitting_id:uuid}", put_sitting, methods=["PUT"]),
]
