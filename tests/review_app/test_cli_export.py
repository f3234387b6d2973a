"""`rehab-review export-model` as somebody types it."""

import hashlib
import json
from pathlib import Path

import onnxruntime
import pytest
from safetensors.torch import save_file
from typer.testing import CliRunner, Result

from inference.pose import every_network
from inference.pose.network_names import PoseNetwork
from inference.weights.fetched import LIGHTNING, MOVENET, THUNDER
from inference.weights.kept import kept_weights
from review_app.bench.random_weights import random_features
from review_app.cli import app
from review_app.cli.export import pose_part
from review_app.settings import Settings
from tests.inference.real_files import real_file

FETCHED = {weight.name: weight for weight in (MOVENET, THUNDER, LIGHTNING)}


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(tmp_path / "data"))
    return Settings(data_folder=tmp_path / "data")


def export_model(*words: str) -> Result:
    return CliRunner().invoke(app, ["export-model", *words])


def test_a_stage_is_written_beside_its_weights_and_its_difference_shown(tmp_path: Path) -> None:
    weights, out = tmp_path / "features.safetensors", tmp_path / "features.onnx"
    random_features(weights, (1,))
    described, kept = weights.with_suffix(".json").read_bytes(), kept_weights(tmp_path)
    result = export_model("features", "--weights", str(weights), "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "largest difference from torch" in result.output
    assert "features.onnx.json are written" in " ".join(result.output.split())
    assert weights.with_suffix(".json").read_bytes() == described
    assert kept_weights(tmp_path) == kept  # the ONNX file is none of them
    told = json.loads((tmp_path / "features.onnx.json").read_text())
    assert (told["preset"], told["weights"]) == ("movenet-r2plus1d12", weights.name)
    assert max(told["compared"]["largest_difference_by_length"].values()) < 1e-4
    session = onnxruntime.InferenceSession(out)
    assert [each.name for each in session.get_inputs()] == ["volume"]


@pytest.mark.parametrize("network", PoseNetwork)
def test_every_network_of_stage_1_comes_from_the_file_kept_of_it(
    network: PoseNetwork, settings: Settings
) -> None:
    settings.weights.mkdir(parents=True)
    if network in FETCHED:
        kept = settings.weights / FETCHED[network].file_name
        kept.symlink_to(real_file(FETCHED[network]))
    else:
        kept = settings.weights / f"{network}.safetensors"
        save_file(every_network.untrained(network).state_dict(), kept)
    exported = pose_part(settings, network, None)
    assert exported.about["network"] == network
    assert exported.about["model_hash"] == hashlib.sha256(kept.read_bytes()).hexdigest()
    assert exported.outputs[-1].name == "heatmaps"


@pytest.mark.parametrize("network", PoseNetwork)
def test_an_absent_network_is_said_with_the_command_that_gets_it(
    network: PoseNetwork, tmp_path: Path
) -> None:
    out = tmp_path / "pose.onnx"
    result = export_model("pose", "--network", network, "--out", str(out))
    assert result.exit_code == 1
    command = "fetch" if network in FETCHED else "import"
    said = " ".join(result.output.split())
    assert said.startswith(f"The weights of {network} are missing: ")
    assert f"rehab-review weights {command} " in said and network in said.split("weights ", 2)[2]
    assert not out.exists()


def test_missing_weights_of_a_preset_are_said_with_what_makes_them(tmp_path: Path) -> None:
    out = tmp_path / "features.onnx"
    result = export_model("features", "--preset", "hr-r2plus1d12", "--out", str(out))
    assert result.exit_code == 1
    said = " ".join(result.output.split())
    assert "The features of hr-r2plus1d12 cannot be exported yet" in said
    assert "rehab-review train features --preset hr-r2plus1d12" in said
    assert "localizer" not in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["features", "--network", "hrnet-w48"], "--network is for the pose stage"),
        (["pose", "--network", "hrnet-w48", "--preset", "hr-r2plus1d12"], "give one"),
        (["features", "--weights", "no-such-file"], "There is no file no-such-file"),
    ],
)
def test_options_that_do_not_go_together(words: list[str], sentence: str, tmp_path: Path) -> None:
    result = export_model(*words, "--out", str(tmp_path / "model.onnx"))
    assert result.exit_code == 1
    assert sentence in " ".join(result.output.split())
