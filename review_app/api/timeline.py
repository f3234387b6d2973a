"""What the review desk opens with: the video, its classes, every layer and the proposals."""

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db import jobs as job_rows
from db.annotations import ensure_annotation, find_annotation
from db.engine import reading, session
from db.history import entries_before
from db.layers import list_layers
from db.locks import list_locks
from db.models import Job, Run, User
from db.preferences import list_preferences
from db.projects import list_classes, list_tiers
from db.runs import list_proposals, newest_of_each_model
from review_app.api.answers import answered
from review_app.api.layer_json import class_json, layers_json, says_something
from review_app.api.pose import people_in
from review_app.api.shown import allowed_video, asked_run, number_of, run_to_show
from review_app.api.tokens import Claims, read
from review_app.process import app_engine, app_settings

#: So many of the newest edits of a layer one may change come with it; older ones when asked for.
FIRST_LOG = 200


@answered
def timeline(request: Request) -> Response:
    """See the module; `?model=` chooses whose proposals, else those of the project's model."""
    claims = read(request, app_settings())
    video_id = request.path_params["video_id"]
    wanted = request.query_params.get("model")
    model_id = None if wanted is None else number_of(wanted)
    _make_annotation(claims, video_id)
    with reading(app_engine()) as db:
        video = allowed_video(db, claims, video_id)
        run = run_to_show(db, video, model_id)
        job = job_rows.latest_for_video(db, video_id)
        classes = list_classes(db, video.project_id)
        rows = [row for row in list_layers(db, video_id) if says_something(row, claims)]
        layers = layers_json(db, rows, claims)
        for layer in layers:
            if layer["own"] or layer["may_edit"]:
                layer["log"] = entries_before(db, layer["id"], None, FIRST_LOG)
        user = db.get(User, claims.user_id)
        answer = {
            "video": {
                "id": video.id,
                "sha256": video.sha256,
                "name": video.original_name,
                "width": video.width,
                "height": video.height,
                "frame_count": video.frame_count,
                "duration_s": video.duration_s,
                "state": video.state,
            },
            "user": {
                "id": claims.user_id,
                "name": user.name if user else "",
                "role": claims.role,
            },
            "preferences": list_preferences(db, claims.user_id),
            "classes": [class_json(kind) for kind in classes],
            "tiers": [
                {"id": tier.id, "name": tier.name, "overlaps": tier.overlaps}
                for tier in list_tiers(db, video.project_id)
            ],
            "layers": layers,
            "locks": list_locks(db, video_id),
            "runs": newest_of_each_model(db, video_id),
            "run": run and _run(db, run, {kind.name: kind.id for kind in classes}),
            "people": people_in(app_settings(), run),
            "job": job and _job(job),
        }
    return JSONResponse(answer)


def _make_annotation(claims: Claims, video_id: int) -> None:
    """Everyone who may say something has a layer of their own, from the first look on."""
    if not claims.may_comment:
        return
    with reading(app_engine()) as db:
        allowed_video(db, claims, video_id)
        if find_annotation(db, video_id=video_id, user_id=claims.user_id):
            return
    with session(app_engine()) as writing:
        ensure_annotation(writing, video_id=video_id, user_id=claims.user_id)


@answered
def proposals(request: Request) -> Response:
    """?run= -> {id, model_id, model_name, person, proposals}, as `run` in the timeline."""
    claims = read(request, app_settings())
    with reading(app_engine()) as db:
        video = allowed_video(db, claims, request.path_params["video_id"])
        run = asked_run(db, video, request.query_params.get("run"))
        classes = list_classes(db, video.project_id)
        return JSONResponse(run and _run(db, run, {kind.name: kind.id for kind in classes}))


def _run(db: Session, run: Run, class_ids: dict[str, int]) -> dict[str, Any]:
    return {
        "id": run.id,
        "model_id": run.model_id,
        "model_name": run.model.name,
        "person": run.person,
        "proposals": [
            {
                "id": proposal.id,
                "class_name": proposal.class_name,
                "class_id": class_ids.get(proposal.class_name),
                "start_frame": proposal.start_frame,
                "end_frame": proposal.end_frame,
                "score": proposal.score,
                "start_spread_s": proposal.start_spread_s,
                "end_spread_s": proposal.end_spread_s,
            }
            for proposal in list_proposals(db, run.id)
        ],
    }


def _job(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "stage": job.stage,
        "done": job.done,
        "total": job.total,
        "remaining_s": job.remaining_s,
        "message": job.message,
    }


routes: list[BaseRoute] = [
    Route("/api/videos/{video_id:int}/timeline", timeline),
    Route("/api/videos/{video_id:int}/proposals", proposals),
]
