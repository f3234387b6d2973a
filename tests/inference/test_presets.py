"""The presets: their names, what they are made of, and what is said when weights are absent."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from db.models import DEFAULT_PRESET
from inference import presets
from inference.features.extract import FeatureExtractor, stage_2_config
from inference.features.r2plus1d import R2Plus1D
from inference.localize.localizer import Localizer
from inference.pose.network_names import PoseNetwork
from inference.presets import (
    DEFAULT,
    PRESETS,
    Preset,
    PresetError,
    WeightFiles,
    missing,
    require,
    require_features,
    weight_files,
)
from inference.weights.state_dicts import write
from review_app.settings import SHIPPED_WEIGHTS


def test_the_names_of_the_literature_in_their_order() -> None:
    assert [preset.name for preset in PRESETS] == [
        "hr-r2plus1d18",
        "hr-r2plus1d12",
        "hr-r2plus1d12-x1.5",
        "litehr-r2plus1d12",
        "movenet-r2plus1d12",
    ]
    assert presets.named("hr-r2plus1d18").layers == (2, 2, 2, 2)
    assert {p.name for p in PRESETS if p.expansion == 1.5} == {"hr-r2plus1d12-x1.5"}
    assert {p.name for p in PRESETS if p.pose is PoseNetwork.HRNET_W32} == {
        "hr-r2plus1d18",
        "hr-r2plus1d12",
        "hr-r2plus1d12-x1.5",
    }
    assert DEFAULT.name == DEFAULT_PRESET  # the database cannot ask the floor beside it


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(PresetError, match="litehr-r2plus1d12, movenet-r2plus1d12"):
        presets.named("hr")


def test_no_two_presets_share_weights_that_are_trained_for_one_of_them(tmp_path: Path) -> None:
    found = [weight_files(preset, weights=tmp_path, shipped=SHIPPED_WEIGHTS) for preset in PRESETS]
    assert len({each.features for each in found}) == len(PRESETS)
    assert len({each.localizer for each in found}) == len(PRESETS)
    assert len({each.pose for each in found}) == 3


def test_the_default_comes_with_the_repository(tmp_path: Path) -> None:
    files = weight_files(DEFAULT, weights=tmp_path, shipped=SHIPPED_WEIGHTS)
    assert missing(DEFAULT, files) == ()


def test_each_missing_file_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    preset = presets.named("hr-r2plus1d12")
    found = weight_files(preset, weights=tmp_path, shipped=SHIPPED_WEIGHTS)
    with pytest.raises(PresetError) as refused:
        require(preset, found)
    said = str(refused.value)
    for part in (
        f"{tmp_path / 'hrnet-w32.safetensors'}",
        "rehab-review weights import pose_hrnet_w32_256x192.pth --arch hrnet-w32",
        f"{tmp_path / 'hr-r2plus1d12-features.safetensors'}",
        f"rehab-review train features --preset hr-r2plus1d12 {presets.DATA}",
        f"{tmp_path / 'hr-r2plus1d12-localizer.safetensors'}",
        f"rehab-review train localizer --preset hr-r2plus1d12 {presets.DATA}",
    ):
        assert part in said


def some(file: Path, description: dict[str, Any]) -> None:
    """A weight file that says this of itself."""
    write(file, {"weight": torch.zeros(1)}, description=description, about={})


def problems(preset: Preset, found: WeightFiles) -> list[str]:
    return [f"{each.part} {each.problem}" for each in missing(preset, found)]


def test_files_of_other_networks_do_not_make_a_preset_complete(tmp_path: Path) -> None:
    preset = presets.named("hr-r2plus1d12")
    found = weight_files(preset, weights=tmp_path, shipped=SHIPPED_WEIGHTS)
    for file in (found.pose, found.features, found.localizer):
        file.touch()
    assert [problem.split(" is ")[1] for problem in problems(preset, found)] == [
        "damaged or of another program"
    ] * 3
    for strange in ({"config": [17]}, {"config": {"in_channels": 17, "layers": 2}}):
        some(found.features, strange)
        assert problems(preset, found)[1] == "the features is damaged or of another program"
    some(found.pose, {"arch": "hrnet-w48"})
    some(found.features, {"config": stage_2_config(R2Plus1D(3, (2, 3)))})
    shutil.copy(SHIPPED_WEIGHTS / "localizer.safetensors", found.localizer)
    assert problems(preset, found) == [
        "the pose network is for hrnet-w48, not for hrnet-w32",
        "the features reads 3 channels, not the 17 heatmaps of stage 1",
        "the localizer reads other features than those of hr-r2plus1d12-features.safetensors",
    ]
    with pytest.raises(
        PresetError,
        match=f"--preset hr-r2plus1d12 {presets.DATA} --replace`",
    ):
        require_features(preset, found)
    some(found.pose, {"arch": "hrnet-w32"})
    some(found.features, {"config": stage_2_config(R2Plus1D(17, (2, 2, 2, 2)))})
    assert "the features is r2plus1d_18, not r2plus1d_12" in problems(preset, found)
    for suffix in (".safetensors", ".json"):
        shutil.copy(SHIPPED_WEIGHTS / f"features{suffix}", found.features.with_suffix(suffix))
    assert problems(preset, found) == []
    # What the preset compares is what a job compares when it has loaded both.
    assert FeatureExtractor.load(found.features).model_hash == (
        Localizer.load(found.localizer).config.features_model
    )
    found.pose.unlink()
    (left,) = missing(preset, found)
    assert left.file == found.pose and left.problem == "is not there"
    assert left.download is not None and "--replace" not in left.commands[0]
