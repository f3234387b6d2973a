"""MoveNet in torch: MultiPose (six people) and SinglePose (Thunder, Lightning).

A MobileNetV2 looks at the picture, a feature pyramid carries what it sees back up to a quarter of
the picture's size, and a few small heads read heatmaps and offsets from there (CenterNet). People
are then decoded exactly as in the published graphs. Batch norms are folded into the convolutions,
as in the published files, from which `movenet_numbers` fills these modules.

MobileNetV2: https://arxiv.org/abs/1801.04381, feature pyramid: https://arxiv.org/abs/1612.03144,
CenterNet: https://arxiv.org/abs/1904.07850, https://blog.tensorflow.org/2021/05/next-generation-
pose-detection-with-movenet-and-tensorflowjs.html

In the comments: B pictures of H x W pixels, h = H / 4, w = W / 4 heatmap cells, P = 6 people.
"""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

JOINTS = 17
PEOPLE = 6

# Constants of the graphs. The files hold them as float16, and so do these numbers: equal results
# need the same rounding.
PIXEL_SCALE = 0.007843017578125  # 2 / 255
PEAK_TOLERANCE = 1.0132789611816406e-06  # 1e-6
SPREAD = 0.300048828125  # 0.3
SURE_JOINT = 0.126953125  # 0.127
NEARNESS = 1.7998046875  # 1.8

# MobileNetV2 behind its first block: channels before the width multiplier, blocks, first stride.
STAGES = ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1))
TAPS = (2, 5, 9)  # blocks whose outputs the pyramid takes, at strides 4, 8, 16


class Convolution(nn.Conv2d):
    """3x3 or 1x1 convolution that pads as TensorFlow's "same": at stride 2 only right and below.

    That is what TensorFlow does where the size is even; inputs here are multiples of 32.
    """

    def __init__(
        self, inputs: int, outputs: int, size: int = 1, stride: int = 1, groups: int = 1,
        bias: bool = True,
    ) -> None:  # fmt: skip
        padding = size // 2 if stride == 1 else 0
        super().__init__(inputs, outputs, size, stride, padding, groups=groups, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        if self.stride[0] == 2:
            x = F.pad(x, (0, 1, 0, 1))
        return super().forward(x)


class Bottleneck(nn.Module):
    """Inverted residual: widen, look around in each channel, narrow again."""

    def __init__(self, inputs: int, outputs: int, stride: int, widening: int) -> None:
        super().__init__()
        wide = inputs * widening
        self.expand = Convolution(inputs, wide) if widening > 1 else None
        self.depthwise = Convolution(wide, wide, 3, stride, groups=wide)
        self.project = Convolution(wide, outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        y = self.project(F.relu6(self.depthwise(y), inplace=True))
        return x + y if self.residual else y


class Separable(nn.Module):
    """A 3x3 convolution of each channel, then one across channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.depthwise = Convolution(inputs, inputs, 3, groups=inputs, bias=False)
        self.pointwise = Convolution(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.pointwise(self.depthwise(x)), inplace=True)


class Features(nn.Module):
    """MobileNetV2 of some width and a feature pyramid on it: (B, 3, H, W) -> (B, 24, h, w)."""

    def __init__(self, width: float) -> None:
        super().__init__()
        channels = rounded(32 * width)
        self.stem = Convolution(3, channels, 3, stride=2)
        blocks = [Bottleneck(channels, rounded(16 * width), stride=1, widening=1)]
        channels = rounded(16 * width)
        tapped = []
        for base, repeats, first_stride in STAGES:
            for repeat in range(repeats):
                stride = first_stride if repeat == 0 else 1
                blocks.append(Bottleneck(channels, rounded(base * width), stride, widening=6))
                channels = rounded(base * width)
                if len(blocks) - 1 in TAPS:
                    tapped.append(channels)
        self.blocks = nn.ModuleList(blocks)
        self.last = Convolution(channels, 1280)
        # From coarse to fine: strides 32, 16, 8, 4.
        self.laterals = nn.ModuleList(
            Convolution(inputs, outputs)
            for inputs, outputs in zip((1280, *tapped[::-1]), (64, 64, 32, 24), strict=True)
        )
        self.merges = nn.ModuleList(Separable(*sizes) for sizes in ((64, 32), (32, 24), (24, 24)))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu6(self.stem(x), inplace=True)
        tapped = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in TAPS:
                tapped.append(x)
        x = self.laterals[0](F.relu6(self.last(x), inplace=True))  # (B, 64, H / 32, W / 32)
        for lateral, merge, finer in zip(self.laterals[1:], self.merges, tapped[::-1], strict=True):
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = merge(x + lateral(finer))
        return x


class Head(nn.Module):
    """One thing read from the features: (B, 24, h, w) -> (B, outputs, h, w)."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.separable = Separable(24, 96)
        self.out = Convolution(96, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.separable(x))


class MoveNetModule(nn.Module):
    """What MultiPose and SinglePose share: features, the four heads of the keypoints, precision."""

    def __init__(self, width: float) -> None:
        super().__init__()
        self.features = Features(width)
        self.center = Head(1)  # where people are
        self.kpt_heatmap = Head(JOINTS)
        self.kpt_regress = Head(2 * JOINTS)  # from a person's centre to the joints, cells (y, x)
        self.kpt_offset = Head(2 * JOINTS)  # from a heatmap's cell to the joint, cells (y, x)

    def looked_at(self, pictures: Tensor) -> Tensor:
        """The features of RGB pictures (B, 3, H, W), 0..255, for heads and decoding in float32.

        Backbone and pyramid, nearly all of the work, compute in the type that they were moved to
        (`network.features.to(dtype)`). Heads stay in float32: cells are compared with each other to
        find people and joints, and rounding to 8 bits can make plateaus of the peaks.
        """
        x = pictures.float() * PIXEL_SCALE - 1
        return self.features(x.to(self.features.stem.weight.dtype)).float()  # (B, 24, h, w)


class MultiPose(MoveNetModule):
    """MultiPose Lightning: up to six people in pictures of any size that is a multiple of 32."""

    def __init__(self, width: float = 1.5) -> None:
        super().__init__(width)
        self.box_scale = Head(2)
        self.box_offset = Head(2)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """RGB (B, 3, H, W), 0..255 -> people (B, 6, 56) and heatmaps (B, 17, h, w) 0..1.

        A person is 17 times (y, x, confidence), then top, left, bottom, right and the score; places
        are fractions of the picture's height and width. The best six peaks are always given.
        """
        x = self.looked_at(pictures)
        heatmaps = self.kpt_heatmap(x).sigmoid()
        height, width = heatmaps.shape[2:]
        size = x.new_tensor([height, width])  # cells

        centres, scores = people_centres(self.center(x).sigmoid())  # (B, P, 2), (B, P)
        index = centres[..., 0] * width + centres[..., 1]
        scale = at_cells(self.box_scale(x), index).relu()  # (B, P, 2)
        middle = centres + at_cells(self.box_offset(x), index)
        box = torch.cat([middle - scale / 2, middle + scale / 2], dim=-1)  # (B, P, 4)
        limits = size.repeat(2)
        box = torch.minimum(box, limits).relu()

        regressed = at_cells(self.kpt_regress(x), index).unflatten(-1, (JOINTS, 2))
        expected = centres[:, :, None] + regressed  # (B, P, 17, 2)
        near = heatmaps[:, None] * self.nearness(expected, box, height, width)  # (B, P, 17, h, w)
        cell = near.flatten(3).argmax(dim=-1)  # (B, P, 17)
        # As published, a joint's confidence is what the strongest person has in that cell.
        strongest = near.amax(dim=1).flatten(2)  # (B, 17, h * w)
        confidence = strongest.gather(2, cell.transpose(1, 2)).transpose(1, 2)  # (B, P, 17)
        joints = joint_places(self.kpt_offset(x), cell) / size  # (B, P, 17, 2)

        sure = confidence > SURE_JOINT
        score = scores * (confidence * sure).sum(-1) / sure.sum(-1).clamp(min=1)
        keypoints = torch.cat([joints, confidence[..., None]], dim=-1).flatten(2)  # (B, P, 51)
        box = (box / limits).clamp(0, 1)
        return torch.cat([keypoints, box, score[..., None]], dim=-1), heatmaps

    def nearness(self, expected: Tensor, box: Tensor, height: int, width: int) -> Tensor:
        """How well cells fit joints: (B, P, 17, 2), (B, P, 4) -> (B, P, 17, h, w).

        A Gaussian around the place where the person's centre expects the joint, 0 outside the box.
        """
        spread = min(height, width) * SPREAD
        fits = []
        for axis, cells in enumerate((height, width)):
            cell = torch.arange(cells, device=box.device, dtype=box.dtype)
            low, high = box[:, :, axis, None], box[:, :, axis + 2, None]
            inside = (cell >= low) & (cell < high)  # (B, P, cells)
            apart = cell - expected[..., axis, None]  # (B, P, 17, cells)
            fits.append(torch.exp(-apart.square() / spread) * inside[:, :, None])
        return fits[0][..., :, None] * fits[1][..., None, :]


class SinglePose(MoveNetModule):
    """Thunder (width 1.75, pictures of 256 x 256) and Lightning (width 1, 192 x 192)."""

    center_weight: Tensor

    def __init__(self, width: float, side: int) -> None:
        super().__init__(width)
        self.side = side
        cells = side // 4
        self.register_buffer("center_weight", torch.ones(cells, cells))  # prefers the middle
        self.cell_size = float(np.float16(1 / cells))  # as a fraction of the picture, as published

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """RGB (B, 3, side, side), 0..255 -> poses (B, 17, 3) and heatmaps (B, 17, h, w) 0..1.

        A joint is (y, x, confidence), y and x as fractions of the picture.
        """
        x = self.looked_at(pictures)
        heatmaps = self.kpt_heatmap(x).sigmoid()
        height, width = heatmaps.shape[2:]
        centre = self.center(x).sigmoid() * self.center_weight  # (B, 1, h, w)
        index = centre.flatten(1).argmax(dim=-1, keepdim=True)  # (B, 1)
        regressed = at_cells(self.kpt_regress(x), index).unflatten(-1, (JOINTS, 2))
        expected = torch.stack([index // width, index % width], dim=-1)[:, :, None] + regressed
        expected = expected[:, 0]  # (B, 17, 2)

        rows = torch.arange(height, device=x.device, dtype=x.dtype)
        columns = torch.arange(width, device=x.device, dtype=x.dtype)
        apart_y = (rows - expected[..., :1]).square()[..., :, None]
        apart_x = (columns - expected[..., 1:]).square()[..., None, :]
        near = heatmaps / ((apart_y + apart_x).sqrt() + NEARNESS)  # (B, 17, h, w)
        cell = near.flatten(2).argmax(dim=-1)  # (B, 17)
        confidence = heatmaps.flatten(2).gather(2, cell[..., None])  # (B, 17, 1)
        joints = joint_places(self.kpt_offset(x), cell[:, None])[:, 0] * self.cell_size
        return torch.cat([joints, confidence], dim=-1), heatmaps


def people_centres(centre: Tensor) -> tuple[Tensor, Tensor]:
    """The best six peaks of (B, 1, h, w): cells (B, 6, 2) as (y, x), and their values (B, 6)."""
    highest = F.max_pool2d(centre, 5, stride=1, padding=2)
    peaks = torch.where((centre - highest).abs() < PEAK_TOLERANCE, centre, 0).flatten(1)
    # Sorted, not topk: among equal cells the first one comes first, as in the published graph.
    values, index = peaks.sort(dim=1, descending=True, stable=True)
    values, index = values[:, :PEOPLE], index[:, :PEOPLE]
    width = centre.shape[3]
    return torch.stack([index // width, index % width], dim=-1), values


def at_cells(maps: Tensor, index: Tensor) -> Tensor:
    """What all channels hold at some cells: (B, C, h, w), (B, N) -> (B, N, C)."""
    everywhere = index[:, None].expand(-1, maps.shape[1], -1)  # (B, C, N)
    return maps.flatten(2).gather(2, everywhere).transpose(1, 2)


def joint_places(offsets: Tensor, cell: Tensor) -> Tensor:
    """Cell of each joint plus its own offset there: (B, 34, h, w), (B, P, 17) -> (B, P, 17, 2)."""
    width = offsets.shape[3]
    maps = offsets.flatten(2).unflatten(1, (JOINTS, 2))[:, None]  # (B, 1, 17, 2, h * w)
    maps = maps.expand(-1, cell.shape[1], -1, -1, -1)
    index = cell[..., None, None].expand(-1, -1, -1, 2, -1)  # (B, P, 17, 2, 1)
    found = maps.gather(4, index)[..., 0]
    return torch.stack([cell // width, cell % width], dim=-1) + found


def rounded(channels: float) -> int:
    """The nearest multiple of eight, as in MobileNetV2: never more than a tenth below."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


def thunder() -> SinglePose:
    """SinglePose Thunder, still without its weights."""
    return SinglePose(width=1.75, side=256)


def lightning() -> SinglePose:
    """SinglePose Lightning, still without its weights."""
    return SinglePose(width=1.0, side=192)
