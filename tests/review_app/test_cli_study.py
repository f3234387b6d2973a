"""`rehab-review study`: pieces and their state, plain refusals, tables of what there is."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inference.localize import model_file
from inference.localize.calibration import Calibration
from inference.localize.example import Scaling
from inference.localize.model_file import RefinedConfig
from inference.localize.network import NetworkConfig
from inference.study.ledger import Ledger
from inference.study.pieces import Features
from inference.study.studies import FOLDS, SEEDS, Study, pieces_of
from inference.study.workshop import Workshop
from review_app.cli import app
from tests.inference.recorded_people import write_recordings
from tests.inference.study_files import predicted, put


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    motions, recordings = write_recordings(tmp_path, subjects=(1,), exercises=("deep_squat",))
    files = ["--motions", str(motions), "--recordings", str(recordings)]
    return [*files, "--out", str(tmp_path / "out")]


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["study", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["study", *arguments])
    assert done.exit_code == 1, done.output
    assert done.stdout == "" and "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_the_list_says_what_is_there_how_long_it_took_and_what_it_needs(
    options: list[str], tmp_path: Path
) -> None:
    shop = Workshop(tmp_path / "motions.npz", tmp_path / "recordings.json", tmp_path / "out")
    ledger, piece = Ledger(shop), Features()
    shop.file(piece).parent.mkdir(parents=True)
    shop.file(piece).touch()
    made = {"finished": True, "made_with": ledger.made_with(piece), "sha256": "", "seconds": 90.0}
    ledger.write(piece, made)

    lines = printed("subjects", *options, "--list").splitlines()
    assert lines[0].split() == ["piece", "state", "minutes", "needs"]
    assert lines[1].split() == ["features/invented", "done", "1.5"]
    assert lines[2].split() == ["localizers/3-seed0", "not", "made", "yet", "features/invented"]
    few = printed("subjects", *options, "--list", "--only", "localizers/3-seed0").splitlines()
    assert [line.split()[0] for line in few[1:]] == ["features/invented", "localizers/3-seed0"]


def test_what_a_study_does_not_have_is_refused(options: list[str]) -> None:
    said = refused("ablation", *options, "--only", "features/123456")
    assert said == "This study has no piece 'features/123456'; --list shows their names."


def test_a_file_is_no_folder(options: list[str], tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    assert refused("folds", *options).endswith("out is a file; --out names a folder.")


@pytest.mark.parametrize("name", ["folds", "subjects", "cold-start", "ablation"])
def test_the_report_says_what_is_not_made_yet_and_is_kept(
    options: list[str], tmp_path: Path, name: str
) -> None:
    text = printed(name, *options, "--report")
    assert "not made yet" in text and "| 0 of 3 |" in text
    assert (tmp_path / "out" / f"{name}.md").read_text() == text.removesuffix("\n")
    kept = json.loads((tmp_path / "out" / f"{name}.json").read_text())
    assert kept["tables"] and kept["figures"] == {}
    assert not list((tmp_path / "out").glob("**/*.safetensors"))


def test_once_all_folds_are_there_localizers_with_calibrations_are_kept(
    options: list[str], tmp_path: Path
) -> None:
    motions, recordings, out = (Path(option) for option in options[1::2])
    ledger = Ledger(Workshop(motions, recordings, out))
    network = NetworkConfig(features=4, classes=1, width=8, fine_width=8, heads=2)
    config = RefinedConfig(network, step_s=2 / 15, features_model="features")
    for number, piece in enumerate(pieces_of(Study.FOLDS)):
        put(ledger, piece, predicted(number))
        model_file.write(
            ledger.shop.file(piece.localizer),
            config=config,
            classes=("deep_squat",),
            weights=config.build(1).state_dict(),
            scaling=Scaling.none(4),
            about={"seed": number},
        )
    assert "not made yet" not in printed("folds", *options, "--report")
    kept = {path.stem: model_file.read(path) for path in out.glob("calibrated/*.safetensors")}
    assert len(kept) == len(FOLDS) * len(SEEDS) + 1
    own = kept["345678-seed0"].calibration
    everybody = kept["calibration-of-all-folds"].calibration
    assert Calibration() != own != everybody != Calibration()
