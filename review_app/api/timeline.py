"""What the review desk opens with: the video, its classes, the labels and the proposals."""

from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from db import jobs as job_rows
from db.annotations import (
    as_json,
    ensure_annotation,
    find_annotation,
    last_edited,
    list_annotations,
)
from db.engine import reading, session
from db.models import Job, Run
from db.projects import list_classes, list_tiers
from db.runs import list_proposals
from review_app.api.answers import answered
from review_app.api.pose import people_in
from review_app.api.shown import allowed_video, number_of, run_to_show
from review_app.api.tokens import Claims, read
from review_app.process import app_engine, app_settings
from review_app.titles import title_of


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
            "classes": [
                {
                    "id": kind.id,
                    "tier_id": kind.tier_id,
                    "name": kind.name,
                    "title": title_of(kind.name),
                    "colour": kind.colour,
                    "key": kind.key,
                }
                for kind in classes
            ],
            "tiers": [
                {"id": tier.id, "name": tier.name} for tier in list_tiers(db, video.project_id)
            ],
            "annotation": _annotation(db, claims, video_id),
            "run": run and _run(db, run, {kind.name: kind.id for kind in classes}),
            "people": people_in(app_settings(), run),
            "job": job and _job(job),
        }
    return JSONResponse(answer)


def _make_annotation(claims: Claims, video_id: int) -> None:
    """Everyone who may edit has a layer of their own, from the first look on."""
    if not claims.may_edit:
        return
    with reading(app_engine()) as db:
        allowed_video(db, claims, video_id)
        if find_annotation(db, video_id=video_id, user_id=claims.user_id):
            return
    with session(app_engine()) as writing:
        ensure_annotation(writing, video_id=video_id, user_id=claims.user_id)


def _annotation(db: Session, claims: Claims, video_id: int) -> dict[str, Any]:
    """The person's own layer; who may only look sees the one that was worked on last."""
    if claims.may_edit:
        own = find_annotation(db, video_id=video_id, user_id=claims.user_id)
        if own is not None:
            return as_json(db, own.id)
    edited = [(last_edited(db, layer.id), layer.id) for layer in list_annotations(db, video_id)]
    worked_on = [(when, layer_id) for when, layer_id in edited if when is not None]
    if worked_on:
        return as_json(db, max(worked_on)[1])
    return {"id": 0, "revision": 0, "finished": [], "segments": []}


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


routes: list[BaseRoute] = [Route("/api/videos/{video_id:int}/timeline", timeline)]
