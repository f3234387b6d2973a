"""What stage 1 saw and stage 3 felt: joints, people and class probabilities through time."""

import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.engine import reading, session
from db.models import Run
from db.videos import set_person
from inference.pose.people import People
from review_app.api.answers import Refusal, answered, answered_async
from review_app.api.body import limited
from review_app.api.shown import allowed_video, asked_run, run_to_show
from review_app.api.tokens import Claims, read
from review_app.jobs.job_queue import enqueue_propose
from review_app.process import app_engine, app_settings
from review_app.settings import Settings

LONGEST_S = 120.0
_MOST_BYTES = 1000
_NEAR_TICKS = 7  # people out of the picture for up to half a second are still offered


def artefact(settings: Settings, run: Run | None, kind: str) -> Path | None:
    """The file of a kind ("people", "keypoints", "proposals") that the run was made from."""
    name = run.settings.get(kind) if run else None
    if not isinstance(name, str):
        return None
    path = (settings.artefacts / name).resolve()
    return path if path.is_relative_to(settings.artefacts) and path.is_file() else None


def people_in(settings: Settings, run: Run | None) -> list[dict[str, Any]]:
    """[{id, seconds}] of everybody who was found; empty when nothing is known yet."""
    path = artefact(settings, run, "people")
    if path is None:
        return []
    people = _people(path)
    return [
        {"id": int(person), "seconds": round(people.seconds(int(person)), 1)}
        for person in people.person_ids
    ]


@lru_cache(maxsize=4)
def _people(path: Path) -> People:
    return People.load(path)


@lru_cache(maxsize=4)
def _keypoints(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """times (T,) s and joints (T, 17, 3); zeros where the person is absent."""
    with np.load(path) as stored:
        return stored["times"], np.nan_to_num(stored["keypoints"])


@answered
def pose(request: Request) -> Response:
    """The patient's joints between `from` and `to` seconds, at most LONGEST_S of them."""
    run = _shown_run(request)
    start, end = _number(request, "from"), _number(request, "to")
    path = artefact(app_settings(), run, "keypoints")
    if path is None:
        return JSONResponse({"times": [], "keypoints": []})
    times, joints = _keypoints(path)
    first, last = np.searchsorted(times, [start, min(end, start + LONGEST_S)])
    rounded = np.round(joints[first:last].astype(np.float64), 1)
    rounded[..., 2] = np.round(joints[first:last, :, 2].astype(np.float64), 2)
    return JSONResponse(
        {"times": np.round(times[first:last], 4).tolist(), "keypoints": rounded.tolist()}
    )


@answered
def people(request: Request) -> Response:
    """{people: [{id, box: [left, top, right, bottom]}]}: who is in the picture at `at` seconds."""
    run = _shown_run(request)
    path = artefact(app_settings(), run, "people")
    if path is None:
        return JSONResponse({"people": []})
    found = _people(path)
    at = int(np.clip(np.searchsorted(found.times, _number(request, "at")), 0, len(found.times) - 1))
    seen = []
    for person, boxes in zip(found.person_ids, found.boxes, strict=True):
        near = np.arange(max(0, at - _NEAR_TICKS), min(len(boxes), at + _NEAR_TICKS + 1))
        near = near[np.isfinite(boxes[near, 0])]
        if len(near):
            box = boxes[near[np.argmin(np.abs(near - at))]]
            seen.append({"id": int(person), "box": np.round(box.astype(np.float64), 1).tolist()})
    return JSONResponse({"people": seen})


@answered
def confidence(request: Request) -> Response:
    """{times, classes, scores[time][class]}: the model's probability of each class."""
    path = artefact(app_settings(), _shown_run(request), "proposals")
    if path is None:
        return JSONResponse({"times": [], "classes": [], "scores": []})
    with np.load(path) as stored:
        scores = np.round(stored["scores"].astype(np.float64) / 255, 2)
        answer = {
            "times": np.round(stored["times"], 4).tolist(),
            "classes": stored["classes"].tolist(),
            "scores": scores.tolist(),
        }
    return JSONResponse(answer)


@answered_async
async def post_person(request: Request) -> Response:
    """{person_id}: make this person the patient and propose again. -> {job_id}"""
    claims = read(request, app_settings())
    try:
        person = json.loads(await limited(request, _MOST_BYTES))["person_id"]
    except (ValueError, TypeError, KeyError):
        person = None
    if not isinstance(person, int) or isinstance(person, bool):
        raise Refusal(422, "Say which person is the patient.")
    return await run_in_threadpool(_choose, claims, request.path_params["video_id"], person)


def _choose(claims: Claims, video_id: int, person: int) -> Response:
    if not claims.may_edit:
        raise Refusal(403, "Your role may look at recordings but not process them.")
    settings = app_settings()
    with reading(app_engine()) as db:
        video = allowed_video(db, claims, video_id)
        path = artefact(settings, run_to_show(db, video, None), "people")
    found = _people(path) if path else None
    if found is None or person not in found.person_ids:
        raise Refusal(422, "There is no such person in this recording.")
    with session(app_engine()) as writing:
        set_person(writing, video_id, person, asdict(found.sighting(person)))
        job_id = enqueue_propose(settings, writing, video_id, None, claims.user_id)
    return JSONResponse({"job_id": job_id})


def _shown_run(request: Request) -> Run | None:
    """The run that `?run=` names, else the one the desk shows by itself."""
    claims = read(request, app_settings())
    with reading(app_engine()) as db:
        video = allowed_video(db, claims, request.path_params["video_id"])
        return asked_run(db, video, request.query_params.get("run"))


def _number(request: Request, name: str) -> float:
    try:
        number = float(request.query_params[name])
    except (KeyError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise Refusal(422, f"“{name}” is a number of seconds.")
    return number


routes: list[BaseRoute] = [
    Route("/api/videos/{video_id:int}/pose", pose),
    Route("/api/videos/{video_id:int}/people", people),
    Route("/api/videos/{video_id:int}/confidence", confidence),
    Route("/api/videos/{video_id:int}/person", post_person, methods=["POST"]),
]
