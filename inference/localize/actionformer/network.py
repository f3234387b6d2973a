"""ActionFormer (Zhang, Wu and Li, 2022), key for key with the published checkpoints.

The numbers are those of happyharrycn/actionformer_release. Two things are done differently with
the same result: local attention works on blocks of queries with the keys in reach (published:
sliding chunks of the whole padded sequence), and a sequence is padded only as far as anything
behind its end can still be felt (published: always to `max_steps`).

Shapes in comments: B sequences, C channels, T steps.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.localize.actionformer.blocks import LayerNorm, MaskedConv1D, TransformerBlock
from inference.localize.actionformer.convolution import cleared


@dataclass(frozen=True)
class LevelOutput:
    """What the heads say on one level of the pyramid, whose steps lie `stride` input steps apart.

    logits: (B, T, classes). offsets: (B, T, 2) distances to start and end in strides, >= 0.
    mask: (B, T) bool, false behind a sequence's end. range: distances in input steps that the
    level is responsible for.
    """

    logits: Tensor
    offsets: Tensor
    mask: Tensor
    stride: int
    range: tuple[float, float]

    def positions(self) -> Tensor:
        """(T,) where the level's steps lie, in input steps."""
        return torch.arange(self.logits.shape[1], device=self.logits.device) * float(self.stride)

    def on_cpu(self) -> "LevelOutput":
        return replace(
            self, logits=self.logits.cpu(), offsets=self.offsets.cpu(), mask=self.mask.cpu()
        )


class Backbone(nn.Module):
    """Convolutions, transformer blocks at full rate, then one level per halving block."""

    def __init__(
        self,
        *,
        input_dim: int,
        width: int,
        heads: int,
        window: int,
        arch: tuple[int, int, int],
        kernel_size: int,
        absolute_positions: bool,
        relative_positions: bool,
        max_steps: int,
        dropout: float,
        drop_path: float,
    ) -> None:
        super().__init__()
        convolutions, stem, branch = arch
        self.embd = nn.ModuleList(
            MaskedConv1D(width if i else input_dim, width, kernel_size, bias=False)
            for i in range(convolutions)
        )
        self.embd_norm = nn.ModuleList(LayerNorm(width) for _ in range(convolutions))
        self.stem, self.branch = (
            nn.ModuleList(
                TransformerBlock(
                    width,
                    heads=heads,
                    window=window,
                    stride=stride,
                    relative_positions=relative_positions,
                    dropout=dropout,
                    drop_path=drop_path,
                )
                for _ in range(count)
            )
            for count, stride in ((stem, 1), (branch, 2))
        )
        self.positions: Tensor | None
        table = sinusoids(max_steps, width) if absolute_positions else None
        self.register_buffer("positions", table, persistent=False)

    def forward(self, x: Tensor, mask: Tensor) -> list[tuple[Tensor, Tensor]]:
        """(B, T, input_dim) and its (B, T, 1) mask -> features and mask of every level."""
        for conv, norm in zip(self.embd, self.embd_norm, strict=True):
            x, mask = conv(x, mask)
            x = norm(x).relu_()
        if self.positions is not None:
            table, steps = self.positions, x.shape[1]
            if not self.training and steps >= table.shape[2]:
                table = functional.interpolate(table, steps, mode="linear")
            x = x + table[..., :steps].transpose(1, 2) * mask
        for block in self.stem:
            x, mask = block(x, mask)
        levels = [(x, mask)]
        for block in self.branch:
            x, mask = block(x, mask)
            levels.append((x, mask))
        return levels


class Neck(nn.Module):
    """Normalises each level; `top_down` first adds every coarser level to the next finer one."""

    def __init__(self, width: int, levels: int, *, top_down: bool) -> None:
        super().__init__()
        self.top_down = top_down
        if top_down:
            self.lateral_convs = nn.ModuleList(
                MaskedConv1D(width, width, 1, bias=False) for _ in range(levels)
            )
            self.fpn_convs = nn.ModuleList(
                MaskedConv1D(width, width, 3, depthwise=True, bias=False) for _ in range(levels)
            )
        self.fpn_norms = nn.ModuleList(LayerNorm(width) for _ in range(levels))

    def forward(self, levels: list[tuple[Tensor, Tensor]]) -> list[tuple[Tensor, Tensor]]:
        features, masks = [x for x, _ in levels], [mask for _, mask in levels]
        if self.top_down:
            features = [
                conv(x, mask)[0]
                for conv, x, mask in zip(self.lateral_convs, features, masks, strict=True)
            ]
            for finer in range(len(features) - 2, -1, -1):
                coarser = features[finer + 1].repeat_interleave(2, dim=1)
                features[finer] = features[finer] + coarser
            features = [
                conv(x, mask)[0]
                for conv, x, mask in zip(self.fpn_convs, features, masks, strict=True)
            ]
        features = [norm(x) for norm, x in zip(self.fpn_norms, features, strict=True)]
        return list(zip(features, masks, strict=True))


class Row:
    """The levels of a pyramid one behind the other, so that a head does all of them at once.

    Between levels lie `gap` steps that the heads' convolutions must find empty.
    """

    def __init__(self, levels: Sequence[tuple[Tensor, Tensor]], gap: int) -> None:
        self.lengths = [x.shape[1] for x, _ in levels]
        self.x = torch.cat([functional.pad(x, (0, 0, 0, gap)) for x, _ in levels], dim=1)
        self.mask = torch.cat([functional.pad(m, (0, 0, 0, gap)) for _, m in levels], dim=1)
        inside = [functional.pad(torch.ones_like(m), (0, 0, 0, gap)) for _, m in levels]
        self.inside = torch.cat(inside, dim=1)  # (B, all steps, 1): false between levels
        self.gap = gap

    def split(self, x: Tensor) -> list[Tensor]:
        """(B, all steps, C) -> (B, T, C) of each level."""
        parts = x.split([length + self.gap for length in self.lengths], dim=1)
        return [part[:, :length] for part, length in zip(parts, self.lengths, strict=True)]


class Head(nn.Module):
    """Convolutions shared by all levels."""

    def __init__(self, width: int, *, layers: int, kernel_size: int) -> None:
        super().__init__()
        self.head = nn.ModuleList(
            MaskedConv1D(width, width, kernel_size, bias=False) for _ in range(layers - 1)
        )
        self.norm = nn.ModuleList(LayerNorm(width) for _ in range(layers - 1))

    def trunk(self, row: Row) -> Tensor:
        x = row.x
        for conv, norm in zip(self.head, self.norm, strict=True):
            x = cleared(norm(conv(x, row.mask)[0]), row.inside).relu_()
        return x


class ClassHead(Head):
    """How much each class is under way at each step, before the sigmoid."""

    def __init__(self, width: int, classes: int, *, layers: int, kernel_size: int) -> None:
        super().__init__(width, layers=layers, kernel_size=kernel_size)
        self.cls_head = MaskedConv1D(width, classes, kernel_size)
        assert self.cls_head.conv.bias is not None
        nn.init.constant_(self.cls_head.conv.bias, -math.log(99))  # every class starts at 1 %

    def forward(self, row: Row) -> list[Tensor]:
        return row.split(self.cls_head(self.trunk(row), row.mask)[0])  # (B, T, classes) each


class LevelScale(nn.Module):
    """One learned factor."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


class OffsetHead(Head):
    """How far start and end are from each step, in steps of its level, never negative."""

    def __init__(self, width: int, levels: int, *, layers: int, kernel_size: int) -> None:
        super().__init__(width, layers=layers, kernel_size=kernel_size)
        self.scale = nn.ModuleList(LevelScale() for _ in range(levels))
        self.offset_head = MaskedConv1D(width, 2, kernel_size)

    def forward(self, row: Row) -> list[Tensor]:
        offsets = row.split(self.offset_head(self.trunk(row), row.mask)[0])
        return [
            torch.relu(scale(level)) for scale, level in zip(self.scale, offsets, strict=True)
        ]  # (B, T, 2) each


class ActionFormer(nn.Module):
    """Anchor-free temporal action localization.

    arch: convolutions, full-rate blocks, halving blocks. regression_ranges: per level, the
    distances in input steps to the farther boundary that it learns; one more than halving
    blocks. max_steps: the length published code pads to; here it only bounds the padding.
    """

    def __init__(
        self,
        *,
        input_dim: int,
        classes: int,
        width: int,
        heads: int,
        window: int,
        arch: tuple[int, int, int],
        regression_ranges: Sequence[tuple[float, float]],
        max_steps: int,
        kernel_size: int = 3,
        head_layers: int = 3,
        top_down: bool = False,
        absolute_positions: bool = False,
        relative_positions: bool = False,
        dropout: float = 0.0,
        drop_path: float = 0.1,
    ) -> None:
        super().__init__()
        levels = arch[2] + 1
        if len(regression_ranges) != levels:
            raise ValueError(f"{levels} levels need {levels} regression ranges")
        self.regression_ranges = tuple((float(low), float(high)) for low, high in regression_ranges)
        self.max_steps, self.window = max_steps, window
        self.kernel_size, self.head_layers = kernel_size, head_layers
        self.coarsest = 2 ** arch[2]
        self.backbone = Backbone(
            input_dim=input_dim,
            width=width,
            heads=heads,
            window=window,
            arch=arch,
            kernel_size=kernel_size,
            absolute_positions=absolute_positions,
            relative_positions=relative_positions,
            max_steps=max_steps,
            dropout=dropout,
            drop_path=drop_path,
        )
        self.neck = Neck(width, levels, top_down=top_down)
        self.cls_head = ClassHead(width, classes, layers=head_layers, kernel_size=kernel_size)
        self.reg_head = OffsetHead(width, levels, layers=head_layers, kernel_size=kernel_size)

    def padded_length(self, steps: int) -> int:
        """How far to pad so that the result equals that of padding as far as published.

        One invalid step behind the end must exist on every level, where published padding has
        it: norms turn it into a constant that convolutions and pooling still see.
        """
        multiple = self.coarsest * (2 * (self.window // 2) if self.window > 1 else 1)
        published = max(self.max_steps, -(-steps // multiple) * multiple)
        if self.backbone.positions is not None:
            return published  # position encodings are stretched over the padded length
        return min(published, (-(-steps // self.coarsest) + 1) * self.coarsest)

    def reach(self) -> int | None:
        """How many input steps away something can still matter, as a multiple of the coarsest
        stride; None when everything matters everywhere."""
        backbone = self.backbone
        if self.window <= 1 or backbone.positions is not None:
            return None
        half = self.window // 2
        steps = len(backbone.embd) * (self.kernel_size // 2) + len(backbone.stem) * (1 + half)
        steps += sum(2**level * (1 + 2 * half) for level in range(len(backbone.branch)))
        neck_and_heads = self.neck.top_down + self.head_layers * (self.kernel_size // 2)
        steps += neck_and_heads * self.coarsest
        return -(-steps // self.coarsest) * self.coarsest

    def forward(self, features: Tensor, mask: Tensor) -> list[LevelOutput]:
        """(B, input_dim, T) and (B, T) bool, T a multiple of the coarsest stride."""
        levels = self.neck(self.backbone(features.transpose(1, 2), mask[:, :, None]))
        row = Row(levels, self.kernel_size // 2)
        return [
            LevelOutput(
                logits=logits,
                offsets=offsets,
                mask=valid[:, :, 0],
                stride=2**level,
                range=self.regression_ranges[level],
            )
            for level, (logits, offsets, (_, valid)) in enumerate(
                zip(self.cls_head(row), self.reg_head(row), levels, strict=True)
            )
        ]


def sinusoids(steps: int, width: int) -> Tensor:
    """(1, width, steps) position encodings of Vaswani et al. (2017), scaled as published."""
    channel = torch.arange(width)
    angle = torch.arange(steps)[:, None] / torch.pow(
        torch.tensor(10000.0, dtype=torch.float64), 2 * (channel // 2) / width
    )
    table = torch.where(channel % 2 == 0, angle.sin(), angle.cos())
    return (table / math.sqrt(width)).float().T[None]
