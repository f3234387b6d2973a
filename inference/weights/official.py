"""Checkpoints that their authors publish: nothing here fetches them, a person does.

Their pages ask for a click (Google Drive, OneDrive) or are not a package index; `rehab-review
weights import` turns what was downloaded into safetensors.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_CHECKSUM = re.compile(r"-([0-9a-f]{8})(?:_\d{8})?\.pth$")


class Arch(StrEnum):
    """The networks that a checkpoint can be imported for."""

    HRNET_W32 = "hrnet-w32"
    HRNET_W48 = "hrnet-w48"
    LITEHRNET_18 = "litehrnet-18"
    LITEHRNET_30 = "litehrnet-30"
    R2PLUS1D_18 = "r2plus1d-18"
    R2PLUS1D_12 = "r2plus1d-12"
    ACTIONFORMER_THUMOS_I3D = "actionformer-thumos-i3d"
    ACTIONFORMER_REHAB = "actionformer-rehab"


@dataclass(frozen=True)
class OfficialFile:
    """One published file. megabytes: about; computed from the number of values it must hold."""

    arch: Arch
    file_name: str
    page: str
    licence: str
    megabytes: float

    @property
    def checksum(self) -> str:
        """The first 8 hex digits of its sha256, which PyTorch and OpenMMLab put into the name;
        "" where the authors give none."""
        found = _CHECKSUM.search(self.file_name)
        return found.group(1) if found else ""


_HRNET = "https://github.com/leoxiaobin/deep-high-resolution-net.pytorch"
_LITEHRNET = "https://github.com/HRNet/Lite-HRNet"
_MMPOSE = "https://download.openmmlab.com/mmpose/top_down"

OFFICIAL_FILES = (
    OfficialFile(Arch.HRNET_W32, "pose_hrnet_w32_256x192.pth", _HRNET, "MIT", 114),
    OfficialFile(Arch.HRNET_W48, "pose_hrnet_w48_256x192.pth", _HRNET, "MIT", 255),
    OfficialFile(
        Arch.HRNET_W32,
        "hrnet_w32_coco_256x192-c78dce93_20200708.pth",
        f"{_MMPOSE}/hrnet/",
        "Apache-2.0",
        114,
    ),
    OfficialFile(
        Arch.HRNET_W48,
        "hrnet_w48_coco_256x192-b9e0b3ab_20200708.pth",
        f"{_MMPOSE}/hrnet/",
        "Apache-2.0",
        255,
    ),
    OfficialFile(
        Arch.LITEHRNET_18,
        "litehrnet18_coco_256x192-6bace359_20211230.pth",
        f"{_LITEHRNET}, {_MMPOSE}/litehrnet/",
        "Apache-2.0",
        5,
    ),
    OfficialFile(
        Arch.LITEHRNET_30,
        "litehrnet30_coco_256x192-4176555b_20210626.pth",
        f"{_LITEHRNET}, {_MMPOSE}/litehrnet/",
        "Apache-2.0",
        7,
    ),
    OfficialFile(
        Arch.R2PLUS1D_18,
        "r2plus1d_18-91a641e6.pth",
        "https://docs.pytorch.org/vision/stable/models/video_resnet.html, "
        "https://download.pytorch.org/models/",
        "BSD-3-Clause",
        126,
    ),
    OfficialFile(
        Arch.ACTIONFORMER_THUMOS_I3D,
        "epoch_034.pth.tar",
        "https://github.com/happyharrycn/actionformer_release (thumos_i3d_reproduce)",
        "MIT",
        350,
    ),
)


def official_file(file_name: str) -> OfficialFile | None:
    """The published file of this name."""
    return next((known for known in OFFICIAL_FILES if known.file_name == file_name), None)
