"""`rehab-review benchmark` as it is called: figures in two forms, plain sentences, no traces."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from inference.benchmark.figures import figures_of
from inference.localize.proposal import Proposal
from inference.synthesis.motion import Label
from inference.weights.kept import sha256_of
from review_app.benchmark_report import BenchmarkRun, as_document, as_text
from review_app.cli import app
from review_app.settings import ROOT
from review_app.terminal import console
from tests.inference.recorded_people import EXERCISES, write_recordings
from tests.inference.small_models import write_features, write_localizer
from tests.parity_files import SHARED


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of subjects 3 and 4, and weights that have learned nothing."""
    made = tmp_path_factory.mktemp("benchmark")
    write_recordings(made, subjects=(3, 4))
    features = write_features(made / "features.safetensors")
    write_localizer(made / "localizer.safetensors", features, EXERCISES[1:])
    return made


@pytest.fixture
def options(folder: Path) -> list[str]:
    return [
        *("--motions", f"{folder / 'motions.npz'}"),
        *("--recordings", f"{folder / 'recordings.json'}"),
        *("--features", f"{folder / 'features.safetensors'}"),
        *("--localizer", f"{folder / 'localizer.safetensors'}"),
        *("--subjects", "3,4", "--sessions", "1"),
    ]


def refused(*arguments: str, code: int = 1) -> str:
    done = CliRunner().invoke(app, ["benchmark", *arguments])
    assert done.exit_code == code, done.output
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_one_document_with_figures_and_where_they_come_from(
    options: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", f"{tmp_path / 'data'}")
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    done = CliRunner().invoke(app, ["benchmark", *options, "--seed", "5", "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["level"], found["seed"], found["subjects"]) == ("keypoints", 5, [3, 4])
    assert found["figures"]["sessions"] == 1 and found["figures"]["repetitions"] > 0
    assert found["figures"]["unknown_classes"] == [EXERCISES[0]]
    assert len(found["figures"]["mean_ap"]) == len(found["figures"]["tious"]) == 7
    assert "real" in found["about"] and "spliced" in found["about"]
    hashes = {name: sha256_of(folder / f"{name}.safetensors") for name in ("features", "localizer")}
    assert hashes.items() <= found["hashes"].items()
    assert set(found["hashes"]) == {*hashes, "motions", "recordings", "pose_errors"}
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert list(tmp_path.iterdir()) == []  # nothing is written


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--subjects", "12"], "Subject 12 is not in"),
        (["--subjects", "3,x"], "--subjects takes numbers with commas between them"),
        (["--subjects", ","], "--subjects names nobody"),
        (["--folder", "films"], "--folder keeps films: it goes with --level pixels"),
        (["--preset", "x"], "There is no preset 'x'"),
    ],
)
def test_what_cannot_be_done_is_said(options: list[str], more: list[str], said: str) -> None:
    assert said in refused(*options, *more)


def test_files_that_are_absent_damaged_or_something_else(
    options: list[str], folder: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b"PK nothing")
    assert "hold no recorded motions" in refused(*options, "--motions", f"{damaged}")
    assert "hold no recorded motions" in refused(*options, "--recordings", f"{damaged}")
    assert "damaged or not a localizer" in refused(*options, "--localizer", f"{damaged}")
    assert "damaged or of another model" in refused(*options, "--features", f"{damaged}")
    other = write_features(tmp_path / "other.safetensors")
    state = other.read_bytes()
    other.write_bytes(state[:-4] + bytes([1, 2, 3, 0]))
    said = refused(*options, "--features", f"{other}")
    assert "trained on features of another model than these" in said
    said = refused(*options, "--motions", f"{tmp_path / 'no.npz'}", code=2)
    assert "Invalid value for '--motions'" in said


def test_films_need_a_folder_that_can_be_made(options: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    films = ["--level", "pixels", "--folder", f"{tmp_path / 'file' / 'films'}"]
    assert "cannot be used for films: Not a directory." in refused(*options, *films)


def test_a_person_reads_tables_and_sentences() -> None:
    labels = {"a": [Label("squat", 0, 10), Label("hop\x1b[2J", 20, 30)]}
    proposals = {
        "a": [
            Proposal("squat", 0, 10.1, 0.9, 0.1, 0.2, "model"),
            Proposal("jump", 40, 50, 0.87, 0.1, 0.1, "model"),
        ]
    }
    figures = figures_of(labels, proposals, proposals, known=("squat", "jump"), minutes=1.0)
    run = BenchmarkRun(
        level="pixels",
        preset="movenet-r2plus1d12",
        motions=Path("motions.npz"),
        recordings=Path("recordings.json"),
        subjects=(7, 8),
        seed=3,
        correct_only=True,
        hashes={"features": "0123456789abcdef"},
        command="rehab-review benchmark",
        figures=figures,
    )
    with console.capture() as captured:
        console.print(as_text(run), highlight=False)
    lines = captured.get().splitlines()
    shown = " ".join(" ".join(lines).split())
    assert all(line.isprintable() for line in lines)
    for said in (
        "Level pixels: 1 session of subjects 7 and 8, seed 3: 1.0 minutes, 2 repetitions",
        "The repetitions are real",
        "films of a mannequin",
        "Repetitions done wrongly on purpose are left out.",
        "sha256 of features 0123456789ab.",
        "False positives a minute there: 1.00, of which 1.00 on background.",
        "0.050 and 0.090 s (starts 0.000 and 0.000 s, ends 0.100 and 0.100 s)",
        "Boundaries within 1 spread: 100.0%",
        r"all their repetitions count as missed: hop\x1b[2J.",
        "nobody does them in these sessions: jump.",
    ):
        assert said in shown, said
    assert json.loads(as_document(run))["figures"]["few"]["score"] == 0.9


def test_real_recordings_and_the_shipped_weights() -> None:
    uiprmd = SHARED / "data" / "uiprmd"
    if not uiprmd.is_dir():
        pytest.skip(f"the recorded motions are not here: {uiprmd}")
    (motions,) = uiprmd.glob("*.npz")
    done = CliRunner().invoke(
        app,
        [
            "benchmark", "--motions", f"{motions}", "--recordings", f"{uiprmd}/recordings.json",
            "--subjects", "6", "--sessions", "1", "--seed", "9", "--json",
        ],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["hashes"]["localizer"] == sha256_of(ROOT / "weights" / "localizer.safetensors")
    assert found["figures"]["agnostic_ap"][2] > 0.7
    assert found["figures"]["unknown_classes"] == []
