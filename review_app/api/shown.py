"""Which video and which proposals a request is about."""

from sqlalchemy.orm import Session

from db.model_versions import active_model
from db.models import Run, Video
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
