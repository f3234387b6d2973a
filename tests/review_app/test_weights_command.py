"""`rehab-review weights`: what it lists, what it refuses, and how presets point to it."""

import shutil
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner, Result

from inference.localize.localizer import Localizer
from inference.localize.model_file import LocalizerConfig
from inference.pose.litehrnet import litehrnet_18
from inference.weights.fetched import NEEDED, WEIGHTS
from inference.weights.official import OFFICIAL_FILES
from review_app.cli import app
from tests.inference.real_files import real_file


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights folder of an empty data folder."""
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(tmp_path / "data"))
    return tmp_path / "data" / "weights"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_everything_known_is_listed_with_its_source_and_licence(weights: Path) -> None:
    for arguments in (("weights",), ("weights", "list")):
        shown = run(*arguments).stdout
        for weight in WEIGHTS:
            assert weight.name in shown and weight.sha256[:8] in shown
        for known in OFFICIAL_FILES:
            assert f"--arch {known.arch}" in shown and known.page in shown
        assert "localizer.safetensors  present" in shown
        assert "recorded at import" in shown and "c78dce93" in shown


def test_an_imported_file_is_listed_and_a_damaged_one_found(weights: Path, tmp_path: Path) -> None:
    file = tmp_path / "lite.pth"
    torch.save({"state_dict": litehrnet_18().state_dict()}, file)
    imported = run("weights", "import", str(file), "--arch", "litehrnet-18")
    made = weights / "litehrnet-18.safetensors"
    assert (imported.exit_code, imported.stdout.strip()) == (0, f"Imported as {made}")
    assert "litehrnet-18.safetensors  present" in run("weights", "list").stdout

    missing = run("weights", "verify")
    assert missing.exit_code == 1 and "movenet is missing: run" in missing.stderr
    for weight in NEEDED:  # the other fetched ones may be missing
        shutil.copy(real_file(weight), weights)
    assert run("weights", "verify").exit_code == 0
    made.write_bytes(made.read_bytes()[:-4] + b"oops")
    damaged = run("weights", "verify")
    assert damaged.exit_code == 1
    assert "litehrnet-18.safetensors is damaged: import or train it again." in damaged.stderr
    made.with_suffix(".json").unlink()
    nameless = run("weights", "verify")
    assert nameless.exit_code == 1 and "litehrnet-18.safetensors is undescribed" in nameless.stderr


def test_a_file_that_does_not_fit_and_an_unknown_name_are_refused(
    weights: Path, tmp_path: Path
) -> None:
    file = tmp_path / "lite.pth"
    torch.save({"state_dict": litehrnet_18().state_dict()}, file)
    refused = run("weights", "import", str(file), "--arch", "hrnet-w32")
    assert refused.exit_code == 1 and "lite.pth does not fit hrnet-w32" in refused.stderr
    assert not weights.exists()
    unknown = run("weights", "fetch", "movenot")
    assert unknown.exit_code == 1 and "known are movenet" in unknown.stderr


def test_the_localizer_of_thumos_is_imported_for_export_only(weights: Path, tmp_path: Path) -> None:
    narrow = LocalizerConfig(
        input_dim=24, width=16, heads=4, window=19, arch=(2, 2, 5),
        regression_ranges=((0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000)),
        max_steps=2304, step_s=4 / 30, features_model="",
    )  # fmt: skip
    file = tmp_path / "epoch_034.pth.tar"
    torch.save({"state_dict_ema": narrow.build(20).state_dict()}, file)
    imported = run("weights", "import", str(file), "--arch", "actionformer-thumos-i3d")
    assert imported.exit_code == 0 and "No preset can use it" in imported.stdout
    localizer = Localizer.load(weights / "actionformer-thumos-i3d.safetensors")
    assert (localizer.config, len(localizer.classes)) == (narrow, 20)


def recorded(folder: Path) -> tuple[str, ...]:
    """Options that name two files: who was recorded, and no motions."""
    motions, recordings = folder / "motions.npz", folder / "recordings.json"
    motions.touch()
    recordings.write_text('[{"subject": 1}]')
    return ("--motions", str(motions), "--recordings", str(recordings))


@pytest.mark.parametrize("command", [("propose", "x.mp4"), ("train", "localizer")])
def test_a_preset_without_weights_and_an_unknown_one_are_refused_in_a_sentence(
    weights: Path, tmp_path: Path, command: tuple[str, str]
) -> None:
    data = recorded(tmp_path) if command[0] == "train" else ()
    unknown = run(*command, *data, "--preset", "hr")
    assert unknown.exit_code == 1 and "There is no preset 'hr'" in unknown.stderr
    if command[0] == "propose":
        refused = run(*command, "--preset", "litehr-r2plus1d12")
        assert refused.exit_code == 1
        assert "rehab-review weights import litehrnet18_coco_256x192" in refused.stderr


@pytest.mark.parametrize("kind", ["features", "localizer"])
def test_training_does_not_write_over_weights_unasked(
    weights: Path, tmp_path: Path, kind: str
) -> None:
    kept = tmp_path / "kept.safetensors"
    kept.write_bytes(b"years of work")
    refused = run("train", kind, *recorded(tmp_path), "--out", str(kept))
    assert refused.exit_code == 1
    assert f"{kept} is there already" in refused.stderr and "--replace" in refused.stderr
    assert kept.read_bytes() == b"years of work"
