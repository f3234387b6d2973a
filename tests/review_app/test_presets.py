"""A preset from import to proposals: weights written by the test, a rendered video, every stage."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sqlalchemy import Engine
from typer.testing import CliRunner

from db.engine import session
from inference import presets
from inference.device import DeviceError
from inference.features.r2plus1d import r2plus1d_12
from inference.localize.model_file import LocalizerConfig
from inference.pose.hrnet import hrnet_w32
from inference.pose.top_down import TopDown
from inference.synthesis.body import random_body
from inference.synthesis.filming import random_look, random_room
from inference.synthesis.observe import random_camera
from inference.synthesis.performer import perform
from inference.synthesis.render import render
from inference.weights.fetched import MOVENET
from review_app.cli import app
from review_app.jobs import loaded_models
from review_app.preset_models import preset_files, register_model
from review_app.settings import Settings
from tests.inference.real_files import real_file
from tests.parity_weights import fill_from_names

HR = presets.named("hr-r2plus1d12")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def data_folder(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The commands work on the data folder of the test; MoveNet is there already."""
    monkeypatch.setenv("REHAB_REVIEW_DATA_FOLDER", str(settings.data_folder))
    shutil.copy(real_file(MOVENET), settings.weights)
    return settings


def published(folder: Path) -> dict[str, Path]:
    """Files in the form in which their authors publish them, with weights that follow from names;
    the localizer is a narrow one."""
    backbone = r2plus1d_12(17)
    localizer = LocalizerConfig(
        input_dim=128, width=16, heads=4, window=9, arch=(2, 2, 5),
        regression_ranges=((0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000)),
        max_steps=256, step_s=1.0, features_model="",
    ).build(2)  # fmt: skip
    network = hrnet_w32()
    for each in (backbone, localizer, network):
        fill_from_names(each)
    contents: dict[str, Any] = {
        "pose_hrnet_w32_256x192.pth": network.state_dict(),
        "tsp.pth": {"model": {f"features.{name}": v for name, v in backbone.state_dict().items()}},
        "epoch_030.pth.tar": {
            "state_dict_ema": {f"module.{n}": v for n, v in localizer.state_dict().items()}
        },
    }
    for name, content in contents.items():
        torch.save(content, folder / name)
    return {name: folder / name for name in contents}


def squat(out: Path) -> Path:
    """A little more than a second of a mannequin that begins to squat."""
    rng = np.random.default_rng(0)
    motion = perform("deep_squat", random_body(rng), rng, 1)
    motion = replace(motion, joints=motion.joints[: round(1.2 * motion.hz)], labels=())
    camera = replace(random_camera(rng), width=320, height=240)
    render(motion, camera, random_look(rng), random_room(rng), out, fps=15)
    return out


def test_hrnet_from_official_files_to_proposals(
    data_folder: Settings, engine: Engine, tmp_path: Path
) -> None:
    files = published(tmp_path)
    run("weights", "import", str(files["pose_hrnet_w32_256x192.pth"]), "--arch", "hrnet-w32")
    run(
        "weights", "import", str(files["tsp.pth"]), "--arch", "r2plus1d-12",
        "--name", f"{HR.name}-features",
    )  # fmt: skip
    found = preset_files(data_folder, HR)
    run(
        "weights", "import", str(files["epoch_030.pth.tar"]), "--arch", "actionformer-rehab",
        "--name", f"{HR.name}-localizer", "--features", str(found.features),
        "--classes", "lift,squat",
    )  # fmt: skip
    assert presets.missing(HR, found) == ()
    assert "hrnet-w32.safetensors" in run("weights", "list")

    video = squat(tmp_path / "squat.mp4")
    arguments = ("propose", str(video), "--preset", HR.name, "--min-score", "0", "--json")
    (first,) = json.loads(run(*arguments))
    assert first["proposals"]
    assert {proposal["label"] for proposal in first["proposals"]} <= {"lift", "squat"}
    assert all(0 <= p["start_s"] < p["end_s"] <= first["duration_s"] for p in first["proposals"])
    kept = {path: path.stat().st_mtime_ns for path in data_folder.artefacts.rglob("*.npz")}
    (again,) = json.loads(run(*arguments))
    assert again["proposals"] == first["proposals"]
    assert {path: path.stat().st_mtime_ns for path in data_folder.artefacts.rglob("*.npz")} == kept

    with session(engine) as db:
        model = register_model(db, data_folder, HR)
    pipeline = loaded_models.version_pipeline(data_folder, model)
    assert isinstance(pipeline.estimator, TopDown)
    assert loaded_models.version_pipeline(data_folder, model).estimator is pipeline.estimator
    # Another file under the same name is another network, and is loaded again.
    network = torch.load(files["pose_hrnet_w32_256x192.pth"], weights_only=True)
    network["final_layer.bias"] += 1
    torch.save(network, tmp_path / "tuned.pth")
    run("weights", "import", str(tmp_path / "tuned.pth"), "--arch", "hrnet-w32", "--replace")
    other = loaded_models.version_pipeline(data_folder, model).estimator
    assert other.model_hash != pipeline.estimator.model_hash


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_refused_before_any_work(data_folder: Settings) -> None:
    with pytest.raises(DeviceError, match="The setting is REHAB_REVIEW_DEVICE"):
        loaded_models.pipeline(data_folder.model_copy(update={"device": "cuda"}), presets.DEFAULT)
