"""ActionFormer with a stem at tick rate, a top-down pyramid and a second look at boundaries.

It sees the joints at all 15 ticks a second; a few ticks are merged into one step of the pyramid,
where the features of stage 2 join. Every step says how surely something is under way (actionness),
which class it is, and how far away it starts and ends (Zhang, Wu and Li, 2022); `Refinement` then
looks at the ticks around those boundaries.

Shapes in comments: B sequences, T ticks, P steps of all levels, C channels.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.localize.actionformer.blocks import (
    LayerNorm,
    MaskedConv1D,
    Pointwise,
    TransformerBlock,
)
from inference.localize.actionformer.convolution import cleared
from inference.localize.actionformer.network import Row
from inference.localize.kinematics import KINEMATIC_COLUMNS, kinematics
from inference.localize.refinement import Refinement
from inference.localize.trunk import LAYERS, Trunk

EMBEDDING_KERNEL = 5
FIRST_ACTIONNESS = 1 / 31  # what every step claims before it has learned anything
PASSES = 2  # how often a boundary is looked at again
FARTHEST = 450  # ticks; boundaries farther from their step than half a minute stay coarse
MOVEMENT = 3  # ticks to either side that kinematics see


@dataclass(frozen=True)
class NetworkConfig:
    """features: channels of stage 2 at each tick, 0 for none. classes: how many.

    kinematics: whether it sees the joints; without them the stem takes the features.
    width, fine_width: channels of the pyramid and at tick rate.
    stride: ticks a step of the finest of `levels` levels. heads, window: of the attention.
    stem_blocks: transformer blocks before the first halving.
    top_down: whether coarser levels are added to finer ones.
    refinement: ticks to either side that a boundary is looked for, 0 for none.
    first_range: steps to the farther boundary up to which the finest level is responsible.
    """

    features: int
    classes: int
    kinematics: bool = True
    width: int = 128
    fine_width: int = 96
    stride: int = 2
    levels: int = 5
    heads: int = 4
    window: int = 9
    stem_blocks: int = 2
    top_down: bool = True
    refinement: int = 8
    first_range: float = 4.0
    dropout: float = 0.1
    drop_path: float = 0.1

    def __post_init__(self) -> None:
        if not self.kinematics and not self.features:
            raise ValueError("a network needs kinematics, features or both")


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of all levels in a row, (P,) each: their levels, and in ticks where they lie, how
    far apart those of a level are, and the distances to the farther boundary of what they learn."""

    levels: Tensor
    positions: Tensor
    strides: Tensor
    nearest: Tensor
    farthest: Tensor


@dataclass(frozen=True, eq=False)
class Answer:
    """logits (B, P, 1 + classes): actionness, then classes given that there is an action.
    offsets (B, P, 2): ticks back to the start and on to the end. mask (B, P): false at steps that
    answer nothing. queries (B, P, 2 D) and keys (B, T, 2 D + 2) are for `Refinement`, if any.
    """

    steps: Steps
    logits: Tensor
    offsets: Tensor
    mask: Tensor
    queries: Tensor | None
    keys: Tensor | None


class RefinedActionFormer(nn.Module):
    """Joints and features in, answers of all steps of all levels out."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = c = config
        seen = KINEMATIC_COLUMNS if c.kinematics else c.features
        self.embed = nn.ModuleList(
            MaskedConv1D(channels, c.fine_width, EMBEDDING_KERNEL)
            for channels in (seen, c.fine_width)
        )
        self.embed_norm = nn.ModuleList(LayerNorm(c.fine_width) for _ in self.embed)
        self.merge = Pointwise(c.fine_width * c.stride, c.width)
        self.join = (
            Pointwise(c.features * c.stride, c.width) if c.kinematics and c.features else None
        )
        self.merge_norm = LayerNorm(c.width)
        self.stem, self.branch = (
            nn.ModuleList(
                TransformerBlock(
                    c.width,
                    heads=c.heads,
                    window=c.window,
                    stride=stride,
                    relative_positions=False,
                    dropout=c.dropout,
                    drop_path=c.drop_path,
                )
                for _ in range(count)
            )
            for count, stride in ((c.stem_blocks, 1), (c.levels - 1, 2))
        )
        down = c.levels if c.top_down else 0
        self.lateral = nn.ModuleList(Pointwise(c.width, c.width) for _ in range(down))
        self.fuse = nn.ModuleList(MaskedConv1D(c.width, c.width, 3) for _ in range(down))
        self.neck = nn.ModuleList(LayerNorm(c.width) for _ in range(c.levels))
        self.class_trunk, self.offset_trunk = Trunk(c.width), Trunk(c.width)
        self.class_head = MaskedConv1D(c.width, 1 + c.classes, 3)
        self.offset_head = MaskedConv1D(c.width, 2, 3)
        self.level_scales = nn.Parameter(torch.ones(c.levels))
        assert self.class_head.conv.bias is not None and self.offset_head.conv.bias is not None
        nn.init.constant_(self.offset_head.conv.bias, 1.0)
        with torch.no_grad():
            self.class_head.conv.bias[0] = math.log(FIRST_ACTIONNESS / (1 - FIRST_ACTIONNESS))
        self.refinement = (
            Refinement(fine_width=c.fine_width, width=c.width, ticks=c.refinement)
            if c.refinement
            else None
        )

    @property
    def coarsest_stride(self) -> int:
        """Ticks between steps of the coarsest level; T must be a multiple of it."""
        return self.config.stride * 2 ** (self.config.levels - 1)

    def padded_length(self, ticks: int) -> int:
        """How far to pad a recording that ends, so that it does not matter how far: one step
        behind the end exists on every level."""
        return (-(-ticks // self.coarsest_stride) + 1) * self.coarsest_stride

    def reach(self) -> int:
        """How many ticks away something can still matter, as a multiple of the coarsest stride:
        chunks that overlap by this much at either end answer like one pass over everything."""
        c, half = self.config, self.config.window // 2
        ticks = MOVEMENT + len(self.embed) * (EMBEDDING_KERNEL // 2) + c.stride
        ticks += c.stride * c.stem_blocks * (1 + half)
        ticks += sum(c.stride * 2**level * (1 + 2 * half) for level in range(c.levels - 1))
        heads = self.coarsest_stride * (c.top_down + LAYERS + 1)  # top-down, trunk and head
        boundaries = 0
        if c.refinement:  # how far away a boundary may be, and what the keys there see
            boundaries = FARTHEST + PASSES * (c.refinement + 1)
            boundaries += self.coarsest_stride * c.top_down + 2 * c.stride + LAYERS
        ticks += max(heads, boundaries)
        return -(-ticks // self.coarsest_stride) * self.coarsest_stride

    def forward(self, points: Tensor, confidence: Tensor, features: Tensor, mask: Tensor) -> Answer:
        """(B, T, 17, 2), (B, T, 17), (B, T, features) and (B, T) bool, false behind a sequence's
        end, where points should stay as they were last; T a multiple of the coarsest stride."""
        c, valid = self.config, mask[:, :, None]
        batch, ticks = mask.shape
        features = features * valid
        x = kinematics(points, confidence) * valid if c.kinematics else features
        for conv, norm in zip(self.embed, self.embed_norm, strict=True):
            x = functional.gelu(norm(conv(x, valid)[0]))
        fine = cleared(x, valid)  # (B, T, fine_width)
        x = self.merge(fine.reshape(batch, ticks // c.stride, -1))
        if self.join is not None:
            x = x + self.join(features.reshape(batch, ticks // c.stride, -1))
        levels = self.pyramid(self.merge_norm(x), valid[:, :: c.stride])
        row = Row(levels, gap=1)
        classes = self.class_trunk(row.x, row.mask, row.inside)
        regions = self.offset_trunk(row.x, row.mask, row.inside)
        logits = self.class_head(classes, row.mask)[0].float()  # (B, P, 1 + classes)
        offsets = self.offset_head(regions, row.mask)[0].float()  # (B, P, 2)
        steps = self.steps(row.lengths, row.gap, mask.device)
        scales = self.level_scales[steps.levels][:, None]
        queries = keys = None
        if self.refinement is not None:
            queries = self.refinement.queries(regions)
            keys = self.refinement.keys(fine, levels[0][0], valid, c.stride)
        return Answer(
            steps=steps,
            logits=logits,
            offsets=functional.softplus(offsets * scales) * steps.strides[:, None],
            mask=row.mask[:, :, 0],
            queries=queries,
            keys=keys,
        )

    def pyramid(self, x: Tensor, mask: Tensor) -> list[tuple[Tensor, Tensor]]:
        """(B, T / stride, width) and its mask -> features and mask of every level, finest first."""
        x = cleared(x, mask)
        for block in self.stem:
            x, mask = block(x, mask)
        features, masks = [x], [mask]
        for block in self.branch:
            x, mask = block(x, mask)
            features.append(x)
            masks.append(mask)
        if self.config.top_down:
            features = [one(x) for one, x in zip(self.lateral, features, strict=True)]
            for finer in range(len(features) - 2, -1, -1):
                coarser = features[finer + 1].repeat_interleave(2, dim=1)
                features[finer] = features[finer] + coarser
            features = [
                conv(x, mask)[0] for conv, x, mask in zip(self.fuse, features, masks, strict=True)
            ]
        features = [norm(x) for norm, x in zip(self.neck, features, strict=True)]
        return list(zip(features, masks, strict=True))

    def steps(self, lengths: list[int], gap: int, device: torch.device) -> Steps:
        """The steps of levels of such lengths with a gap behind each, where mask is false.

        A step of the finest level lies in the middle of its ticks; coarser ones lie on those.
        """
        c, last = self.config, len(lengths) - 1
        counts = [length + gap for length in lengths]
        number = torch.cat([torch.arange(count, device=device) for count in counts])
        levels = torch.cat(
            [torch.full((count,), level, device=device) for level, count in enumerate(counts)]
        )
        strides = c.stride * 2.0**levels
        widest = c.first_range * strides
        return Steps(
            levels=levels,
            positions=number * strides + 0.5 * (c.stride - 1),
            strides=strides,
            nearest=(widest / 2).masked_fill(levels == 0, 0.0),
            farthest=widest.masked_fill(levels == last, math.inf),
        )
