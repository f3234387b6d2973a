"""The library page without a browser: what it shows and what its buttons do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from db import jobs as job_rows
from db.engine import reading, session
from db.models import Job, Patient, Video
from db.patients import create_patient
from db.projects import create_project
from db.users import create_user
from db.videos import set_failed, set_ready
from inference.video.errors import VideoError
from review_app import process
from review_app.importing import importer
from review_app.importing.arrivals import arrive, bring
from review_app.importing.inbox import FolderError
from review_app.jobs import job_queue
from review_app.settings import ROOT, Settings
from tests.video_files import write_video


@pytest.fixture
def project_id(
    settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> Iterator[int]:
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(settings.data_folder))
    process.app_settings.cache_clear()
    process.app_engine.cache_clear()
    with session(engine) as db:
        made = create_project(db, name="Knee study").id
    yield made
    process.app_engine().dispose()
    process.app_settings.cache_clear()
    process.app_engine.cache_clear()


def shown() -> AppTest:
    page = AppTest.from_file(str(ROOT / "review_app" / "main.py"), default_timeout=60).run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    return " ".join(str(getattr(element, "value", "")) for element in page.main.get("html"))


def imported(
    settings: Settings, engine: Engine, project_id: int, path: Path, patient: str = "P-01"
) -> int:
    return arrive(
        settings,
        engine,
        path,
        name=path.name,
        project_id=project_id,
        patient=patient,
        user_id=None,
        link=False,
    ).video_id


def end_jobs(engine: Engine, state: str = "done", message: str = "") -> None:
    with session(engine) as db:
        for job in job_rows.active(db):
            job_rows.ended(db, job.id, state=state, message=message)


def one(engine: Engine, video_id: int) -> Video:
    with reading(engine) as db:
        return db.get_one(Video, video_id)


def button(page: AppTest, key: str):  # type: ignore[no-untyped-def]
    return next(found for found in page.button if found.key == key)


def test_an_empty_project_says_what_to_do(project_id: int) -> None:
    assert any("no videos yet" in info.value for info in shown().info)


def test_names_are_text_and_a_video_becomes_ready(
    settings: Settings, engine: Engine, project_id: int, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "a <b>walk & *more*.mp4", frames=30)
    video_id = imported(settings, engine, project_id, path)
    with session(engine) as db:
        job = job_rows.active(db)[0]
        job_rows.started(db, job.id)
        job_rows.report(db, job.id, stage="Reading the video", done=0.4, total=1, remaining_s=9)
    page = shown()
    assert "a &lt;b&gt;walk &amp; *more*.mp4" in words(page) and "<b>walk" not in words(page)
    assert not page.get("page_link")

    video = one(engine, video_id)
    fields = importer.prepare(video, settings)
    with session(engine) as db:
        set_ready(db, video_id, **fields)
    end_jobs(engine)
    page = shown()
    assert "P-01 · 0:01 · 320 x 240 · 25 fps" in words(page)
    (link,) = page.get("page_link")
    assert (link.proto.label, link.proto.query_string) == ("Review", f"video={video_id}")


def test_a_failed_video_says_why_and_can_be_tried_again(
    settings: Settings, engine: Engine, project_id: int, tmp_path: Path
) -> None:
    (tmp_path / "letter.mp4").write_text("Dear colleague")
    video_id = imported(settings, engine, project_id, tmp_path / "letter.mp4")
    sentence = "This file is not a video. Export it again."
    end_jobs(engine, "failed", sentence)
    with session(engine) as db:
        set_failed(db, video_id, sentence)
    page = shown()
    assert sentence in words(page)
    button(page, f"RETRY_{video_id}").click().run()
    assert one(engine, video_id).state == "importing"
    with reading(engine) as db:
        assert [job.kind for job in job_rows.active(db, project_id)] == ["import"]


def test_cancel(settings: Settings, engine: Engine, project_id: int, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=5)
    video_id = imported(settings, engine, project_id, path)
    page = shown()
    button(page, f"CANCEL_{video_id}").click().run()
    with reading(engine) as db:
        assert db.query(Job).one().state == "cancelled"
    assert "stopped before it was complete" in words(page)


def test_demo_recordings_under_way_are_listed(
    settings: Settings, engine: Engine, project_id: int
) -> None:
    with session(engine) as db:
        first = job_queue.enqueue_demo(settings, db, "02 <lunges>", project_id, None)
        job_queue.enqueue_demo(settings, db, "01 squats", project_id, None)
    page = shown()
    assert words(page).index("01 squats") < words(page).index("02 &lt;lunges&gt;")
    button(page, f"CANCEL_job-{first}").click().run()
    with reading(engine) as db:
        assert db.get_one(Job, first).state == "cancelled"
    assert f"RETRY_job-{first}" in [found.key for found in page.button]


def test_deleting_asks_first(
    settings: Settings, engine: Engine, project_id: int, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "a.mp4", frames=5)
    video_id = imported(settings, engine, project_id, path)
    end_jobs(engine, "cancelled")
    folder = settings.video_folder(one(engine, video_id).sha256)
    page = AppTest.from_file(str(ROOT / "review_app" / "main.py"), default_timeout=60)
    page.session_state["library_dialog"] = video_id
    page.run()
    assert folder.exists()
    next(found for found in page.button if found.label == "Delete").click().run()
    assert not page.exception
    with reading(engine) as db:
        assert db.get(Video, video_id) is None
    assert not folder.exists()


def test_a_refusal_shows_the_name_as_text(
    settings: Settings, engine: Engine, project_id: int, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "![x](http:a).mp4", frames=5)
    page = AppTest.from_file(str(ROOT / "review_app" / "main.py"), default_timeout=60)
    page.session_state["library_dialog"] = imported(settings, engine, project_id, path)
    page.run()
    next(found for found in page.button if found.label == "Delete").click().run()
    (refusal,) = page.error
    assert r"\!\[x\]\(http\:a\)" in refusal.value and "still being worked on" in refusal.value


def test_a_folder_on_the_server(
    settings: Settings, engine: Engine, project_id: int, tmp_path: Path
) -> None:
    """Pressing the button only queues; the jobs copy, and each row tells how its file fares."""
    write_video(settings.inbox / "one.mp4", frames=5)
    write_video(settings.inbox / "two.mov", frames=6)
    (settings.inbox / "three.mp4").touch()
    (settings.inbox / "four <img>.mp4").write_bytes(b"1")
    with session(engine) as db:
        create_patient(db, project_id=project_id, pseudonym="P-09")
    page = AppTest.from_file(str(ROOT / "review_app" / "main.py"), default_timeout=60)
    page.session_state["library_dialog"] = "folder"
    page.run()
    start = next(found for found in page.button if found.label == "Import 4 videos")
    assert start.disabled
    patient = next(box for box in page.selectbox if box.label.startswith("Patient"))
    patient.select("P-09").run()
    next(found for found in page.button if found.label == "Import 4 videos").click().run()
    assert not page.exception
    with reading(engine) as db:
        queued = {job.settings["name"]: job for job in job_rows.active(db, project_id)}
        assert db.query(Video).count() == 0
    assert len(queued) == 4 and words(shown()).count("video-name") == 4

    (settings.inbox / "four <img>.mp4").unlink()
    for job in queued.values():
        try:
            bring(settings, engine, job)
        except (VideoError, FolderError) as error:
            with session(engine) as db:
                job_rows.ended(db, job.id, state="failed", message=str(error))
    page = shown()
    assert "This file is empty." in words(page) and "There is no “" in words(page)
    assert "four &lt;img&gt;.mp4" in words(page)
    with reading(engine) as db:
        videos = db.query(Video).all()
        assert {video.original_name for video in videos} == {"one.mp4", "two.mov"}
        assert {video.patient.pseudonym for video in videos} == {"P-09"}
        assert db.query(Patient).count() == 1
    assert (settings.inbox / "one.mp4").exists()

    gone, empty = queued["four <img>.mp4"].id, queued["three.mp4"].id
    button(page, f"RETRY_job-{empty}").click().run()
    with reading(engine) as db:
        assert db.get(Job, empty) is None
        again = [job.settings["name"] for job in job_rows.active(db) if job.video_id is None]
        assert again == ["three.mp4"]
        assert db.get(Job, gone) is not None


def test_who_may_only_look(
    settings: Settings, engine: Engine, project_id: int, tmp_path: Path
) -> None:
    video_id = imported(settings, engine, project_id, write_video(tmp_path / "a.mp4", frames=5))
    end_jobs(engine, "cancelled")
    with session(engine) as db:
        therapist = create_user(db, name="Kim", role="therapist").id
    page = AppTest.from_file(str(ROOT / "review_app" / "main.py"), default_timeout=60)
    page.session_state["user_id"] = therapist
    page.session_state["library_dialog"] = video_id
    page.run()
    assert not page.exception
    assert not page.main.button
    assert any("may look" in caption.value for caption in page.caption)


def test_searching_and_turning_pages(
    settings: Settings, engine: Engine, project_id: int, tmp_path: Path
) -> None:
    for number in range(14):
        path = tmp_path / f"walk {number:02}.mp4"
        path.write_bytes(b"video %d" % number)
        imported(settings, engine, project_id, path, patient=f"P-{number % 2}")
    end_jobs(engine, "cancelled")
    page = shown()
    assert words(page).count("video-name") == 12
    box = next(found for found in page.text_input if found.key == "library_search")
    box.input("P-1 walk").run()
    assert words(page).count("video-name") == 7
    box = next(found for found in page.text_input if found.key == "library_search")
    box.input("nothing like it").run()
    assert any("No video matches" in caption.value for caption in page.caption)
