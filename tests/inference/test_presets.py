"""The presets: their names, what they are made of, and what is said when weights are absent."""

from pathlib import Path

import pytest

from db.models import DEFAULT_PRESET
from inference import presets
from inference.presets import (
    DEFAULT,
    PRESETS,
    PoseModel,
    PresetError,
    files,
    missing,
    require,
    require_features,
)
from review_app.settings import SHIPPED_WEIGHTS


def test_the_names_of_the_literature_in_their_order() -> None:
    assert [preset.name for preset in PRESETS] == [
        "hr-r2plus1d18",
        "hr-r2plus1d12",
        "hr-r2plus1d12-x1.5",
        "litehr-r2plus1d12",
        "movenet-r2plus1d12",
    ]
    assert presets.preset("hr-r2plus1d18").layers == (2, 2, 2, 2)
    assert {p.name for p in PRESETS if p.expansion == 1.5} == {"hr-r2plus1d12-x1.5"}
    assert {p.name for p in PRESETS if p.pose is PoseModel.HRNET_W32} == {
        "hr-r2plus1d18",
        "hr-r2plus1d12",
        "hr-r2plus1d12-x1.5",
    }
    assert DEFAULT.name == DEFAULT_PRESET  # the database cannot ask the floor beside it


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(PresetError, match="litehr-r2plus1d12, movenet-r2plus1d12"):
        presets.preset("hr")


def test_no_two_presets_share_weights_that_are_trained_for_one_of_them(tmp_path: Path) -> None:
    found = [files(preset, weights=tmp_path, shipped=SHIPPED_WEIGHTS) for preset in PRESETS]
    assert len({each.features for each in found}) == len(PRESETS)
    assert len({each.localizer for each in found}) == len(PRESETS)
    assert len({each.pose for each in found}) == 3


def test_the_default_comes_with_the_repository(tmp_path: Path) -> None:
    require(DEFAULT, files(DEFAULT, weights=tmp_path, shipped=SHIPPED_WEIGHTS))


def test_each_missing_file_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    preset = presets.preset("hr-r2plus1d12")
    found = files(preset, weights=tmp_path, shipped=SHIPPED_WEIGHTS)
    with pytest.raises(PresetError) as refused:
        require(preset, found)
    said = str(refused.value)
    for part in (
        f"{tmp_path / 'hrnet-w32.safetensors'}",
        "rehab-review weights import pose_hrnet_w32_256x192.pth --arch hrnet-w32",
        f"{tmp_path / 'hr-r2plus1d12-features.safetensors'}",
        "rehab-review train features --preset hr-r2plus1d12 --data FOLDER",
        f"{tmp_path / 'hr-r2plus1d12-localizer.safetensors'}",
        "rehab-review train localizer --preset hr-r2plus1d12 --data FOLDER",
    ):
        assert part in said
    found.pose.touch()
    found.localizer.touch()
    with pytest.raises(PresetError, match=r"make it with `rehab-review train features --preset"):
        require_features(preset, found)
    (left,) = missing(preset, found)
    assert left.file == found.features and left.download is None
