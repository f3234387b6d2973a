"""The project's videos: import them, watch the jobs that work on them, open them."""

import html
from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from sqlalchemy.orm import Session

from db import jobs as job_rows
from db.engine import reading, session
from db.models import Job
from db.patients import PatientError, list_patients
from db.videos import VideoRowError, set_importing
from review_app import demo
from review_app.api import tokens
from review_app.context import Context, current
from review_app.importing import importer
from review_app.importing.arrivals import patient_of
from review_app.importing.inbox import FolderError, FoundFile, allowed_folders, find_videos
from review_app.jobs import job_queue
from review_app.navigation import REVIEW, page
from review_app.plain_text import plain
from review_app.preset_choice import change_preset, preset_in_use
from review_app.units import file_size
from review_app.upload.component import drop_zone
from review_app.video_rows import Action, Row, project_rows

ON_A_PAGE = 12
SEARCH_FROM = 6
#: The open dialog, in st.session_state.library_dialog; or the id of a video.
FOLDER, PRESET = "folder", "preset"

STYLE = """<style>
.stMainBlockContainer { padding-top: 2.5rem; }
.video-name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.video-about { opacity: .72; font-size: .87em; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; font-variant-numeric: tabular-nums; }
.video-message { font-size: .87em; margin-top: .15em; opacity: .85; }
.video-message.serious { color: var(--st-red-text-color, #d1495b); opacity: 1; }
.video-blank { aspect-ratio: 16 / 9; border-radius: .4rem; display: grid; place-items: center;
  background: color-mix(in srgb, currentColor 8%, transparent); opacity: .6;
  font: 1.6rem "Material Symbols Rounded"; user-select: none; }
[class*="st-key-review_"] a { background: #0f766e; padding: 0.45rem 0.8rem; }
[class*="st-key-review_"] a:hover { filter: brightness(0.92); }
[class*="st-key-review_"] a p { color: #fff !important; font-weight: 400; }
[class*="st-key-review_"] a > span:has([data-testid="stIconMaterial"]) { display: none; }
.st-key-videos [data-stale="true"] { opacity: 1 !important; transition: none !important; }
.st-key-videos [data-testid="stImage"] img { aspect-ratio: 16 / 9; object-fit: cover;
  border-radius: .4rem; background: #0c0f13; }
</style>"""


def show_import(context: Context) -> None:
    """The drop zone, and the way to files that are on this machine already."""
    with reading(context.engine) as db:
        patients = [
            (patient.id, patient.pseudonym) for patient in list_patients(db, context.project.id)
        ]
    drop_zone(
        token=tokens.issue(
            context.settings,
            user_id=context.user.id,
            project_id=context.project.id,
            video_id=None,
            role=context.user.role,
        ),
        project_id=context.project.id,
        patients=patients,
        largest_gb=context.settings.max_video_gb,
        on_imported=lambda: None,
    )
    with st.container(horizontal=True, horizontal_alignment="right", gap="medium"):
        if st.button(
            f"Preset {preset_in_use(context).name}", icon=":material/tune:", type="tertiary"
        ):
            st.session_state.library_dialog = PRESET
        if st.button(
            "Import from a folder on the server", icon=":material/folder:", type="tertiary"
        ):
            st.session_state.library_dialog = FOLDER
    if st.session_state.get("library_dialog") == FOLDER:
        import_from_folder(context, [pseudonym for _, pseudonym in patients])
    if st.session_state.get("library_dialog") == PRESET:
        choose_preset(context)


def close_dialog() -> None:
    st.session_state.pop("library_dialog", None)


@st.dialog("Preset for new proposals", width="medium", on_dismiss=close_dialog)
def choose_preset(context: Context) -> None:
    """The preset of the project; versions of it are chosen on the training page."""
    if change_preset(context, key="library_preset"):
        close_dialog()
        st.rerun()
    st.caption("Videos that have proposals keep them until you propose again.")


@st.dialog("Import from a folder", width="medium", on_dismiss=close_dialog)
def import_from_folder(context: Context, pseudonyms: Sequence[str]) -> None:
    """Files of this machine, all of one patient."""
    folders = allowed_folders(context.settings)
    st.write("Put videos into this folder on the machine that runs the application, then choose.")
    folder = st.selectbox("Folder", folders, format_func=str)
    try:
        found = find_videos(context.settings, folder) if folder is not None else []
    except FolderError as error:
        st.error(plain(str(error)))
        return
    if not found:
        st.info("There are no videos in this folder.")
        return
    chosen = st.multiselect(
        "Videos",
        found,
        default=found,
        format_func=lambda f: f"{f.name} ({file_size(f.size_bytes)})",
    )
    patient = st.selectbox(
        "Patient in all of them",
        pseudonyms,
        index=None,
        placeholder="Choose, or type a new pseudonym",
        accept_new_options=True,
    )
    words = "Import video" if len(chosen) == 1 else f"Import {len(chosen)} videos"
    if st.button(words, type="primary", disabled=not (chosen and patient)) and patient:
        try:
            bring_in(context, chosen, patient)
        except PatientError as error:
            st.error(plain(str(error)))
            return
        close_dialog()
        st.rerun()


def bring_in(context: Context, chosen: Sequence[FoundFile], patient: str) -> None:
    """Queues a job for each file, which copies it; what is wrong with one is said on its row."""
    with session(context.engine) as db:
        patient_id = patient_of(db, context.project.id, patient)
        for file in chosen:
            job_queue.enqueue_file(
                context.settings,
                db,
                file.path,
                project_id=context.project.id,
                patient_id=patient_id,
                user_id=context.user.id,
            )


def show_videos(context: Context) -> None:
    """The list; drawn again every second while anything is under way."""
    lines = current_rows(context)
    for line in lines:
        asked = line.video is not None and st.session_state.get("library_dialog") == line.video.id
        if asked and context.user.may_edit:
            confirm_delete(context, line)
    busy = any(line.share is not None for line in lines)
    st.fragment(list_of_videos, run_every=1.0 if busy else 5.0)(context, busy)


def current_rows(context: Context) -> list[Row]:
    with reading(context.engine) as db:
        return project_rows(db, context.project.id)


def list_of_videos(context: Context, was_busy: bool) -> None:
    """One page of the list."""
    lines = current_rows(context)
    if any(line.share is not None for line in lines) != was_busy:
        st.rerun()
    if not lines:
        st.info(
            "This project has no videos yet. Drop the first ones above.",
            icon=":material/video_library:",
        )
        return
    lines = wanted(lines) if len(lines) >= SEARCH_FROM else lines
    with st.container(key="videos", gap="small"):
        pages = -(-len(lines) // ON_A_PAGE)
        place = st.container()
        at = st.pagination(pages, key="library_page") if pages > 1 else 1
        with place:
            for line in lines[(at - 1) * ON_A_PAGE : at * ON_A_PAGE]:
                show_row(context, line)


def wanted(lines: list[Row]) -> list[Row]:
    """Those whose name or patient holds what was typed."""
    typed = st.text_input(
        "Search",
        placeholder="Search by name or patient",
        icon=":material/search:",
        label_visibility="collapsed",
        key="library_search",
    )
    words = (typed or "").casefold().split()
    found = [
        line
        for line in lines
        if all(word in f"{line.name} {line.about}".casefold() for word in words)
    ]
    if not found:
        st.caption("No video matches.")
    return found


def show_row(context: Context, line: Row) -> None:
    with st.container(border=True):
        picture, about, state, buttons = st.columns(
            [1.5, 4.6, 3, 2.2], vertical_alignment="center", gap="medium"
        )
        with picture:
            poster = poster_of(context, line)
            if poster is not None:
                st.image(str(poster), width="stretch", alt=f"Picture of {line.name}")
            else:
                st.html('<div class="video-blank" aria-hidden="true">movie</div>')
        with about:
            st.html(described(line))
        with state:
            if line.share is not None:
                st.progress(line.share, text=line.progress)
            else:
                st.badge(line.state, color=line.colour)  # type: ignore[arg-type]
        with (
            buttons,
            st.container(
                horizontal=True,
                horizontal_alignment="right",
                vertical_alignment="center",
                gap="small",
            ),
        ):
            show_actions(context, line)


def poster_of(context: Context, line: Row) -> Path | None:
    if line.video is None or line.video.state != "ready":
        return None
    poster = importer.files(context.settings, line.video.sha256).poster
    return poster if poster.exists() else None


def described(line: Row) -> str:
    name = html.escape(line.name)
    parts = [
        f'<div class="video-name" title="{name}">{name}</div>',
        f'<div class="video-about">{html.escape(line.about)}</div>',
    ]
    if line.message:
        kind = "video-message serious" if line.serious else "video-message"
        parts.append(f'<div class="{kind}">{html.escape(line.message)}</div>')
    return "".join(parts)


def show_actions(context: Context, line: Row) -> None:
    """Opening and cancelling as buttons, what is wanted less often in a menu."""
    in_menu = []
    for action in line.actions:
        key = f"{action.name}_{line.key}"
        if action != Action.REVIEW and not context.user.may_edit:
            continue
        if action == Action.REVIEW:
            show_link(line)
            continue
        elif action == Action.CANCEL:
            pressed = st.button(
                "",
                key=key,
                icon=":material/close:",
                type="tertiary",
                help="Cancel",
                disabled=line.job is not None and line.job.cancel_requested,
            )
        elif action == Action.RETRY and Action.REVIEW not in line.actions:
            pressed = st.button(str(action), key=key)
        else:
            in_menu.append(action)
            continue
        if pressed:
            act(context, line, action)
    if in_menu:
        chosen = st.menu_button("More", in_menu, type="tertiary", key=f"menu_{line.key}")
        if chosen is not None:
            act(context, line, chosen)


def show_link(line: Row) -> None:
    """The way to the review page, which the browser goes by itself.

    `st.switch_page` within the list, which draws itself again every second, can leave an empty
    page: what was meant for the list arrives on the next page.
    """
    if line.video is not None:
        with st.container(key=f"review_{line.key}", width="content"):
            st.page_link(
                page(REVIEW),
                label=str(Action.REVIEW),
                query_params={"video": str(line.video.id)},
            )


def act(context: Context, line: Row, action: Action) -> None:
    if not context.user.may_edit:
        return
    if line.video is not None and action == Action.DELETE:
        st.session_state.library_dialog = line.video.id
        st.rerun()
    with session(context.engine) as db:
        if action == Action.CANCEL and line.job is not None:
            job_queue.cancel(context.settings, db, line.job.id)
        elif line.video is None and line.job is not None:
            act_on_coming(context, db, line.job, action)
        elif line.video is not None and line.video.state != "ready":
            set_importing(db, line.video.id)
            job_queue.enqueue_import(context.settings, db, line.video.id, context.user.id)
        elif line.video is not None:
            job_queue.enqueue_propose(context.settings, db, line.video.id, None, context.user.id)
    st.rerun()


def act_on_coming(context: Context, db: Session, job: Job, action: Action) -> None:
    """A recording that did not come is tried again, or its line is taken away."""
    if "demo" in job.settings:
        demo.create(db, context.settings, context.user.id)
        return
    job_rows.forget(db, job.id)
    if action == Action.RETRY:
        job_queue.enqueue_file(
            context.settings,
            db,
            Path(job.settings["file"]),
            project_id=context.project.id,
            patient_id=job.settings["patient_id"],
            user_id=context.user.id,
        )


@st.dialog("Delete this video?", on_dismiss=close_dialog)
def confirm_delete(context: Context, line: Row) -> None:
    st.html(described(line))
    st.write(
        "The recording and its proposals are removed from this machine. The file it was imported "
        "from is not touched."
    )
    if st.button("Delete", type="primary", icon=":material/delete:") and line.video is not None:
        try:
            importer.remove_video(context.settings, context.engine, line.video)
        except VideoRowError as error:
            st.error(plain(str(error)))
            return
        close_dialog()
        st.rerun()


st.html(STYLE)
here = current()
st.title("Videos")
if here.user.may_edit:
    show_import(here)
else:
    st.caption("Your role may look at the videos and labels, but not import, process or delete.")
show_videos(here)
