"""The demo project: made once, continued when interrupted, labels kept aside."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from db.engine import session
from db.models import Class, Job, Patient, Video
from db.users import create_user
from inference.progress import Cancelled, silent
from inference.synthesis.demo import demo_sessions
from inference.synthesis.motion import Motion
from review_app import demo
from review_app.settings import Settings

SHORT = demo_sessions(0)[0]
SHORT = replace(
    SHORT,
    motion=Motion(SHORT.motion.joints[:30], SHORT.motion.hz, SHORT.motion.labels[:2]),
    camera=replace(SHORT.camera, width=160, height=90),
)


def _count(engine: Engine, table: type) -> int:
    with session(engine) as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def test_the_project_is_made_once_with_one_job_per_recording(
    settings: Settings, engine: Engine
) -> None:
    with session(engine) as db:
        user_id = create_user(db, name="Ada", role="researcher").id
        project_id = demo.create(db, settings, user_id)
    counts = [_count(engine, table) for table in (Class, Patient, Job)]
    assert counts == [16, 7, len(demo.session_names())]  # ten exercises, three phases, three events
    with session(engine) as db:
        assert demo.create(db, settings, user_id) == project_id
        names = [job.settings["demo"] for job in db.scalars(select(Job).order_by(Job.created_at))]
    assert [_count(engine, table) for table in (Class, Patient, Job)] == counts
    assert sorted(names) == sorted(demo.session_names())
    assert names[0] == demo.session_names()[0]


def test_a_recording_is_registered_with_its_labels_aside(
    settings: Settings, engine: Engine
) -> None:
    with session(engine) as db:
        project_id = demo.create(db, settings)
    video_id = demo.film_session(settings, engine, project_id, SHORT, silent)
    with session(engine) as db:
        video = db.get_one(Video, video_id)
        assert video.original_name == f"{SHORT.name}.mp4"
        assert db.get_one(Patient, video.patient_id).pseudonym == SHORT.patient
        assert (settings.data_folder / video.file).exists()
    assert demo.exact_labels(settings, SHORT.name) == SHORT.motion.labels
    # The queue may run a step again after a crash: the video is found, not made twice.
    assert demo.make(settings, engine, SHORT.name, silent) == video_id
    assert demo.film_session(settings, engine, project_id, SHORT, silent) == video_id
    assert _count(engine, Video) == 1
    with session(engine) as db:
        demo.create(db, settings)
    assert _count(engine, Job) == len(demo.session_names())


def test_an_interrupted_recording_leaves_nothing_and_is_made_the_next_time(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    with session(engine) as db:
        project_id = demo.create(db, settings)

    def stop(done: float, total: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        demo.make(settings, engine, demo.session_names()[0], stop)
    assert _count(engine, Video) == 0
    assert list((settings.data_folder / "demo").iterdir()) == []
    assert demo.film_session(settings, engine, project_id, SHORT, silent)


def test_what_cannot_be_made_says_why(settings: Settings, engine: Engine) -> None:
    with pytest.raises(demo.DemoError, match="no project called Demo"):
        demo.make(settings, engine, demo.session_names()[0], silent)
    with session(engine) as db:
        demo.create(db, settings)
    with pytest.raises(demo.DemoError, match="no recording called “dance”"):
        demo.make(settings, engine, "dance", silent)
    with pytest.raises(demo.DemoError, match="has not been rendered yet"):
        demo.exact_labels(settings, demo.session_names()[0])
    assert demo.exact_labels(settings, demo.REAL_CLIP) == ()
