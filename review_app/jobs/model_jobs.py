"""Workflows of the models queue: propose on one video; retrain the localizer."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from dbos import DBOS

from db import runs
from db.engine import reading, session
from db.model_versions import active_model
from db.models import Job, Model, Video
from inference import presets
from inference.features.track import FeatureTrack
from inference.localize.proposal import Proposal
from inference.pipeline import Pipeline
from inference.pose.people import People, Sighting
from inference.progress import Progress
from inference.video.clock import seconds_to_frames
from inference.video.index import VideoIndex
from inference.video.probe import load_index
from review_app.importing import importer
from review_app.jobs import loaded_models
from review_app.jobs.reporting import JobFailed, Reporter, guarded
from review_app.jobs.run import run_job
from review_app.process import app_engine, app_settings
from review_app.training import retrain

FIND = "Finding people"
REFINE = "Following the patient"
EXTRACT = "Reading the movement"
LOCALIZE = "Locating repetitions"

#: The stages of proposing, with how long each takes compared with the others.
SHARES = {FIND: 4.0, REFINE: 3.0, EXTRACT: 1.5, LOCALIZE: 0.2}

torch.set_num_threads(app_settings().threads)


@dataclass(frozen=True, eq=False)
class Task:
    """What a stage of proposing works on. folder: where the artefacts of all videos are."""

    job: Job
    video: Video
    model: Model
    path: Path
    index: VideoIndex
    folder: Path
    pipeline: Pipeline

    def person(self) -> int:
        """The patient chosen on the review page, else the one who looks most like it."""
        people = self.pipeline.find(self.path, self.index, self.folder)
        return patient(people, self.job.settings["person"], self.job.settings.get("person_seen"))


@DBOS.workflow(name="propose", max_recovery_attempts=10)
def propose(job_id: str) -> str:
    """The three stages on one video; the proposals are stored as a run of one model version."""
    return run_job(job_id, [choose, find, refine, extract, localize])


@DBOS.step(name="choose")
def choose(job_id: str) -> None:
    """Settle the model version and the person, so that a resumed job goes on with the same."""
    with session(app_engine()) as db:
        job = db.get_one(Job, job_id)
        video = db.get_one(Video, job.video_id)
        if video.state != "ready":
            raise JobFailed("This video could not be read, so nothing can be proposed for it.")
        if job.model_id is None:
            model = active_model(db, job.project_id)
            if model is None:
                raise JobFailed(
                    "There is no model to propose with: the folder weights/ of the installation "
                    "is incomplete. Restore it and start Rehab Review again."
                )
            job.model_id = model.id
        job.settings = {
            **job.settings,
            "person": video.person,
            "person_seen": video.person_seen,
            "timings": {},
        }


@DBOS.step(name="find")
def find(job_id: str) -> None:
    def work(task: Task, progress: Progress) -> None:
        task.pipeline.find(task.path, task.index, task.folder, progress)

    _stage(job_id, FIND, work)


@DBOS.step(name="refine")
def refine(job_id: str) -> None:
    def work(task: Task, progress: Progress) -> None:
        if task.pipeline.kept_features(task.index, task.folder, task.person()) is None:
            task.pipeline.refine(task.path, task.index, task.folder, task.person(), progress)

    _stage(job_id, REFINE, work)


@DBOS.step(name="extract")
def extract(job_id: str) -> None:
    def work(task: Task, progress: Progress) -> None:
        task.pipeline.features(task.path, task.index, task.folder, task.person(), progress)

    _stage(job_id, EXTRACT, work)


@DBOS.step(name="localize")
def localize(job_id: str) -> None:
    """Stage 3, and storing what it found; the job is tied to its run, so it is stored once."""

    def work(task: Task, progress: Progress) -> None:
        person = task.person()
        began = time.perf_counter()
        proposals, _ = task.pipeline.localize(task.path, task.index, task.folder, person, progress)
        timings = {**task.job.settings["timings"], LOCALIZE: time.perf_counter() - began}
        kept = {
            "people": task.pipeline.people_path(task.index, task.folder),
            "keypoints": task.pipeline.keypoints_path(task.index, task.folder, person),
            "proposals": task.pipeline.proposals_path(task.index, task.folder, person),
        }
        with session(app_engine()) as db:
            job = db.get_one(Job, job_id)
            if "run" in job.settings:
                return
            run_id = runs.store_run(
                db,
                video_id=task.video.id,
                model_id=task.model.id,
                person=person,
                settings={
                    name: path.relative_to(task.folder).as_posix() for name, path in kept.items()
                },
                timings=timings,
                proposals=[_row(proposal, task.index) for proposal in proposals],
            )
            job.settings = {**job.settings, "run": run_id}

    _stage(job_id, LOCALIZE, work)


def _stage(job_id: str, name: str, work: Callable[[Task, Progress], None]) -> None:
    progress = Reporter(app_engine(), job_id, SHARES).stage(name)
    began = time.perf_counter()
    guarded(app_settings(), lambda: work(_task(job_id, progress), progress))
    with session(app_engine()) as db:
        job = db.get_one(Job, job_id)
        timings = {**job.settings["timings"], name: time.perf_counter() - began}
        job.settings = {**job.settings, "timings": timings}


def _task(job_id: str, progress: Progress) -> Task:
    settings = app_settings()
    with reading(app_engine()) as db:
        job = db.get_one(Job, job_id)
        video = db.get_one(Video, job.video_id)
        model = db.get_one(Model, job.model_id)
    return Task(
        job=job,
        video=video,
        model=model,
        path=settings.data_folder / video.file,
        index=load_index(importer.files(settings, video.sha256).index),
        folder=settings.artefacts,
        pipeline=loaded_models.version_pipeline(settings, model, progress),
    )


def _row(proposal: Proposal, index: VideoIndex) -> dict[str, object]:
    """A row of `proposals`: on frame boundaries, with the seconds of exactly those."""
    start, end = seconds_to_frames(index.times, proposal.start_s, proposal.end_s)
    return {
        "class_name": proposal.label,
        "start_frame": start,
        "end_frame": end,
        "start_s": float(index.times[start]),
        "end_s": float(index.times[end]),
        "score": proposal.score,
        "start_spread_s": proposal.start_spread_s,
        "end_spread_s": proposal.end_spread_s,
    }


@DBOS.workflow(name="train", max_recovery_attempts=10)
def train(job_id: str) -> str:
    """Retrain the localizer from the corrected labels; a new model version is the result."""
    return run_job(job_id, [train_localizer])


@DBOS.step(name="train")
def train_localizer(job_id: str) -> None:
    settings, engine = app_settings(), app_engine()
    reporter = Reporter(engine, job_id, dict(retrain.STAGES))
    guarded(
        settings,
        lambda: retrain.train(
            settings, engine, job_id, features_of=_features_of, progress=reporter.stage
        ),
    )


def _features_of(video: Video, base: Model | None, progress: Progress) -> FeatureTrack:
    """The features of a video's patient, of the preset of `base`; computed when not there yet.

    A `base` whose own localizer cannot be used any more has a preset that can.
    """
    settings = app_settings()
    if base is None:
        raise JobFailed("There is no model in this installation; restore its weights folder.")
    pipeline = loaded_models.pipeline(settings, presets.named(base.preset), progress=progress)
    index = load_index(importer.files(settings, video.sha256).index)
    path = settings.data_folder / video.file
    people = pipeline.find(path, index, settings.artefacts, progress)
    person = patient(people, video.person, video.person_seen)
    return pipeline.features(path, index, settings.artefacts, person, progress)


def patient(people: People, chosen: int | None, seen: dict[str, Any] | None) -> int:
    """The id among `people` of the patient of a video, from its columns person and person_seen.

    A choice of before sightings were kept holds by its id. Raises PoseError.
    """
    if seen is not None:
        return people.who(Sighting(**seen))
    return people.patient() if chosen is None else chosen
