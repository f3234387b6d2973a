"""Training: what is labelled, a new model version from it, and which version proposes."""

from collections.abc import Sequence

import streamlit as st

from db import jobs as job_rows
from db import model_versions, projects, runs, snapshots, users, videos
from db.engine import reading, session
from db.models import SPLITS, Job, Model, Video
from review_app.context import Context, current
from review_app.jobs import job_queue
from review_app.navigation import REVIEW, page
from review_app.plain_text import plain
from review_app.preset_choice import change_preset
from review_app.preset_models import version_problem
from review_app.progress_text import progress_text, share
from review_app.timeline.unsent import unsent_edits
from review_app.titles import title_of
from review_app.training import charts, labelled, versions

MAP = "Mean average precision over tIoU 0.3 to 0.7, on the videos named beside it. 1 is perfect."
AP_COLUMNS = {
    "before": st.column_config.NumberColumn(format="%.2f"),
    "after": st.column_config.NumberColumn(format="%.2f"),
}


def show_labels(gathered: labelled.Gathered) -> None:
    """How much is labelled, per class and per patient."""
    st.subheader("What is labelled")
    repetitions = gathered.repetitions()
    if not gathered.layers:
        st.info(
            "Nothing is labelled in this project yet. Open a video on the review page, accept or "
            "draw repetitions, and mark what you have looked at as finished. The picture of what "
            "you have grows here.",
            icon=":material/label:",
        )
        st.page_link(page(REVIEW), label="Go to the review page")
        return
    finished = sum(patient.finished_s for patient in gathered.patients)
    recorded = sum(patient.recorded_s for patient in gathered.patients)
    all_videos = sum(patient.videos for patient in gathered.patients)
    numbers = st.columns(4)
    numbers[0].metric("Repetitions", repetitions.total(), border=True)
    numbers[1].metric("Labelled videos", f"{len(gathered.layers)} of {all_videos}", border=True)
    with_labels = sum(patient.labelled_videos > 0 for patient in gathered.patients)
    numbers[2].metric("Patients", f"{with_labels} of {len(gathered.patients)}", border=True)
    numbers[3].metric(
        "Finished minutes", f"{finished / 60:.1f} of {recorded / 60:.1f}", border=True
    )
    left, right = st.columns([3, 2])
    with left:
        st.markdown("**Repetitions per class**")
        st.plotly_chart(
            charts.repetitions_by_class(gathered),
            config=charts.CONFIG,
            key="repetitions_by_class",
            alt="Labelled repetitions per class",
        )
    with right:
        st.markdown("**Finished minutes per patient**")
        st.plotly_chart(
            charts.minutes_by_patient(gathered),
            config=charts.CONFIG,
            key="minutes_by_patient",
            alt="Finished minutes per patient",
        )
    with st.expander("The same as tables", icon=":material/table:"):
        classes, patients = st.tabs(["Classes", "Patients"])
        classes.dataframe(
            [
                {"class": title_of(name)} | {split: repetitions[name, split] for split in SPLITS}
                for name in gathered.classes
            ],
            hide_index=True,
        )
        patients.dataframe(
            [
                {
                    "patient": patient.pseudonym,
                    "split": patient.split,
                    "videos": patient.videos,
                    "labelled videos": patient.labelled_videos,
                    "repetitions": patient.repetitions,
                    "finished minutes": round(patient.finished_s / 60, 1),
                    "recorded minutes": round(patient.recorded_s / 60, 1),
                }
                for patient in gathered.patients
            ],
            hide_index=True,
        )


def show_start(
    here: Context,
    gathered: labelled.Gathered,
    known: Sequence[Model],
    running: Job | None,
    problems: dict[int, str],
) -> None:
    """Settings and the button that starts a training."""
    st.subheader("Train a new version")
    impossible = labelled.problem(gathered)
    if not gathered.layers:
        st.caption("As soon as something is labelled, a training can be started here.")
        return
    if impossible is not None:
        st.info(impossible, icon=":material/info:")
    else:
        notes = labelled.remarks(gathered)
        if notes:
            st.markdown("\n".join(f"- {plain(note)}" for note in notes))
    by_id: dict[int | None, str] = {m.id: m.name for m in known if m.id not in problems}
    options = [*by_id, None]
    active = versions.active_id(here.project.active_model_id, known)
    parent, epochs, seed = st.columns([2, 1, 1])
    parent_id = parent.selectbox(
        "Start from",
        options,
        index=options.index(active) if active in options else 0,
        format_func=lambda model_id: by_id.get(model_id, "nothing (new weights)"),
        help="A version that already knows something needs far fewer labels. New weights make "
        "sense only with many labelled videos; they are for the preset in use.",
        key="train_parent",
    )
    wanted = epochs.number_input(
        "Epochs",
        min_value=1,
        max_value=1000,
        value=None,
        placeholder="automatic",
        help="How often all labels are gone through. Empty: as often as suits how many there are. "
        "The epoch that is best on the validation videos is kept.",
        key="train_epochs",
    )
    chosen_seed = seed.number_input(
        "Seed",
        min_value=0,
        max_value=2**31 - 1,
        value=0,
        help="The same labels, settings and seed give the same model again.",
        key="train_seed",
    )
    possible = impossible is None and running is None and here.user.may_edit
    started = st.button(
        "Start training",
        type="primary",
        icon=":material/model_training:",
        disabled=not possible,
        help="A training is under way." if running is not None else None,
    )
    if started and possible:
        wishes = {"parent_id": parent_id, "epochs": wanted, "seed": int(chosen_seed)}
        with session(here.engine) as db:
            job_queue.enqueue_train(here.settings, db, here.project.id, here.user.id, wishes)
        st.rerun()


def show_job(here: Context, was_running: bool) -> None:
    """The newest training: progress and curves while it runs, and how it ended."""
    with reading(here.engine) as db:
        job = job_rows.latest_of_kind(db, here.project.id, "train")
        version = model_versions.get_model(db, job.model_id) if job and job.model_id else None
    if job is None:
        return
    running = job.state in job_rows.ACTIVE
    if was_running and not running:
        st.rerun()  # the list of versions has changed
    with st.container(border=True):
        if running:
            text, stop = st.columns([5, 1], vertical_alignment="center")
            text.progress(share(job), text=progress_text(job))
            stop.button(
                "Stopping …" if job.cancel_requested else "Cancel",
                icon=":material/stop_circle:",
                disabled=job.cancel_requested or not here.user.may_edit,
                width="stretch",
                key="cancel_training",
                on_click=cancel_training,
                args=(here, job.id),
            )
        elif job.state == "done" and version is not None:
            st.success(plain(versions.result_line(version)), icon=":material/check_circle:")
        elif job.state == "cancelled":
            st.info("The last training was cancelled; nothing was changed.", icon=":material/info:")
        else:
            st.error(plain(job.message or "The last training failed."))
        show_curves(job)


def cancel_training(here: Context, job_id: str) -> None:
    if here.user.may_edit:
        with session(here.engine) as db:
            job_queue.cancel(here.settings, db, job_id)


def show_curves(job: Job) -> None:
    if not job.metrics:
        if job.state == "running":
            st.caption("The curves appear after the first epoch.")
        return
    left, right = st.columns(2)
    left.plotly_chart(
        charts.loss_curve(job.metrics),
        config=charts.CONFIG,
        key="loss_curve",
        alt="Loss per epoch",
    )
    if any(row.get("validation_map") is not None for row in job.metrics):
        right.plotly_chart(
            charts.quality_curve(job.metrics),
            config=charts.CONFIG,
            key="quality_curve",
            alt="Validation mAP per epoch",
        )
    else:
        right.caption("No validation curve: no patient of the validation split is labelled.")


def show_details(here: Context, model: Model, hashes: dict[int, str]) -> None:
    """Where a version comes from, how it was trained and what it is good at."""
    with reading(here.engine) as db:
        line = model_versions.lineage(db, model.id)
    with st.expander(f"About {plain(model.name)}", icon=":material/info:"):
        st.write(" ← ".join(plain(step.name) for step in line))
        for words in (versions.settings_line(model), versions.boundary_line(model)):
            if words:
                st.write(plain(words))
        origin = f"Weights {model.sha256[:16]}"
        if model.snapshot_id in hashes:
            origin += f" · labels {hashes[model.snapshot_id][:16]}"
        st.caption(origin)
        for warning in model.metrics.get("warnings", []):
            st.warning(plain(warning), icon=":material/warning:")
        left, right = st.columns(2)
        rows = versions.class_table(model)
        if rows:
            left.markdown("**Average precision at tIoU 0.5**")
            left.dataframe(rows, hide_index=True, column_config=AP_COLUMNS)
        epochs = model.metrics.get("epochs", [])
        if epochs:
            right.markdown("**Training**")
            right.plotly_chart(
                charts.loss_curve(epochs),
                config=charts.CONFIG,
                key=f"loss_curve_{model.id}",
                alt="Loss per epoch",
            )


def show_preset(here: Context) -> None:
    """Which networks propose in this project, and choosing others."""
    st.subheader("Preset")
    if change_preset(here, key="preset"):
        st.rerun()


def show_versions(here: Context, known: Sequence[Model], problems: dict[int, str]) -> None:
    """All versions, the one in use, and proposing again with it."""
    st.subheader("Versions")
    if not known:
        st.info(
            "There is no model yet: the shipped weights are missing from the folder “weights”. "
            "`rehab-review doctor` says what else is missing.",
            icon=":material/info:",
        )
        return
    with reading(here.engine) as db:
        names = {user.id: user.name for user in users.list_users(db)}
        hashes = snapshots.snapshot_hashes(db, here.project.id)
        ready = [v for v in videos.list_videos(db, here.project.id) if v.state == "ready"]
        latest = runs.latest_models(db, here.project.id)
    active = versions.active_id(here.project.active_model_id, known)
    st.dataframe(
        versions.table(known, active, names, st.context.timezone),
        hide_index=True,
        placeholder="",
        column_config={
            "in use": st.column_config.CheckboxColumn(width="small"),
            "mAP before": st.column_config.NumberColumn(format="%.3f", help=MAP),
            "mAP after": st.column_config.NumberColumn(format="%.3f", help=MAP),
        },
    )
    by_id = {model.id: model for model in known}
    choice, use = st.columns([3, 1], vertical_alignment="bottom")
    chosen = choice.selectbox(
        "Version for new proposals",
        list(by_id),
        index=list(by_id).index(active) if active in by_id else 0,
        format_func=lambda model_id: versions.label(
            by_id[model_id], active, usable=model_id not in problems
        ),
        help="New proposals are made with this version. Labels never change by it.",
        key="chosen_version",
    )
    usable = chosen != active and chosen not in problems and here.user.may_edit
    used = use.button(
        "Use this version",
        type="primary",
        disabled=not usable,
        width="stretch",
        help="It is already in use." if chosen == active else None,
    )
    if used and usable:
        with session(here.engine) as db:
            projects.choose_model(db, here.project.id, chosen)
        st.rerun()
    for problem in dict.fromkeys(problems.get(each or 0) for each in (active, chosen)):
        if problem:
            st.warning(plain(problem), icon=":material/history:")
    if chosen in by_id:
        show_details(here, by_id[chosen], hashes)
    if ready and active not in problems:
        show_propose_again(here, ready, latest, active, by_id)


def show_propose_again(
    here: Context,
    ready: Sequence[Video],
    latest: dict[int, int],
    active: int | None,
    by_id: dict[int, Model],
) -> None:
    """Choose videos and queue proposals of the version in use."""
    with reading(here.engine) as db:
        busy = {job.video_id for job in job_rows.active(db, here.project.id)}
    old = [video.id for video in ready if video.id not in busy and latest.get(video.id) != active]
    file_names = {video.id: video.original_name for video in ready}
    again, start = st.columns([3, 1], vertical_alignment="bottom")
    wanted = again.multiselect(
        f"Propose again with {plain(by_id[active].name) if active in by_id else 'the model'}",
        list(file_names),
        default=old,
        format_func=file_names.__getitem__,
        placeholder="Choose videos",
        help="Videos whose newest proposals are of another version are chosen already. "
        "Proposals are suggestions beside your labels; they change none of them.",
        key=f"again_{active}_{old}",
    )
    possible = bool(wanted) and here.user.may_edit
    words = f"Propose again ({len(wanted)})"
    started = start.button(words, disabled=not possible, width="stretch", key="propose")
    if started and possible:
        with session(here.engine) as db:
            for video_id in wanted:
                job_queue.enqueue_propose(here.settings, db, video_id, active, here.user.id)
        st.toast(f"Queued: {len(wanted)} of {len(ready)} videos.", icon=":material/check:")
        st.rerun()
    waiting = sum(video.id in busy for video in ready)
    if waiting:
        st.caption(f"Being worked on: {waiting} of {len(ready)} videos. The Videos page follows.")


here = current()
with reading(here.engine) as db:
    gathered = labelled.gather(db, here.settings, here.project.id)
    known = model_versions.list_versions(db, here.project.id)
    newest = job_rows.latest_of_kind(db, here.project.id, "train")
problems = {m.id: words for m in known if (words := version_problem(here.settings, m))}
running = newest if newest is not None and newest.state in job_rows.ACTIVE else None

st.title("Training")
unsent_edits()
if not here.user.may_edit:
    st.caption("Your role may look at versions and labels, but not train, choose or propose.")
show_labels(gathered)
show_start(here, gathered, known, running, problems)
st.fragment(show_job, run_every=1.0 if running else None)(here, running is not None)
show_preset(here)
show_versions(here, known, problems)
