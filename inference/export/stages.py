"""What is exported of stages 1 and 2: a network between plain tensors, and what they mean."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from inference.export.onnx import Exportable, Port
from inference.features.r2plus1d import R2Plus1D
from inference.pose.estimator import CROP_SIDE, HEATMAP_CELLS
from inference.pose.movenet_torch import JOINTS, PEOPLE, MultiPose, SinglePose
from inference.pose.store import HEATMAP_SIDE
from inference.pose.top_down import IMAGENET_MEAN, IMAGENET_STD

CELL = CROP_SIDE // HEATMAP_CELLS  # pixels, in crops of every size
#: Where in its cell of 4 pixels a network means what it says. HRNet and Lite-HRNet are published
#: with cell c for pixel number 4c, whose middle is half a pixel from its edge.
IN_THE_MIDDLE, AT_THE_FIRST_PIXEL = CELL / 2, 0.5


def pose_part(network: nn.Module, about: dict[str, Any]) -> Exportable:
    """Stage 1 on square crops: MoveNet MultiPose or SinglePose, HRNet or Lite-HRNet."""
    side = network.side if isinstance(network, SinglePose) else CROP_SIDE
    cells, place = side // CELL, IN_THE_MIDDLE
    crops = Port("crops", ("batch", 3, side, side), "float32", "RGB, 0..255")
    heatmaps = Port("heatmaps", ("batch", JOINTS, cells, cells), "float32", "0..1")
    outputs: tuple[Port, ...]
    if isinstance(network, MultiPose):
        meaning = (
            "six people, best first: 17 times (y, x, confidence), then top, left, bottom, right "
            "and the score; places are fractions of the crop"
        )
        outputs = (Port("people", ("batch", PEOPLE, 56), "float32", meaning), heatmaps)
    elif isinstance(network, SinglePose):
        meaning = "one person: (y, x, confidence) of each joint; places are fractions of the crop"
        outputs = (Port("pose", ("batch", JOINTS, 3), "float32", meaning), heatmaps)
    else:
        network, place = _Normalised(network), AT_THE_FIRST_PIXEL
        outputs = (replace(heatmaps, meaning="as published, neither limited nor positive"),)

    def example(batch: int) -> tuple[Tensor, ...]:
        coarse = torch.rand(batch, 3, 16, 16, generator=torch.Generator().manual_seed(batch))
        return (nn.functional.interpolate(coarse * 255, (side, side), mode="bilinear"),)

    return Exportable(
        network,
        (crops,),
        outputs,
        example,
        traced=2,
        lengths=(1, 2, 5),
        about={
            "stage": "pose",
            "heatmap_cells": {
                "pixels": CELL,
                "offset": place,
                "meaning": "cell (row, column) speaks for the position x = pixels * column + "
                "offset, y = pixels * row + offset, in pixels from the crop's top left corner",
            },
            **about,
        },
    )


def features_part(network: R2Plus1D, about: dict[str, Any]) -> Exportable:
    """Stage 2 on a heatmap volume of any length."""
    volume = Port(
        "volume",
        (1, network.in_channels, "ticks", HEATMAP_SIDE, HEATMAP_SIDE),
        "float32",
        "heatmaps 0..1 of the crop at 15 Hz, the largest of 2 x 2 cells of 64 x 64",
    )
    features = Port(
        "features",
        (1, network.out_channels, f"ceil(ticks / {network.stride})"),
        "float32",
        f"one vector for every {network.stride} ticks",
    )

    def example(ticks: int) -> tuple[Tensor, ...]:
        generator = torch.Generator().manual_seed(ticks)
        side = HEATMAP_SIDE
        return (torch.rand(1, network.in_channels, ticks, side, side, generator=generator),)

    lengths = (1, 2, 7, 32, 75)
    return Exportable(
        _Tuple(network),
        (volume,),
        (features,),
        example,
        traced=32,
        lengths=lengths,
        about={"stage": "features", **about},
    )


class _Normalised(nn.Module):
    """RGB 0..255 to what networks trained on ImageNet take; one output as a tuple."""

    mean: Tensor
    spread: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        for name, values in (("mean", IMAGENET_MEAN), ("spread", IMAGENET_STD)):
            self.register_buffer(name, torch.tensor(values)[:, None, None])

    def forward(self, crops: Tensor) -> tuple[Tensor]:
        return (self.network((crops / 255 - self.mean) / self.spread),)


class _Tuple(nn.Module):
    """One output as a tuple."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, volume: Tensor) -> tuple[Tensor]:
        return (self.network(volume),)
