"""Classes added and changed from the desk."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.classes import ClassError, save_class
from db.engine import session
from db.projects import list_classes
from review_app.api.answers import Refusal, answered_async
from review_app.api.body import json_object
from review_app.api.layer_json import class_json
from review_app.api.shown import LARGEST_ID
from review_app.api.tokens import Claims, read
from review_app.process import app_engine, app_settings
from review_app.titles import title_of

_MOST_BYTES = 10_000
#: Keys that the desk itself answers to as it comes; see static/keys/keys.js.
PAGE_KEYS = frozenset("kljyginfaswqopzvucmd<>\\{}[],.+=-?")


@answered_async
async def post_class(request: Request) -> Response:
    """{id | null, tier_id, name or title, colour, key | null} -> {classes}, all of the project."""
    claims = read(request, app_settings())
    if not claims.may_edit:
        raise Refusal(403, "Your role may look at classes but not change them.")
    return await run_in_threadpool(_save, claims, await json_object(request, _MOST_BYTES))


def _save(claims: Claims, message: dict[str, Any]) -> Response:
    class_id = None if message.get("id") is None else _id(message["id"])
    tier_id = _id(message.get("tier_id"))
    name, colour = message.get("name", message.get("title")), message.get("colour")
    if not isinstance(name, str) or not isinstance(colour, str):
        raise Refusal(422, "A class has a name and a colour.")
    key = message.get("key")
    if key is not None and not isinstance(key, str):
        raise Refusal(422, "A key is one letter, digit or sign.")
    key = key.lower() if key else None  # a capital letter is another key: the one with Shift
    if key in PAGE_KEYS:
        raise Refusal(409, f"The page itself uses the key {key}. Choose another one.")
    with session(app_engine()) as db:
        for kind in list_classes(db, claims.project_id):
            if kind.id == class_id and title_of(kind.name) == name:
                name = kind.name  # its title was sent back as it was shown
        try:
            save_class(
                db,
                project_id=claims.project_id,
                class_id=class_id,
                tier_id=tier_id,
                name=name,
                colour=colour.lower(),
                key=key,
            )
        except ClassError as error:
            raise Refusal(409, str(error)) from None
        classes = [class_json(kind) for kind in list_classes(db, claims.project_id)]
    return JSONResponse({"classes": classes})


def _id(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST_ID:
        raise Refusal(422, "A class has an id, or none yet, and the id of its tier.")
    return value


routes: list[BaseRoute] = [Route("/api/classes", post_class, methods=["POST"])]
