"""What the patient's skeleton tells: curves of angles and speeds, rests, spans of poor pose."""

from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db.engine import reading
from inference.movement.curves import curves
from inference.movement.quality import poor_spans
from inference.movement.rests import rests
from inference.movement.track import JointTrack
from inference.video.clock import MODEL_HZ
from review_app.api.answers import Refusal, answered
from review_app.api.pose import artefact
from review_app.api.shown import allowed_video, asked_run
from review_app.api.tokens import read
from review_app.process import app_engine, app_settings

_MEASURING = Lock()


@answered
def get_curves(request: Request) -> Response:
    """{curves: [{name, title, unit}], times_at}: what can be drawn, and how many values a second.

    No curves while nothing is known of the patient.
    """
    known = curves() if _joints(request) else ()
    listed = [{"name": each.name, "title": each.title, "unit": each.unit} for each in known]
    return JSONResponse({"curves": listed, "times_at": MODEL_HZ})


@answered
def get_curve(request: Request) -> Response:
    """(T,) float32, little-endian, value k at k / times_at seconds; NaN where it is unknown."""
    path = _joints(request)
    named = [each for each in curves() if each.name == request.path_params["name"]]
    if not named:
        raise Refusal(404, "There is no such curve; choose another one from the list.")
    return _numbers(named[0].of(_track(path)) if path else np.zeros(0), "<f4")


@answered
def get_rests(request: Request) -> Response:
    """(N,) float64, little-endian, rising: the seconds at which the body turns round or pauses."""
    path = _joints(request)
    return _numbers(_rests(path) if path else np.zeros(0), "<f8")


@answered
def get_pose_quality(request: Request) -> Response:
    """{spans: [[start_s, end_s]]} where the skeleton is not to be trusted."""
    path = _joints(request)
    spans = poor_spans(_track(path)).round(4).tolist() if path else []
    return JSONResponse({"spans": spans})


def _joints(request: Request) -> Path | None:
    """The file with the patient's joints of the run that `?run=` names, else of the shown one."""
    claims = read(request, app_settings())
    with reading(app_engine()) as db:
        video = allowed_video(db, claims, request.path_params["video_id"])
        run = asked_run(db, video, request.query_params.get("run"))
        return artefact(app_settings(), run, "keypoints")


def _track(path: Path) -> JointTrack:
    with _MEASURING:  # the page asks for several things at once; they are measured once
        return _measured(path)


@lru_cache(maxsize=2)  # 17 MB for two hours
def _measured(path: Path) -> JointTrack:
    with np.load(path) as stored:
        return JointTrack.of(stored["keypoints"])


@lru_cache(maxsize=16)
def _rests(path: Path) -> NDArray[np.float64]:
    return rests(_track(path))


def _numbers(values: NDArray[np.floating], kind: str) -> Response:
    return Response(values.astype(kind).tobytes(), media_type="application/octet-stream")


routes: list[BaseRoute] = [
    Route("/api/videos/{video_id:int}/curves", get_curves),
    Route("/api/videos/{video_id:int}/curves/{name}", get_curve),
    Route("/api/videos/{video_id:int}/rests", get_rests),
    Route("/api/videos/{video_id:int}/pose_quality", get_pose_quality),
]
