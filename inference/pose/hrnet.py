"""HRNet: heatmaps from a network that keeps its finest resolution (Sun et al., CVPR 2019).

Parameter names and numbers are those of the official checkpoints
(github.com/leoxiaobin/deep-high-resolution-net.pytorch, `pose_hrnet_w32_256x192.pth` and others).
"""

import torch
from torch import nn

JOINTS = 17
BLOCKS = 4  # residual blocks in layer1 and in each branch of a module


def conv_bn(channels: int, planes: int, *, kernel: int, stride: int = 1) -> nn.Sequential:
    """(B, channels, H, W) -> (B, planes, H / stride, W / stride)."""
    convolution = nn.Conv2d(channels, planes, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(planes))


def conv_bn_relu(channels: int, planes: int, *, kernel: int, stride: int = 1) -> nn.Sequential:
    """(B, channels, H, W) -> (B, planes, H / stride, W / stride)."""
    return conv_bn(channels, planes, kernel=kernel, stride=stride).append(nn.ReLU(inplace=True))


class Bottleneck(nn.Module):
    """Narrow, look around, widen to 256: (B, channels, H, W) -> (B, 256, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.conv2 = nn.Conv2d(64, 64, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.conv3 = nn.Conv2d(64, 256, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(256)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None if channels == 256 else conv_bn(channels, 256, kernel=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)  # (B, 256, H, W)
        x = self.relu(self.bn1(self.conv1(x)))  # (B, 64, H, W)
        x = self.relu(self.bn2(self.conv2(x)))  # (B, 64, H, W)
        return self.relu(self.bn3(self.conv3(x)) + shortcut)  # (B, 256, H, W)


class BasicBlock(nn.Module):
    """Two convolutions beside a shortcut: (B, channels, H, W) -> the same shape."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu(self.bn1(self.conv1(x)))  # (B, channels, H, W)
        return self.relu(self.bn2(self.conv2(out)) + x)  # (B, channels, H, W)


class HighResolutionModule(nn.Module):
    """Branches side by side, each of half the resolution of the one before, which then exchange.

    A list of (B, channels[n], H / 2^n, W / 2^n) -> the first `outputs` of the same shapes.
    """

    def __init__(self, channels: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(width) for _ in range(BLOCKS))) for width in channels
        )
        self.fuse_layers = nn.ModuleList(
            Sum(bring(channels, source, target) for source in range(len(channels)))
            for target in range(outputs)
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        xs = [branch(x) for branch, x in zip(self.branches, xs, strict=True)]
        return [self.relu(fuse(xs)) for fuse in self.fuse_layers]


class Sum(nn.ModuleList):
    """Brings every branch to one shape and adds them in turn, as published to the last digit."""

    def forward(self, xs: list[torch.Tensor]) -> torch.Tensor:
        total, *others = (layer(x) for layer, x in zip(self, xs, strict=True))
        for other in others:
            total = total + other
        return total


def bring(channels: tuple[int, ...], source: int, target: int) -> nn.Module:
    """What a module does to branch `source` before it is added to branch `target`."""
    if source == target:
        return nn.Identity()
    if source > target:
        up = nn.Upsample(scale_factor=2 ** (source - target), mode="nearest")
        return conv_bn(channels[source], channels[target], kernel=1).append(up)
    halvings = [
        conv_bn_relu(channels[source], channels[source], kernel=3, stride=2)
        for _ in range(target - source - 1)
    ]
    last = conv_bn(channels[source], channels[target], kernel=3, stride=2)
    return nn.Sequential(*halvings, last)


def branch_out(transition: nn.ModuleList, xs: list[torch.Tensor]) -> list[torch.Tensor]:
    """One branch more: each step takes its own branch, a new one the coarsest there is."""
    return [step(xs[min(n, len(xs) - 1)]) for n, step in enumerate(transition)]


class HRNet(nn.Module):
    """Normalised pictures to heatmaps: (B, 3, H, W) -> (B, 17, H / 4, W / 4).

    H and W are multiples of 32; the published input is 256 x 192. width: channels of the finest
    branch, 32 or 48 in the published networks; each coarser branch has twice as many.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        wide = tuple(width * 2**n for n in range(4))
        self.conv1 = nn.Conv2d(3, 64, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.conv2 = nn.Conv2d(64, 64, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = nn.Sequential(Bottleneck(64), *(Bottleneck(256) for _ in range(BLOCKS - 1)))
        self.transition1 = nn.ModuleList(
            [
                conv_bn_relu(256, wide[0], kernel=3),
                nn.Sequential(conv_bn_relu(256, wide[1], kernel=3, stride=2)),
            ]
        )
        self.stage2 = nn.Sequential(HighResolutionModule(wide[:2], outputs=2))
        self.transition2 = new_branch(wide[:3])
        self.stage3 = nn.Sequential(*(HighResolutionModule(wide[:3], outputs=3) for _ in range(4)))
        self.transition3 = new_branch(wide)
        self.stage4 = nn.Sequential(
            *(HighResolutionModule(wide, outputs=4) for _ in range(2)),
            HighResolutionModule(wide, outputs=1),
        )
        self.final_layer = nn.Conv2d(width, JOINTS, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.bn1(self.conv1(x)))  # (B, 64, H/2, W/2)
        x = self.relu(self.bn2(self.conv2(x)))  # (B, 64, H/4, W/4)
        x = self.layer1(x)  # (B, 256, H/4, W/4)
        xs = branch_out(self.transition1, [x])  # (B, width, H/4, W/4), (B, 2 width, H/8, W/8)
        xs = self.stage2(xs)
        xs = branch_out(self.transition2, xs)  # and (B, 4 width, H/16, W/16)
        xs = self.stage3(xs)
        xs = branch_out(self.transition3, xs)  # and (B, 8 width, H/32, W/32)
        (x,) = self.stage4(xs)  # (B, width, H/4, W/4)
        return self.final_layer(x)  # (B, 17, H/4, W/4)


def new_branch(channels: tuple[int, ...]) -> nn.ModuleList:
    """Leaves the branches as they are and starts another from the coarsest."""
    coarser = conv_bn_relu(channels[-2], channels[-1], kernel=3, stride=2)
    return nn.ModuleList([*(nn.Identity() for _ in channels[1:]), nn.Sequential(coarser)])


def hrnet_w32() -> HRNet:
    return HRNet(32)


def hrnet_w48() -> HRNet:
    return HRNet(48)
