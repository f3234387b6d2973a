"""Which video, which layer and which proposals a request is about."""

from sqlalchemy.orm import Session

from db.annotations import get_annotation
from db.model_versions import active_model
from db.models import Annotation, Run, Video
from db.runs import latest_run
from db.videos import get_video
from review_app.api.answers import Refusal
from review_app.api.tokens import Claims

LARGEST_ID = 2**31 - 1  # what an integer column holds on every database


def allowed_video(db: Session, claims: Claims, video_id: int) -> Video:
    """The video, when the token covers it; Refusal 403 or 404 otherwise."""
    if claims.video_id not in (None, video_id):
        raise Refusal(403, "This page was opened for another video. Reload it.")
    video = get_video(db, video_id) if video_id <= LARGEST_ID else None
    if video is None or video.project_id != claims.project_id:
        raise Refusal(404, "There is no such video in this project.")
    return video


def allowed_layer(db: Session, claims: Claims, annotation_id: int) -> tuple[Annotation, Video]:
    """The layer and its video, when the token covers the video; Refusal 403 or 404 otherwise."""
    annotation = get_annotation(db, annotation_id) if annotation_id <= LARGEST_ID else None
    if annotation is None:
        raise Refusal(404, "There is no such annotation.")
    return annotation, allowed_video(db, claims, annotation.video_id)


def layer_to_change(db: Session, claims: Claims, annotation_id: int) -> tuple[Annotation, Video]:
    """A layer the person may change: their own, or the result when they are an editor.

    Refusal 403 or 404 otherwise. What may be changed in it is the caller's question.
    """
    annotation, video = allowed_layer(db, claims, annotation_id)
    if annotation.kind == "result" and not claims.may_edit:
        raise Refusal(403, "Your role may look at the result but not change it.")
    if annotation.kind == "own" and annotation.user_id != claims.user_id:
        raise Refusal(403, "These labels belong to somebody else.")
    return annotation, video


def run_to_show(db: Session, video: Video, model_id: int | None) -> Run | None:
    """The newest run of the wanted model; without a wish, of the project's, else of any."""
    if model_id is not None:
        return latest_run(db, video.id, model_id)
    active = active_model(db, video.project_id)
    of_active = latest_run(db, video.id, active.id) if active else None
    return of_active or latest_run(db, video.id)


def asked_run(db: Session, video: Video, run_id: str | None) -> Run | None:
    """The run a request names; without a name, the one the desk shows by itself. Refusal 404."""
    if run_id is None:
        return run_to_show(db, video, None)
    run = db.get(Run, number_of(run_id))
    if run is None or run.video_id != video.id:
        raise Refusal(404, "There are no such proposals of this video.")
    return run


def number_of(text: str) -> int:
    """An id from a query; Refusal 422 when it is none."""
    if not (text.isascii() and text.isdecimal()) or int(text) > LARGEST_ID:
        raise Refusal(422, "An id is a whole number.")
    return int(text)
