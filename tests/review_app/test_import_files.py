"""Storing a file and making what the pages need from it, also when something goes wrong."""

import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db.engine import reading, session
from db.models import Video
from db.patients import create_patient
from db.projects import create_project
from db.videos import set_ready
from inference.progress import Cancelled
from inference.video.errors import VideoError
from inference.video.probe import hash_file, load_index
from review_app.importing import importer
from review_app.settings import Settings
from tests.video_files import write_video


def register(settings: Settings, engine: Engine, path: Path, *, link: bool = False) -> Video:
    with session(engine) as db:
        project = create_project(db, name=f"Study {time.monotonic_ns()}")
        patient = create_patient(db, project_id=project.id, pseudonym="P-01")
    found = add(settings, engine, path, project.id, patient.id, link=link)
    assert isinstance(found, int)
    with reading(engine) as db:
        return db.get_one(Video, found)


def add(
    settings: Settings,
    engine: Engine,
    path: Path,
    project_id: int,
    patient_id: int,
    *,
    link: bool = False,
) -> int | importer.Duplicate:
    keeping = importer.keeping(settings, path, original_name=path.name, link=link)
    with keeping as kept, session(engine) as db:
        return importer.add_video(
            db, kept, project_id=project_id, patient_id=patient_id, original_name=path.name
        )


def names(settings: Settings, video: Video) -> list[str]:
    return sorted(path.name for path in settings.video_folder(video.sha256).iterdir())


def test_prepare_makes_everything_once(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    recording = write_video(tmp_path / "Walk.MKV", frames=60, size=(320, 180))
    video = register(settings, engine, recording)
    steps: list[tuple[float, float]] = []
    fields = importer.prepare(video, settings, lambda done, total: steps.append((done, total)))
    assert fields == {
        "width": 320,
        "height": 180,
        "rotation": 0,
        "codec": "h264",
        "frame_count": 60,
        "duration_s": pytest.approx(2.4),
        "has_proxy": True,
        "message": None,
    }
    everything = [
        "index.npz",
        "original.mkv",
        "poster.jpg",
        "proxy.mp4",
        "thumbnails.jpg",
        "thumbnails.json",
    ]
    assert names(settings, video) == everything and recording.exists()
    assert steps == sorted(steps) and steps[-1] == (video.size_bytes, video.size_bytes)
    written = {p: p.stat().st_mtime_ns for p in settings.video_folder(video.sha256).iterdir()}
    assert importer.prepare(video, settings) == fields
    assert written == {p: p.stat().st_mtime_ns for p in written}
    with session(engine) as db:
        set_ready(db, video.id, **fields)
        assert db.get_one(Video, video.id).state == "ready"


def test_no_proxy_where_the_browser_can_play(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    video = register(settings, engine, write_video(tmp_path / "a.mp4", frames=30))
    assert importer.prepare(video, settings)["has_proxy"] is False
    assert "proxy.mp4" not in names(settings, video)


def test_a_file_of_ours_is_linked(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=5)
    video = register(settings, engine, path, link=True)
    assert (settings.data_folder / video.file).samefile(path)


def test_the_same_file_again(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=5)
    video = register(settings, engine, path)
    again = add(settings, engine, path, video.project_id, video.patient_id)
    assert again == importer.Duplicate(video.id, "a.mp4", "P-01", failed=False)
    elsewhere = register(settings, engine, path.rename(tmp_path / "c.mov"))
    assert elsewhere.file == video.file and names(settings, video) == ["original.mp4"]


def test_deleting_waits_for_another_project_that_takes_the_same_file(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "a.mp4", frames=5)
    video = register(settings, engine, path)
    with session(engine) as db:
        other = create_project(db, name="Hip study")
        patient = create_patient(db, project_id=other.id, pseudonym="P-01")
    deleting = threading.Thread(target=importer.remove_video, args=(settings, engine, video))
    with importer.keeping(settings, path, original_name="b.mp4", link=False) as kept:
        deleting.start()
        deleting.join(0.3)
        with session(engine) as db:
            importer.add_video(
                db, kept, project_id=other.id, patient_id=patient.id, original_name="b.mp4"
            )
    deleting.join()
    with reading(engine) as db:
        (left,) = db.query(Video)
    assert left.project_id == other.id and (settings.data_folder / left.file).exists()


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("a.MOV", "original.mov"),
        ("no extension", "original.video"),
        ("a.m p/4", "original.video"),
        ("x.part", "original.video"),
        ("röntgen.mkv", "original.mkv"),
    ],
)
def test_names_in_the_data_folder(
    settings: Settings, tmp_path: Path, name: str, stored: str
) -> None:
    path = write_video(tmp_path / "a.mp4", frames=2)
    with importer.keeping(settings, path, original_name=name, link=False) as kept:
        assert kept.file == f"videos/{kept.sha256}/{stored}"


def test_a_cut_off_file_is_ready_with_a_warning(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "a.mkv", frames=100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    fields = importer.prepare(register(settings, engine, path), settings)
    assert "The end of this file cannot be read" in fields["message"]
    assert 20 < fields["frame_count"] < 100 and fields["has_proxy"]


def test_what_is_no_video_is_said_plainly(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").write_text("a letter")
    video = register(settings, engine, tmp_path / "a.mp4")
    with pytest.raises(VideoError, match="not an MP4"):
        importer.prepare(video, settings)
    assert names(settings, video) == ["original.mp4"]
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(VideoError, match="empty"):
        register(settings, engine, tmp_path / "empty.mp4")


def test_a_lost_or_changed_original(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    video = register(settings, engine, write_video(tmp_path / "a.mp4", frames=20))
    original = settings.data_folder / video.file
    write_video(original, frames=30)
    with pytest.raises(VideoError, match="gone or damaged"):
        importer.prepare(video, settings)
    original.unlink()
    with pytest.raises(VideoError, match="gone or damaged"):
        importer.prepare(video, settings)


def test_cancelling_leaves_nothing_half_made(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    video = register(settings, engine, write_video(tmp_path / "a.mkv", frames=100))

    def stop(done: float, total: float) -> None:
        if done / total > 0.7:
            raise Cancelled

    with pytest.raises(Cancelled):
        importer.prepare(video, settings, stop)
    assert "proxy.mp4" not in names(settings, video)
    assert not [name for name in names(settings, video) if "part" in name]
    assert importer.prepare(video, settings)["has_proxy"]


def test_a_disk_that_fills_while_copying_leaves_nothing(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "a.mp4", frames=10)
    sha256 = hash_file(path)
    folder = settings.video_folder(sha256)
    folder.mkdir(parents=True)
    (folder / f"original.mp4.{os.getpid()}.part").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        register(settings, engine, path)
    assert not folder.exists() and path.exists()


@pytest.mark.parametrize(
    "name", ["index.part.npz", "poster.jpg.part", "thumbnails.jpg.part", "proxy.mp4.part"]
)
def test_a_disk_that_fills_while_preparing_leaves_nothing_half_made(
    settings: Settings, engine: Engine, tmp_path: Path, name: str
) -> None:
    video = register(settings, engine, write_video(tmp_path / "a.mkv", frames=60))
    (settings.video_folder(video.sha256) / name).symlink_to("/dev/full")
    with pytest.raises((OSError, VideoError), match=r"No space left|disk is full"):
        importer.prepare(video, settings)
    assert not [made for made in names(settings, video) if "part" in made]
    assert importer.prepare(video, settings)["has_proxy"]


def test_after_kill_9_it_is_simply_run_again(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    recording = write_video(tmp_path / "a.mkv", frames=900, size=(320, 180))
    video = register(settings, engine, recording)
    forked = multiprocessing.get_context("fork")
    process = forked.Process(target=importer.prepare, args=(video, settings))
    process.start()
    unfinished = settings.video_folder(video.sha256) / "proxy.mp4.part"
    deadline = time.monotonic() + 60
    while not unfinished.exists():
        assert process.is_alive() and time.monotonic() < deadline
        time.sleep(0.005)
    process.kill()
    process.join()
    assert unfinished.exists() and "proxy.mp4" not in names(settings, video)

    fields = importer.prepare(video, settings)
    assert fields["frame_count"] == 900 and "proxy.mp4" in names(settings, video)
    assert not unfinished.exists()
    made = importer.files(settings, video.sha256)
    assert load_index(made.index).frame_count == 900


def test_a_damaged_index_is_made_again(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    video = register(settings, engine, write_video(tmp_path / "a.mp4", frames=20))
    fields = importer.prepare(video, settings)
    importer.files(settings, video.sha256).index.write_bytes(b"PK nonsense")
    assert importer.prepare(video, settings) == fields


def test_removing_a_video_removes_its_files(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    video = register(settings, engine, write_video(tmp_path / "a.mp4", frames=20))
    importer.prepare(video, settings)
    (settings.artefacts / video.sha256).mkdir(parents=True)
    importer.remove_video(settings, engine, video)
    assert not settings.video_folder(video.sha256).exists()
    assert not (settings.artefacts / video.sha256).exists()
