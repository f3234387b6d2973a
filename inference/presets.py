"""Whole pipelines under the names the literature gives them, and the weights each one needs.

In every preset MoveNet MultiPose finds people; what looks closely at the patient, how deep stage 2
is and what it was trained on differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from inference.features.description import (
    JOINTS,
    R2PLUS1D_12,
    R2PLUS1D_18,
    layers_of,
    model_hash,
    model_name,
)
from inference.pose.network_names import PoseNetwork
from inference.weights.fetched import MOVENET
from inference.weights.kept import config_of, description, description_in
from inference.weights.official import OFFICIAL_FILES, OfficialFile


class PresetError(Exception):
    """A preset that is not known, or whose weights are absent; the message says what to do."""


@dataclass(frozen=True)
class Preset:
    """One choice of networks.

    pose: the network that looks closely at the patient. layers: blocks in each stage of stage 2,
    as in `R2Plus1D`. expansion: stages 2 and 3 are also trained on copies of each session that
    are expanded in time by this factor. shipped: its weights for stages 2 and 3 come with the
    repository.
    """

    name: str
    title: str
    about: str
    pose: PoseNetwork
    layers: tuple[int, ...]
    expansion: float | None = None
    shipped: bool = False


PRESETS = (
    Preset(
        name="hr-r2plus1d18",
        title="HRNet-W32, R(2+1)D-18",
        about="The most exact joints and the deepest features; made for a GPU.",
        pose=PoseNetwork.HRNET_W32,
        layers=R2PLUS1D_18,
    ),
    Preset(
        name="hr-r2plus1d12",
        title="HRNet-W32, R(2+1)D-12",
        about="The most exact joints; made for a GPU.",
        pose=PoseNetwork.HRNET_W32,
        layers=R2PLUS1D_12,
    ),
    Preset(
        name="hr-r2plus1d12-x1.5",
        title="HRNet-W32, R(2+1)D-12, also trained on slower copies",
        about="As hr-r2plus1d12, trained on copies 1.5 times as long too: for slow patients.",
        pose=PoseNetwork.HRNET_W32,
        layers=R2PLUS1D_12,
        expansion=1.5,
    ),
    Preset(
        name="litehr-r2plus1d12",
        title="Lite-HRNet-18, R(2+1)D-12",
        about="A light HRNet, for a processor without a GPU.",
        pose=PoseNetwork.LITEHRNET_18,
        layers=R2PLUS1D_12,
    ),
    Preset(
        name="movenet-r2plus1d12",
        title="MoveNet, R(2+1)D-12",
        about="The quickest, and the one that comes with the program.",
        pose=PoseNetwork.MULTIPOSE,
        layers=R2PLUS1D_12,
        shipped=True,
    ),
)

DEFAULT = PRESETS[-1]


def named(name: str) -> Preset:
    """The preset of this name. Raises PresetError, which names the known ones."""
    for preset in PRESETS:
        if preset.name == name:
            return preset
    names = ", ".join(preset.name for preset in PRESETS)
    raise PresetError(f"There is no preset {name!r}; the presets are {names}.")


@dataclass(frozen=True)
class WeightFiles:
    """Where a preset's weights belong: one file for each stage."""

    pose: Path
    features: Path
    localizer: Path


def weight_files(preset: Preset, *, weights: Path, shipped: Path) -> WeightFiles:
    """weights: the folder of fetched, imported and trained files. shipped: the repository's."""
    movenet = preset.pose is PoseNetwork.MULTIPOSE
    pose = MOVENET.file_name if movenet else f"{preset.pose}.safetensors"
    folder, start = (shipped, "") if preset.shipped else (weights, f"{preset.name}-")
    return WeightFiles(
        pose=weights / pose,
        features=folder / f"{start}features.safetensors",
        localizer=folder / f"{start}localizer.safetensors",
    )


@dataclass(frozen=True)
class Missing:
    """Weights that are not there, or that are others than the preset needs.

    part: what they are for, as in "the features". problem: as in "is not there". commands: any
    one of them makes the file. download: the official file that the command imports; None where
    nothing is downloaded.
    """

    stage: int
    part: str
    file: Path
    problem: str
    commands: tuple[str, ...]
    download: OfficialFile | None = None


def missing(preset: Preset, files: WeightFiles) -> tuple[Missing, ...]:
    """What has to be made or imported before the preset can be used, in that order.

    Only what the files say of themselves is read, so that a page can ask each time it is drawn;
    `rehab-review weights verify` reads the rest. MoveNet is never among it: it is fetched when it
    is first needed.
    """
    absent = []
    if problem := _pose_problem(files.pose, preset.pose):
        official = next(file for file in OFFICIAL_FILES if file.arch == preset.pose)
        command = f"rehab-review weights import {official.file_name} --arch {preset.pose}"
        commands = (command + _instead(files.pose),)
        absent.append(Missing(1, "the pose network", files.pose, problem, commands, official))
    for stage, kind, file, problem in (
        (2, "features", files.features, _features_problem(files.features, preset.layers)),
        (3, "localizer", files.localizer, localizer_problem(files)),
    ):
        if problem:
            train = f"rehab-review train {kind} --preset {preset.name} {DATA}"
            restore = (f"git checkout -- weights/{file.name}",) if preset.shipped else ()
            commands = (*restore, train + _instead(file))
            absent.append(Missing(stage, f"the {kind}", file, problem, commands))
    return tuple(absent)


def require(preset: Preset, files: WeightFiles) -> None:
    """Raises PresetError when a file is absent; the message names each and what makes it."""
    refuse(f"The preset {preset.name} cannot be used yet", missing(preset, files))


def require_features(preset: Preset, files: WeightFiles) -> None:
    """Raises PresetError when the weights of stage 2 are absent, which stage 3 is trained on."""
    absent = [each for each in missing(preset, files) if each.file == files.features]
    refuse(f"The localizer of {preset.name} cannot be trained yet", absent)


def refuse(what: str, absent: Sequence[Missing]) -> None:
    """Raises PresetError where anything is absent; what: the start of the sentence."""
    if absent:
        lines = (
            f"{each.file} (stage {each.stage}, {each.part}) {each.problem}: make it with "
            f"`{'` or `'.join(each.commands)}`."
            for each in absent
        )
        raise PresetError("\n".join([f"{what}: weights are missing.", *lines]))


DATA = "--motions FILE.npz --recordings FILE.json"  # recorded motions to train on
NOT_THERE = "is not there"
UNREADABLE = "is damaged or of another program"
EARLIER = "was made by an earlier version of this program, for another network"


def _pose_problem(file: Path, network: PoseNetwork) -> str:
    """What is wrong with the weights of stage 1; "" where nothing is."""
    if network is PoseNetwork.MULTIPOSE:
        return ""
    if not file.is_file():
        return NOT_THERE
    found = description(file).get("arch")
    if found is None:
        return UNREADABLE
    return "" if found == network else f"is for {found}, not for {network}"


def _features_problem(file: Path, layers: tuple[int, ...]) -> str:
    if not file.is_file():
        return NOT_THERE
    config = config_of(description(file))
    if "in_channels" not in config:
        return UNREADABLE
    if config["in_channels"] != JOINTS:
        return f"reads {config['in_channels']} channels, not the {JOINTS} heatmaps of stage 1"
    try:
        found = layers_of(config)
    except (KeyError, TypeError):
        return UNREADABLE
    if found != layers:
        return f"is {model_name(found)}, not {model_name(layers)}"
    return ""


def localizer_problem(files: WeightFiles) -> str:
    """What is wrong with the weights of stage 3, as the end of a sentence; "" where nothing is.

    Only what the files say of themselves is read.
    """
    if not files.localizer.is_file():
        return NOT_THERE
    said = description(files.localizer)
    if said.get("kind") != "localizer":
        return UNREADABLE
    if "network" not in said:
        return EARLIER
    reads = config_of(said).get("features_model")
    if files.features.is_file() and reads != features_hash(files.features):
        return f"reads other features than those of {files.features.name}"
    return ""


def features_hash(file: Path) -> str:
    """The hash that features made with the file carry; "" where it is not one of stage 2."""
    stat = file.stat()
    return _hash_of(file, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=16)
def _hash_of(file: Path, changed_ns: int, size: int) -> str:
    """Kept for as long as the file stays as it is: reading a hundred megabytes takes a while."""
    data = file.read_bytes()
    config = config_of(description_in(data, file))
    return model_hash(data, config) if config else ""


def _instead(file: Path) -> str:
    """The option that a command needs where there is a file of that name."""
    return " --replace" if file.exists() else ""
