"""`rehab-review train features`, from its options to the files that it leaves."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from inference.weights.kept import sha256_of
from review_app.cli import app


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(tmp_path / "data"))


def train(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["train", "features", *arguments])


def test_invented_people_then_a_second_stage(tmp_path: Path) -> None:
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    common = ("--invented", "1", "--steps", "1", "--without-classes", "deep_squat, side_lunge")
    done = train(*common, "--out", str(first), "--logs", str(tmp_path / "logs"))
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"out": str(first), "validation": None}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "first.json", "first.safetensors", "logs",
    ]  # fmt: skip
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["first"]

    assert train(*common, "--start", str(first), "--out", str(second)).exit_code == 0
    card = json.loads(second.with_suffix(".json").read_text())
    assert card["start"]["sha256"] == sha256_of(first)
    assert card["classes_left_out"] == ["deep_squat", "side_lunge"]
    assert card["settings"]["learning_rate"] == 1e-3  # half the rate of the first stage


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "Somebody's recordings are needed to train on, or --invented 1"),
        (("--subjects", "1,two"), "--subjects takes numbers with commas between them"),
        (("--subjects", "1"), "--motions and --recordings go together"),
        (("--invented", "1", "--subjects", "1"), "--subjects are not trained on"),
        (("--invented", "1", "--without-classes", "squat"), "There is no class squat"),
        (("--preset", "hr"), "There is no preset 'hr'"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_a_sentence(
    tmp_path: Path, given: tuple[str, ...], says: str
) -> None:
    refused = train(*given, "--out", str(tmp_path / "out.safetensors"))
    assert refused.exit_code == 1 and says in refused.stderr
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("text", "says"), [("[]", "describes no recordings"), ("[{}]", "does not say who was recorded")]
)
def test_recordings_of_nobody_are_refused(tmp_path: Path, text: str, says: str) -> None:
    motions, recordings = tmp_path / "motions.npz", tmp_path / "recordings.json"
    motions.touch()
    recordings.write_text(text)
    refused = train("--motions", str(motions), "--recordings", str(recordings))
    assert refused.exit_code == 1 and says in refused.stderr
