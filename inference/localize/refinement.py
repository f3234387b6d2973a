"""Where exactly a boundary is: a second look at the ticks around a coarse one.

A pyramid step knows a boundary to about its own stride. Here every tick says how much it looks
like a start or an end (a key), every candidate says what start and end it is looking for (a
query), and their products over the ticks around the coarse boundary are the distribution of the
boundary. Boundaries as distributions: Shi et al. (2023), "TriDet"; queries on the finest level are
this project's own.

Shapes in comments: B sequences, T ticks, n candidates, W ticks to either side, D channels.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.localize.actionformer.blocks import Pointwise
from inference.localize.trunk import Trunk

QUERY_CHANNELS = 32
OUTSIDE = -8.0  # logit of ticks beyond the recording


class Refinement(nn.Module):
    """fine_width: channels at tick rate. width: channels of the pyramid. ticks: W."""

    def __init__(self, *, fine_width: int, width: int, ticks: int) -> None:
        super().__init__()
        self.ticks = ticks
        self.up = Pointwise(width, fine_width)
        self.trunk = Trunk(fine_width)
        self.key = Pointwise(fine_width, 2 * QUERY_CHANNELS + 2)
        self.query = Pointwise(width, 2 * QUERY_CHANNELS)
        self.place = nn.Parameter(torch.zeros(2, 2 * ticks + 1))  # what distance alone says

    def keys(self, fine: Tensor, finest: Tensor, mask: Tensor, stride: int) -> Tensor:
        """Keys and biases of starts and ends at each tick (B, T, 2 D + 2).

        fine: (B, T, fine_width). finest: (B, T / stride, width), the finest level of the pyramid.
        """
        x = fine + self.up(finest).repeat_interleave(stride, dim=1)
        keys: Tensor = self.key(self.trunk(x, mask)).float()
        return keys

    def queries(self, x: Tensor) -> Tensor:
        """What each step of a level (B, P, width) looks for -> (B, P, 2 D)."""
        queries: Tensor = self.query(x).float()
        return queries

    def logits(
        self, keys: Tensor, sequences: Tensor, queries: Tensor, coarse: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Logits (n, 2, 2 W + 1) of the ticks around each coarse boundary, and their middle (n, 2).

        keys: (B, T, 2 D + 2). sequences: (n,) which of the B. queries: (n, 2 D). coarse: (n, 2)
        ticks, start and end.
        """
        middle = coarse.round()
        ticks = middle[:, :, None].long() + self.around(coarse).long()  # (n, 2, 2 W + 1)
        outside = (ticks < 0) | (ticks >= keys.shape[1])
        met = keys[sequences[:, None, None], ticks.clamp(0, keys.shape[1] - 1)]
        wide = QUERY_CHANNELS
        key = torch.stack([met[:, 0, :, :wide], met[:, 1, :, wide : 2 * wide]], dim=1)
        bias = torch.stack([met[:, 0, :, 2 * wide], met[:, 1, :, 2 * wide + 1]], dim=1)
        query = queries.view(-1, 2, 1, wide)
        logits = (key * query).sum(-1) / math.sqrt(wide) + bias + self.place
        return logits.masked_fill(outside, OUTSIDE), middle

    def forward(
        self, keys: Tensor, sequences: Tensor, queries: Tensor, coarse: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Better boundaries (n, 2) and their standard deviations (n, 2), in ticks.

        The boundary is the median of its distribution, each tick's share being spread evenly
        over the tick. Arguments as in `logits`.
        """
        logits, middle = self.logits(keys, sequences, queries, coarse)
        shares = logits.softmax(-1)
        around = self.around(coarse)
        mean = (shares * around).sum(-1)
        variance = (shares * (around - mean[..., None]) ** 2).sum(-1)
        below = shares.cumsum(-1)
        tick = (below < 0.5).sum(-1, keepdim=True).clamp(0, 2 * self.ticks)  # holds the median
        share = shares.gather(-1, tick)
        before = functional.pad(below, (1, 0)).gather(-1, tick)
        median = (tick - self.ticks - 0.5 + (0.5 - before) / share)[..., 0]
        return middle + median, (variance + 1 / 12).sqrt()

    def around(self, like: Tensor) -> Tensor:
        """(2 W + 1,) distances in ticks."""
        ticks = self.ticks  # the type is said for the export to ONNX, which takes it for int64
        return torch.arange(-ticks, ticks + 1, dtype=torch.float32, device=like.device)
