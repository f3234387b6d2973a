"""What is new on a video since a page last asked; visible pages ask once a second."""

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.engine import reading
from db.history import entries_since
from db.layers import Layer, list_layers, states
from db.locks import list_locks
from db.models import User
from db.runs import latest_run_id
from review_app.api.answers import Refusal, answered
from review_app.api.edits import MOST_NEWS
from review_app.api.layer_json import described, says_something
from review_app.api.presence import Presence
from review_app.api.shown import allowed_video, number_of
from review_app.api.tokens import Claims, read
from review_app.process import app_engine, app_settings

MOST_LAYERS = 500
_here = Presence()


@answered
def news(request: Request) -> Response:
    """?layers=3:17,5:2 (id:revision as the page knows them) -> {layers, locks, run, people}.

    layers: those that changed or are new, each with log, its edits since, or with state, all of
    it, where the page is too far behind. run: the id of the newest proposals, None while there are
    none. people: the names of others who have this video open.
    """
    claims = read(request, app_settings())
    video_id = request.path_params["video_id"]
    known = _known(request.query_params.get("layers", ""))
    with reading(app_engine()) as db:
        allowed_video(db, claims, video_id)
        user = db.get(User, claims.user_id)
        answer = {
            "layers": _changed(db, video_id, claims, known),
            "locks": list_locks(db, video_id),
            "run": latest_run_id(db, video_id),
        }
    people = _here.note(video_id, claims.user_id, user.name if user else "Somebody")
    return JSONResponse({**answer, "people": people})


def _known(text: str) -> dict[int, int]:
    """The revision by layer; Refusal 422 when the text is not of the form 3:17,5:2."""
    pairs = [pair.partition(":") for pair in text.split(",") if pair]
    if len(pairs) > MOST_LAYERS:
        raise Refusal(422, f"A page asks for at most {MOST_LAYERS} layers.")
    return {number_of(layer): number_of(revision) for layer, _, revision in pairs}


def _changed(
    db: Session, video_id: int, claims: Claims, known: dict[int, int]
) -> list[dict[str, Any]]:
    changed = [
        layer
        for layer in list_layers(db, video_id)
        if says_something(layer, claims) and known.get(layer.id) != layer.revision
    ]
    since = {
        layer.id: known[layer.id]
        for layer in changed
        if layer.id in known and 0 < layer.revision - known[layer.id] <= MOST_NEWS
    }
    whole = states(db, [layer for layer in changed if layer.id not in since])
    log = entries_since(db, since)

    def told(layer: Layer) -> dict[str, Any]:
        if layer.id in since:
            return {**described(layer, claims), "log": log[layer.id]}
        return {**described(layer, claims), "state": whole[layer.id]}

    return [told(layer) for layer in changed]


routes: list[BaseRoute] = [Route("/api/videos/{video_id:int}/news", news)]
