"""R(2+1)D: convolutions over space, then over time (Tran et al., CVPR 2018).

Parameter names and numbers are those of torchvision's `r2plus1d_18` without its classifier.
"""

from typing import TypeVar

import torch
from torch import nn

from inference.features.description import R2PLUS1D_12, R2PLUS1D_18

M = TypeVar("M", bound=nn.Module)


def middle_channels(channels: int, planes: int) -> int:
    """Channels between the spatial and the temporal half: as many weights as a full 3-D kernel."""
    return (27 * channels * planes) // (9 * channels + 3 * planes)


def spatial_then_temporal(
    channels: int, middle: int, planes: int, stride: int = 1
) -> nn.Sequential:
    """(N, channels, T, H, W) -> (N, planes, T / stride, H / stride, W / stride)."""
    return nn.Sequential(
        nn.Conv3d(channels, middle, (1, 3, 3), (1, stride, stride), (0, 1, 1), bias=False),
        nn.BatchNorm3d(middle),
        nn.ReLU(inplace=True),
        nn.Conv3d(middle, planes, (3, 1, 1), (stride, 1, 1), (1, 0, 0), bias=False),
    )


class BasicBlock(nn.Module):
    """Two (2+1)D convolutions beside a shortcut: (B, channels, T, H, W) -> (B, planes, ...)."""

    def __init__(self, channels: int, planes: int, stride: int) -> None:
        super().__init__()
        middle = middle_channels(channels, planes)
        self.conv1 = nn.Sequential(
            spatial_then_temporal(channels, middle, planes, stride),
            nn.BatchNorm3d(planes),
            nn.ReLU(inplace=True),
        )
        self.conv2 = nn.Sequential(
            spatial_then_temporal(planes, middle, planes), nn.BatchNorm3d(planes)
        )
        self.relu = nn.ReLU(inplace=True)
        self.downsample = (
            None
            if stride == 1 and channels == planes
            else nn.Sequential(
                nn.Conv3d(channels, planes, 1, stride, bias=False), nn.BatchNorm3d(planes)
            )
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu(self.conv2(self.conv1(x)) + shortcut)


class R2Plus1D(nn.Module):
    """A stem and residual stages of 64, 128, 256, ... channels; every stage after the first
    halves time and space.

    `layers` is the number of blocks in each stage.
    """

    def __init__(self, in_channels: int, layers: tuple[int, ...]) -> None:
        super().__init__()
        self.in_channels, self.layers = in_channels, layers
        self.stem = nn.Sequential(
            nn.Conv3d(in_channels, 45, (1, 7, 7), (1, 2, 2), (0, 3, 3), bias=False),
            nn.BatchNorm3d(45),
            nn.ReLU(inplace=True),
            nn.Conv3d(45, 64, (3, 1, 1), 1, (1, 0, 0), bias=False),
            nn.BatchNorm3d(64),
            nn.ReLU(inplace=True),
        )
        channels = 64
        for index, blocks in enumerate(layers):
            planes, stride = 64 * 2**index, 1 if index == 0 else 2
            stage = [BasicBlock(channels, planes, stride)]
            stage += [BasicBlock(planes, planes, 1) for _ in range(blocks - 1)]
            self.add_module(f"layer{index + 1}", nn.Sequential(*stage))
            channels = planes
        self.out_channels = channels
        self.stride = 2 ** (len(layers) - 1)  # ticks a feature

    @property
    def reach(self) -> int:
        """Ticks on either side of a feature's first tick that can change it, at most."""
        ticks, step = 1, 1
        for index, blocks in enumerate(self.layers):
            for block in range(blocks):
                first = 1 if index and not block else step  # strided: reads the finer grid
                if index and not block:
                    first, step = step, step * 2
                ticks += first + step
        return ticks

    def volumes(self, x: torch.Tensor) -> torch.Tensor:
        """(N, in_channels, T, H, W) -> (N, C, T', H', W')."""
        x = self.stem(x)
        for index in range(len(self.layers)):
            x = getattr(self, f"layer{index + 1}")(x)
        return x

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, in_channels, T, H, W) -> (N, C, T'): mean over space, one vector a step in time."""
        return self.volumes(x).mean(dim=(3, 4))


def channels_last(module: M) -> M:
    """The same module with 3-D kernels laid out as CPUs like them best."""
    for parameter in module.parameters():
        if parameter.ndim == 5:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last_3d)
    return module


def r2plus1d_12(in_channels: int) -> R2Plus1D:
    """Twelve layers, 128-d features, one for every 2 ticks."""
    return R2Plus1D(in_channels, R2PLUS1D_12)


def r2plus1d_18(in_channels: int) -> R2Plus1D:
    """Eighteen layers, 512-d features, one for every 8 ticks."""
    return R2Plus1D(in_channels, R2PLUS1D_18)
