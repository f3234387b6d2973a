"""The review desk: one recording, what the model proposes and what a person makes of it."""

from collections.abc import Sequence

import streamlit as st

from db import jobs as job_rows
from db.engine import reading, session
from db.model_versions import active_model, list_versions
from db.models import Job, Model, Run, Video
from db.runs import latest_run
from db.videos import get_video, list_videos
from review_app.api import tokens
from review_app.api.shown import run_to_show
from review_app.context import Context, current
from review_app.jobs.job_queue import cancel, enqueue_propose
from review_app.navigation import LIBRARY, page
from review_app.plain_text import plain
from review_app.preset_models import version_problem
from review_app.progress_text import progress_text, share
from review_app.timeline.component import review_desk

# The desk fills the window: no room is given away around it.
_LAYOUT = """<style>
.stMainBlockContainer { padding: 0.9rem 1.25rem 0; }
.stMainBlockContainer [data-testid="stVerticalBlock"] { gap: 0.5rem; }
[data-testid="stHeader"] { background: transparent; pointer-events: none; }
[data-testid="stHeader"] * { pointer-events: auto; }
[data-stale="true"] { opacity: 1 !important; }
.stApp:has([data-testid="stExpandSidebarButton"]) .st-key-review_bar { padding-left: 2.6rem; }
</style>"""


def choose_video(videos: Sequence[Video]) -> int:
    """The video of the address (?video=3), which follows the box and the other way round."""
    names = {video.id: f"{video.original_name} · {video.patient.pseudonym}" for video in videos}
    asked = st.query_params.get("video", "")
    if asked.isdecimal() and int(asked) in names:
        st.session_state.review_video = int(asked)
    elif st.session_state.get("review_video") not in names:
        st.session_state.review_video = videos[0].id

    def follow() -> None:
        st.query_params["video"] = str(st.session_state.review_video)

    return st.selectbox(
        "Recording",
        list(names),
        format_func=names.__getitem__,
        key="review_video",
        on_change=follow,
        label_visibility="collapsed",
    )


def choose_model(models: Sequence[Model], shown: Run | None) -> int | None:
    """Whose proposals are shown, among the versions that have looked at this video."""
    names = {model.id: f"Proposals of {model.name}" for model in models}
    if not names:
        return None
    return st.selectbox(
        "Proposals",
        list(names),
        index=list(names).index(shown.model_id) if shown and shown.model_id in names else 0,
        format_func=names.__getitem__,
        label_visibility="collapsed",
    )


def propose(context: Context, video_id: int) -> None:
    with session(context.engine) as db:
        enqueue_propose(context.settings, db, video_id, None, context.user.id)


@st.fragment(run_every=1.0)
def job_progress(context: Context, job_id: str) -> None:
    """How far the job is; when it ends, the page is drawn again."""
    with reading(context.engine) as db:
        job = job_rows.get(db, job_id)
    if job is None or job.state in job_rows.ENDED:
        st.rerun()
    progress, stop = st.columns([8, 1], vertical_alignment="center")
    progress.progress(share(job), text=progress_text(job))
    possible = context.user.may_edit and not job.cancel_requested
    if stop.button("Cancel", disabled=not possible, width="stretch") and possible:
        with session(context.engine) as db:
            cancel(context.settings, db, job_id)


def show_video_state(context: Context, video: Video, job: Job | None, run: Run | None) -> bool:
    """What is going on with the video; whether there is anything to review."""
    if job is not None and job.state not in job_rows.ENDED:
        job_progress(context, job.id)
    elif video.state == "failed":
        st.error(plain(video.message or "This video could not be read."), icon=":material/error:")
    elif video.state == "importing":
        st.warning("The import of this video was interrupted. Start it again on the page Videos.")
    elif run is None or (job is not None and job.state == "failed"):
        words, again = st.columns([8, 1], vertical_alignment="center")
        failed = job is not None and job.state == "failed"
        if job is not None and failed:
            words.error(
                plain(job.message or "No proposals could be made."), icon=":material/error:"
            )
        else:
            words.info("There are no proposals yet; you can label by hand.")
        may_edit = context.user.may_edit
        asked = "Try again" if failed else "Propose"
        pressed = again.button(asked, type="primary", width="stretch", disabled=not may_edit)
        if pressed and may_edit:
            propose(context, video.id)
            st.rerun()
    return video.state == "ready"


context = current()
st.html(_LAYOUT)
with reading(context.engine) as db:
    videos = list_videos(db, context.project.id)
if not videos:
    st.info("This project has no videos yet.")
    st.page_link(page(LIBRARY), label="Import videos", icon=LIBRARY.icon)
    st.stop()

bar = st.container(key="review_bar")
left, middle, right = bar.columns([5, 4, 1.4], vertical_alignment="center")
with left:
    video_id = choose_video(videos)
with reading(context.engine) as db:
    video = get_video(db, video_id)
    assert video is not None
    job = job_rows.latest_for_video(db, video_id)
    shown = run_to_show(db, video, None)
    active = active_model(db, context.project.id)
    models = [
        model
        for model in list_versions(db, context.project.id)
        if latest_run(db, video_id, model.id) is not None
    ]
with middle:
    model_id = choose_model(models, shown)
with right:
    may_edit = context.user.may_edit
    working = job is not None and job.state not in job_rows.ENDED
    problem = version_problem(context.settings, active) if active else "There is no model."
    if st.button(
        "Propose again",
        disabled=working or video.state != "ready" or bool(problem) or not may_edit,
        help=problem or (f"Make new proposals with {active.name}" if active else None),
        width="stretch",
    ):
        propose(context, video_id)
        st.rerun()

if show_video_state(context, video, job, shown):
    review_desk(
        video_id=video_id,
        user_id=context.user.id,
        model_id=model_id,
        token=tokens.issue(
            context.settings,
            user_id=context.user.id,
            project_id=context.project.id,
            video_id=video_id,
            role=context.user.role,
        ),
        can_edit=may_edit,
        seen=f"{job.id} {job.state}" if job else "",
        on_news=lambda: None,
    )
