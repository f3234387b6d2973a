"""The command line answers in plain sentences and leaves with a code that says how it went."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from db.engine import create_engine, reading
from db.jobs import active
from db.projects import project_named
from db.videos import list_videos
from inference.weights.fetched import MOVENET
from review_app import doctor
from review_app.settings import ROOT, Settings
from tests.inference.real_files import real_file
from tests.video_files import write_video

COMMAND = [sys.executable, "-m", "review_app.cli"]


def run(data_folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "REHAB_REVIEW_DATA_FOLDER": str(data_folder),
            "COLUMNS": "200",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_command_is_listed_and_help_answers_at_once(tmp_path: Path) -> None:
    shown = run(tmp_path, "--help")
    assert shown.returncode == 0
    commands = (
        "up worker demo propose import train benchmark evaluate report weights doctor migrate"
    )
    for command in commands.split():
        assert command in shown.stdout


def test_doctor_says_what_is_missing_and_what_to_do(tmp_path: Path) -> None:
    examined = run(tmp_path / "data", "doctor")
    assert examined.returncode == 1
    assert "rehab-review weights fetch" in examined.stdout
    assert "rehab-review migrate" in examined.stdout


@pytest.mark.parametrize(
    ("dies", "says"),
    [("kill -9 $$", "stopped with code -9 and said nothing"), ("exec sleep 9", "does not answer")],
)
def test_doctor_outlives_a_device_that_cannot_be_asked(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies: str, says: str
) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nexec 2>&1\n{dies}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(doctor, "DEVICE_TIMEOUT_S", 0.5)
    (device,) = (finding for finding in doctor.examine(settings) if finding.subject == "Device")
    assert device.state == "problem" and says in device.advice


def test_migrate_may_be_run_again(tmp_path: Path) -> None:
    assert run(tmp_path / "data", "migrate").returncode == 0
    assert run(tmp_path / "data", "migrate").returncode == 0


def test_import_queues_videos_and_names_what_it_cannot_take(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    write_video(folder / "one.mp4", frames=10)
    (folder / "empty.mp4").touch()
    arguments = ("import", str(folder), "--project", "Knees", "--patient", "P-01")

    first = run(tmp_path / "data", *arguments)
    assert first.returncode == 1
    assert "one.mp4: queued" in first.stdout
    assert "empty.mp4: This file is empty" in first.stdout
    assert "1 of 2 files could not be imported." in first.stderr
    again = run(tmp_path / "data", *arguments)
    assert "already in the project, as “one.mp4” of patient P-01" in again.stdout

    engine = create_engine(Settings(data_folder=tmp_path / "data").labels_url)
    with reading(engine) as db:
        project = project_named(db, "Knees")
        assert project is not None
        assert [video.patient.pseudonym for video in list_videos(db, project.id)] == ["P-01"]
        assert [job.kind for job in active(db, project.id)] == ["import"]
    missing = run(tmp_path / "data", "import", "no.mp4", "--project", "Hips", "--patient", "P-01")
    assert missing.returncode == 1 and "no video file" in missing.stderr
    with reading(engine) as db:
        assert project_named(db, "Hips") is None
    engine.dispose()


def test_propose_refuses_what_is_no_video_and_goes_on_with_the_next(tmp_path: Path) -> None:
    weights = tmp_path / "data" / "weights"
    weights.mkdir(parents=True)
    shutil.copy(real_file(MOVENET), weights)
    text = tmp_path / "text.mp4"
    text.write_bytes(b"not a video at all")
    absent = tmp_path / "absent.mp4"
    refused = run(tmp_path / "data", "propose", str(text), str(absent), str(tmp_path))
    assert refused.returncode == 1
    assert "This file is not an MP4, MOV, AVI, MKV or WebM video." in refused.stderr
    assert f"Left out: {text}\n" in refused.stderr
    assert f"There is no file {absent}." in refused.stderr
    assert f"{tmp_path} is a folder." in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("command", ["demo --compare", "doctor", "propose x.mp4"])
def test_a_wrong_setting_is_named(tmp_path: Path, command: str) -> None:
    refused = run(tmp_path / "data", *command.split(), REHAB_REVIEW_PORT="abc")
    assert refused.returncode == 1
    assert "The setting port cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_comparing_before_there_is_a_demo_says_what_to_do(tmp_path: Path) -> None:
    refused = run(tmp_path / "data", "demo", "--compare")
    assert refused.returncode == 1
    assert "Run `rehab-review demo` first." in refused.stderr


@pytest.mark.parametrize("kind", ["features", "localizer"])
def test_training_on_a_damaged_file_says_so(tmp_path: Path, kind: str) -> None:
    motions, recordings = tmp_path / "motions.npz", tmp_path / "recordings.json"
    recordings.write_text('[{"subject": 1}]')
    motions.write_bytes(b"hello")
    given = ("--motions", str(motions), "--recordings", str(recordings))
    out = tmp_path / "out.safetensors"
    refused = run(tmp_path / "data", "train", kind, *given, "--subjects", "1", "--out", str(out))
    assert refused.returncode == 1
    assert f"{motions} and recordings.json beside it are" in refused.stderr
    assert "Traceback" not in refused.stderr and "allow_pickle" not in refused.stderr


@pytest.mark.parametrize("command", ["propose x.mp4 --localizer", "benchmark --localizer"])
def test_a_localizer_that_is_no_file_is_refused_as_an_option(tmp_path: Path, command: str) -> None:
    for given, says in ((tmp_path, "is a directory"), (tmp_path / "no", "does not exist")):
        refused = run(tmp_path / "data", *command.split(), str(given))
        assert refused.returncode == 2
        said = " ".join(refused.stderr.replace("│", " ").split())
        assert "Invalid value for '--localizer'" in said and says in said
        assert "git checkout" not in said


def test_a_localizer_of_something_else_is_refused_without_advice_on_the_shipped_one(
    tmp_path: Path,
) -> None:
    weights = tmp_path / "data" / "weights"
    weights.mkdir(parents=True)
    shutil.copy(real_file(MOVENET), weights)
    video, own = tmp_path / "one.mp4", tmp_path / "own.safetensors"
    write_video(video, frames=10)
    own.write_bytes(b"hello")
    refused = run(tmp_path / "data", "propose", str(video), "--localizer", str(own))
    assert refused.returncode == 1
    assert f"{own} is damaged or of another program: choose a localizer" in refused.stderr
    assert "git checkout" not in refused.stderr and "rehab-review train" not in refused.stderr


def test_up_refuses_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = run(tmp_path / "data", "up", REHAB_REVIEW_PORT=port)
    assert refused.returncode == 1
    assert f"Port {port} on 127.0.0.1 is used by another program" in refused.stderr
