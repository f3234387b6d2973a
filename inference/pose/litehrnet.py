"""Lite-HRNet: HRNet for small machines; where others mix channels, it weighs them (Yu, CVPR 2021).

Parameter names and numbers are those of the official checkpoints (github.com/HRNet/Lite-HRNet,
`litehrnet_18_coco_256x192.pth` and others): the backbone and a 1 x 1 convolution for the joints.
"""

from collections import OrderedDict
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from inference.pose.hrnet import JOINTS, branch_out

STEM = 32
CHANNELS = (40, 80, 160, 320)  # of the branches, each of half the resolution of the one before
BLOCKS = 2  # in each module
CROSS_RATIO, SPATIAL_RATIO = 8, 4  # how much narrower the weights are computed than applied

Activation = Literal["none", "relu", "sigmoid"]


def unit(
    channels: int,
    planes: int,
    *,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    norm: bool = True,
    then: Activation = "relu",
) -> nn.Sequential:
    """(B, channels, H, W) -> (B, planes, H / stride, W / stride); a bias where there is no norm."""
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    parts["conv"] = nn.Conv2d(
        channels, planes, kernel, stride, kernel // 2, groups=groups, bias=not norm
    )
    if norm:
        parts["bn"] = nn.BatchNorm2d(planes)
    if then == "relu":
        parts["activate"] = nn.ReLU(inplace=True)
    elif then == "sigmoid":
        parts["activate"] = nn.Sigmoid()
    return nn.Sequential(parts)


def depthwise(channels: int, *, stride: int = 1) -> nn.Sequential:
    """3 x 3 in each channel by itself: (B, channels, H, W) -> (B, channels, H / stride, ...)."""
    return unit(channels, channels, kernel=3, stride=stride, groups=channels, then="none")


def separable(channels: int, planes: int, *, stride: int, relu: bool) -> nn.Sequential:
    """Depthwise, then 1 x 1: (B, channels, H, W) -> (B, planes, H / stride, W / stride)."""
    layers = nn.Sequential(
        nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.Conv2d(channels, planes, 1, bias=False),
        nn.BatchNorm2d(planes),
    )
    return layers.append(nn.ReLU(inplace=True)) if relu else layers


def interleave(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Two (B, C, H, W) -> (B, 2C, H, W), channels in turn: the published shuffle in two groups.

    Written with the channels last in memory, where neighbours stay neighbours: with the layers
    around it in the same layout, the whole network takes half the time on a CPU.
    """
    pairs = torch.stack((first.permute(0, 2, 3, 1), second.permute(0, 2, 3, 1)), dim=4)
    return pairs.flatten(3).permute(0, 3, 1, 2)


class Stem(nn.Module):
    """(B, 3, H, W) -> (B, 32, H / 4, W / 4)."""

    def __init__(self) -> None:
        super().__init__()
        half = STEM // 2
        self.conv1 = unit(3, STEM, kernel=3, stride=2)
        self.branch1 = nn.Sequential(depthwise(half, stride=2), unit(half, half))
        self.expand_conv = unit(half, STEM)
        self.depthwise_conv = depthwise(STEM, stride=2)
        self.linear_conv = unit(STEM, half)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, second = self.conv1(x).chunk(2, dim=1)  # two of (B, 16, H/2, W/2)
        second = self.expand_conv(second)  # (B, 32, H/2, W/2)
        second = self.linear_conv(self.depthwise_conv(second))  # (B, 16, H/4, W/4)
        return interleave(self.branch1(first), second)  # (B, 32, H/4, W/4)


class CrossResolutionWeighting(nn.Module):
    """Weighs every channel at every place, from all resolutions together; shapes stay."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.channels = channels
        total = sum(channels)
        self.conv1 = unit(total, total // CROSS_RATIO)
        self.conv2 = unit(total // CROSS_RATIO, total, then="sigmoid")

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        height, width = xs[-1].shape[-2:]
        pooled = [F.adaptive_avg_pool2d(x, (height, width)) for x in xs[:-1]]
        together = torch.cat([*pooled, xs[-1]], dim=1)  # (B, all channels, h, w) of the coarsest
        weights = self.conv2(self.conv1(together)).split(self.channels, dim=1)
        return [
            x * F.interpolate(weight, size=x.shape[-2:], mode="nearest")
            for x, weight in zip(xs, weights, strict=True)
        ]


class SpatialWeighting(nn.Module):
    """Weighs every channel by what it says over the whole picture; the shape stays."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = channels // SPATIAL_RATIO
        self.conv1 = unit(channels, narrow, norm=False)
        self.conv2 = unit(narrow, channels, norm=False, then="sigmoid")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = F.adaptive_avg_pool2d(x, 1)  # (B, channels, 1, 1)
        return x * self.conv2(self.conv1(mean))  # (B, channels, H, W)


class ConditionalChannelWeighting(nn.Module):
    """Half of each branch's channels stay, the others are weighed; then the two interleave."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        halves = tuple(width // 2 for width in channels)
        self.cross_resolution_weighting = CrossResolutionWeighting(halves)
        self.depthwise_convs = nn.ModuleList(depthwise(half) for half in halves)
        self.spatial_weighting = nn.ModuleList(SpatialWeighting(half) for half in halves)

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        stay, change = zip(*(x.chunk(2, dim=1) for x in xs), strict=True)
        changed = self.cross_resolution_weighting(list(change))
        changed = [conv(x) for conv, x in zip(self.depthwise_convs, changed, strict=True)]
        changed = [weigh(x) for weigh, x in zip(self.spatial_weighting, changed, strict=True)]
        return [interleave(same, new) for same, new in zip(stay, changed, strict=True)]


class LiteHRModule(nn.Module):
    """Blocks over all branches, which then exchange: a list of (B, channels[n], H / 2^n, ...)."""

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(ConditionalChannelWeighting(channels) for _ in range(BLOCKS)))
        branches = range(len(channels))
        self.fuse_layers = nn.ModuleList(
            Sum(bring(channels, source, target) for source in branches) for target in branches
        )
        self.relu = nn.ReLU()

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        """As the published code computes it, which the published weights were trained with.

        It adds up in place, so that branch 0 counts twice in every sum, and the sum of branch 0
        (before its ReLU) takes the place of branch 0 in the sums of the other branches.
        """
        finest, *coarser = self.layers(xs)
        first, *others = self.fuse_layers
        total = first(finest, coarser)
        sums = [total, *(fuse(total, coarser) for fuse in others)]
        return [self.relu(x) for x in sums]


class Sum(nn.ModuleList):
    """Brings every branch to one shape and adds them, the finest twice."""

    def forward(self, finest: torch.Tensor, coarser: list[torch.Tensor]) -> torch.Tensor:
        first, *others = self
        brought = first(finest)
        total = brought + brought
        for layer, x in zip(others, coarser, strict=True):
            total = total + layer(x)
        return total


def bring(channels: tuple[int, ...], source: int, target: int) -> nn.Module:
    """What a module does to branch `source` before it is added to branch `target`."""
    wide, planes = channels[source], channels[target]
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(
            nn.Conv2d(wide, planes, 1, bias=False),
            nn.BatchNorm2d(planes),
            nn.Upsample(scale_factor=2 ** (source - target), mode="nearest"),
        )
    halvings = [separable(wide, wide, stride=2, relu=True) for _ in range(target - source - 1)]
    return nn.Sequential(*halvings, separable(wide, planes, stride=2, relu=False))


class DepthwiseSeparable(nn.Module):
    """(B, channels, H, W) -> (B, planes, H, W)."""

    def __init__(self, channels: int, planes: int) -> None:
        super().__init__()
        self.depthwise_conv = depthwise(channels)
        self.pointwise_conv = unit(channels, planes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pointwise_conv(self.depthwise_conv(x))


class IterativeHead(nn.Module):
    """From the coarsest branch up, each is enlarged and added to the next finer one.

    A list of (B, channels[n], H / 2^n, W / 2^n) -> (B, channels[0], H, W).
    """

    def __init__(self, channels: tuple[int, ...]) -> None:
        super().__init__()
        upwards = channels[::-1]
        self.projects = nn.ModuleList(
            DepthwiseSeparable(wide, planes)
            for wide, planes in zip(upwards, (*upwards[1:], upwards[-1]), strict=True)
        )

    def forward(self, xs: list[torch.Tensor]) -> torch.Tensor:
        x = self.projects[0](xs[-1])
        for project, finer in zip(self.projects[1:], xs[-2::-1], strict=True):
            size = finer.shape[-2:]
            x = finer + F.interpolate(x, size=size, mode="bilinear", align_corners=True)
            x = project(x)
        return x


class Backbone(nn.Module):
    """(B, 3, H, W) -> (B, 40, H / 4, W / 4). modules: how many each of the three stages has."""

    def __init__(self, modules: tuple[int, int, int]) -> None:
        super().__init__()
        two, three, four = CHANNELS[:2], CHANNELS[:3], CHANNELS
        self.stem = Stem()
        self.transition0 = nn.ModuleList(
            [
                separable(STEM, two[0], stride=1, relu=True),
                nn.Sequential(separable(STEM, two[1], stride=2, relu=True)),
            ]
        )
        self.stage0 = nn.Sequential(*(LiteHRModule(two) for _ in range(modules[0])))
        self.transition1 = new_branch(three)
        self.stage1 = nn.Sequential(*(LiteHRModule(three) for _ in range(modules[1])))
        self.transition2 = new_branch(four)
        self.stage2 = nn.Sequential(*(LiteHRModule(four) for _ in range(modules[2])))
        self.head_layer = IterativeHead(four)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)  # (B, 32, H/4, W/4)
        xs = branch_out(self.transition0, [x])  # (B, 40, H/4, W/4), (B, 80, H/8, W/8)
        xs = self.stage0(xs)
        xs = branch_out(self.transition1, xs)  # and (B, 160, H/16, W/16)
        xs = self.stage1(xs)
        xs = branch_out(self.transition2, xs)  # and (B, 320, H/32, W/32)
        xs = self.stage2(xs)
        return self.head_layer(xs)  # (B, 40, H/4, W/4)


def new_branch(channels: tuple[int, ...]) -> nn.ModuleList:
    """Leaves the branches as they are and starts another from the coarsest."""
    coarser = separable(channels[-2], channels[-1], stride=2, relu=True)
    return nn.ModuleList([*(nn.Identity() for _ in channels[1:]), nn.Sequential(coarser)])


class LiteHRNet(nn.Module):
    """Normalised pictures to heatmaps: (B, 3, H, W) -> (B, 17, H / 4, W / 4).

    H and W are multiples of 32; the published input is 256 x 192. modules: in each stage.
    """

    def __init__(self, modules: tuple[int, int, int]) -> None:
        super().__init__()
        self.backbone = Backbone(modules)
        self.keypoint_head = nn.Sequential(
            OrderedDict(final_layer=nn.Conv2d(CHANNELS[0], JOINTS, 1))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.keypoint_head(self.backbone(x))


def litehrnet_18() -> LiteHRNet:
    return LiteHRNet((2, 4, 2))


def litehrnet_30() -> LiteHRNet:
    return LiteHRNet((3, 8, 3))
