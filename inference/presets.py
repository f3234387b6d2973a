"""Whole pipelines under the names the literature gives them, and the weights each one needs.

In every preset MoveNet MultiPose finds people; what looks closely at the patient, how deep stage 2
is and what it was trained on differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from inference.weights.fetched import MOVENET
from inference.weights.official import OFFICIAL_FILES, OfficialFile


class PresetError(Exception):
    """A preset that is not known, or whose weights are absent; the message says what to do."""


class PoseModel(StrEnum):
    """The network that looks closely at the patient; its weights have the same name."""

    MOVENET = "movenet"
    HRNET_W32 = "hrnet-w32"
    LITEHRNET_18 = "litehrnet-18"


@dataclass(frozen=True)
class Preset:
    """One choice of networks. layers: blocks in each stage of stage 2, as in `R2Plus1D`.

    expansion: stages 2 and 3 are also trained on copies of each session that are expanded in time
    by this factor. shipped: its weights for stages 2 and 3 come with the repository.
    """

    name: str
    title: str
    about: str
    pose: PoseModel
    layers: tuple[int, ...]
    expansion: float | None = None
    shipped: bool = False


PRESETS = (
    Preset(
        name="hr-r2plus1d18",
        title="HRNet-W32, R(2+1)D-18",
        about="The most exact joints and the deepest features; made for a GPU.",
        pose=PoseModel.HRNET_W32,
        layers=(2, 2, 2, 2),
    ),
    Preset(
        name="hr-r2plus1d12",
        title="HRNet-W32, R(2+1)D-12",
        about="The most exact joints; made for a GPU.",
        pose=PoseModel.HRNET_W32,
        layers=(2, 3),
    ),
    Preset(
        name="hr-r2plus1d12-x1.5",
        title="HRNet-W32, R(2+1)D-12, also trained on slower copies",
        about="As hr-r2plus1d12, trained on copies 1.5 times as long too: for slow patients.",
        pose=PoseModel.HRNET_W32,
        layers=(2, 3),
        expansion=1.5,
    ),
    Preset(
        name="litehr-r2plus1d12",
        title="Lite-HRNet-18, R(2+1)D-12",
        about="A light HRNet, for a processor without a GPU.",
        pose=PoseModel.LITEHRNET_18,
        layers=(2, 3),
    ),
    Preset(
        name="movenet-r2plus1d12",
        title="MoveNet, R(2+1)D-12",
        about="The quickest, and the one that comes with the program.",
        pose=PoseModel.MOVENET,
        layers=(2, 3),
        shipped=True,
    ),
)

DEFAULT = PRESETS[-1]


def preset(name: str) -> Preset:
    """The preset of this name. Raises PresetError, which names the known ones."""
    for known in PRESETS:
        if known.name == name:
            return known
    names = ", ".join(known.name for known in PRESETS)
    raise PresetError(f"There is no preset {name!r}; the presets are {names}.")


@dataclass(frozen=True)
class WeightFiles:
    """Where a preset's weights belong: one file for each stage."""

    pose: Path
    features: Path
    localizer: Path


def files(preset: Preset, *, weights: Path, shipped: Path) -> WeightFiles:
    """weights: the folder of fetched, imported and trained files. shipped: the repository's."""
    if preset.pose is PoseModel.MOVENET:
        pose = weights / MOVENET.file_name
    else:
        pose = weights / f"{preset.pose}.safetensors"
    if preset.shipped:
        return WeightFiles(
            pose, shipped / "features.safetensors", shipped / "localizer.safetensors"
        )
    return WeightFiles(
        pose,
        weights / f"{preset.name}-features.safetensors",
        weights / f"{preset.name}-localizer.safetensors",
    )


@dataclass(frozen=True)
class Missing:
    """A weight file that is not there. what: its part, for people. commands: any one makes it.

    download: the official file that the command imports; None where nothing is downloaded.
    """

    what: str
    file: Path
    commands: tuple[str, ...]
    download: OfficialFile | None = None


def missing(preset: Preset, found: WeightFiles) -> tuple[Missing, ...]:
    """What has to be made or imported before the preset can be used, in that order.

    MoveNet is never among it: it is fetched when it is first needed.
    """
    absent = []
    if preset.pose is not PoseModel.MOVENET and not found.pose.is_file():
        official = next(file for file in OFFICIAL_FILES if file.arch == preset.pose)
        command = f"rehab-review weights import {official.file_name} --arch {preset.pose}"
        absent.append(Missing("stage 1, the pose network", found.pose, (command,), official))
    for what, kind, file in (
        ("stage 2, the features", "features", found.features),
        ("stage 3, the localizer", "localizer", found.localizer),
    ):
        if not file.is_file():
            train = f"rehab-review train {kind} --preset {preset.name} --data FOLDER"
            restore = (f"git checkout -- weights/{file.name}",) if preset.shipped else ()
            absent.append(Missing(what, file, (*restore, train)))
    return tuple(absent)


def require(preset: Preset, found: WeightFiles) -> None:
    """Raises PresetError when a file is absent; the message names each and what makes it."""
    refuse(f"The preset {preset.name} cannot be used yet", missing(preset, found))


def require_features(preset: Preset, found: WeightFiles) -> None:
    """Raises PresetError when the weights of stage 2 are absent, which stage 3 is trained on."""
    absent = [each for each in missing(preset, found) if each.file == found.features]
    refuse(f"The localizer of {preset.name} cannot be trained yet", absent)


def refuse(what: str, absent: Sequence[Missing]) -> None:
    """Raises PresetError when something is absent; `what` says what cannot be done without it."""
    if absent:
        lines = (
            f"{each.file} ({each.what}): make it with `{'` or `'.join(each.commands)}`."
            for each in absent
        )
        raise PresetError("\n".join([f"{what}: weights are missing.", *lines]))
