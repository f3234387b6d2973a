"""ActionFormer step by step as published: channels before time, `nn.Conv1d`, everything padded to
the longest sequence, and local attention over sliding chunks of the whole padded sequence.

Written for the benchmark from the description in the paper (Zhang, Wu and Li, 2022) and of its
attention (Beltagy et al., Longformer, 2020); names and shapes of parameters are those of the
published checkpoints. Shapes in comments: B sequences, C channels, T steps, H heads, D channels
a head, w half a window.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

MASKED = -1e4


class MaskedConv(nn.Module):
    """A convolution over (B, C, T) times the mask (B, 1, T)."""

    def __init__(
        self, inner: int, outer: int, kernel: int, stride: int = 1, groups: int = 1, *, bias: bool
    ) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv1d(inner, outer, kernel, stride, kernel // 2, groups=groups, bias=bias)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        x = self.conv(x)
        short = mask.to(x.dtype)
        if self.stride > 1:
            short = functional.interpolate(short, size=x.shape[-1], mode="nearest")
        return x * short, short.bool()


class ChannelNorm(nn.Module):
    """Normalises the channels of (B, C, T) at each step."""

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(1, channels, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(dim=1, keepdim=True)
        variance = (centred**2).mean(dim=1, keepdim=True)
        return centred / torch.sqrt(variance + self.eps) * self.weight + self.bias


class ChunkAttention(nn.Module):
    """Local attention; T must be a multiple of 2 w."""

    def __init__(self, channels: int, *, heads: int, window: int, stride: int) -> None:
        super().__init__()
        self.heads, self.reach, self.scale = heads, window // 2, 1 / math.sqrt(channels // heads)
        self.query_conv, self.key_conv, self.value_conv = (
            MaskedConv(channels, channels, 3, stride, channels, bias=False) for _ in range(3)
        )
        self.query_norm, self.key_norm, self.value_norm = (ChannelNorm(channels) for _ in range(3))
        self.key, self.query, self.value, self.proj = (
            nn.Conv1d(channels, channels, 1) for _ in range(4)
        )

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        q, short = self.query_conv(x, mask)
        k, _ = self.key_conv(x, mask)
        v, _ = self.value_conv(x, mask)
        q, k, v = (
            self.split(project(norm(y)))
            for project, norm, y in (
                (self.query, self.query_norm, q),
                (self.key, self.key_norm, k),
                (self.value, self.value_norm, v),
            )
        )
        attention = self.scores(q * self.scale, k)  # (B * H, T, 2 w + 1)
        invalid = torch.zeros_like(short, dtype=x.dtype).masked_fill(~short, MASKED)
        column = invalid.transpose(1, 2)  # (B, T, 1)
        of_keys = self.scores(torch.ones_like(column), column)  # (B, T, 2 w + 1)
        attention = attention.unflatten(0, (-1, self.heads)) + of_keys[:, None]
        attention = attention.softmax(dim=-1).masked_fill(~short[:, :, :, None], 0.0)
        out = self.mixed(attention.flatten(0, 1), v)  # (B * H, T, D)
        out = out.transpose(1, 2).reshape(x.shape[0], x.shape[1], -1)
        return self.proj(out) * short, short

    def split(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B * H, T, D)"""
        return x.unflatten(1, (self.heads, -1)).transpose(2, 3).flatten(0, 1).contiguous()

    def chunks(self, x: Tensor) -> Tensor:
        """(N, T, D) -> (N, T / w - 1, 2 w, D), each chunk half over the next."""
        reach, (n, steps, width) = self.reach, x.shape
        return x.as_strided(
            (n, steps // reach - 1, 2 * reach, width), (steps * width, reach * width, width, 1)
        )

    def scores(self, q: Tensor, k: Tensor) -> Tensor:
        """Products of each query with the keys around it, their diagonals turned to columns."""
        reach, (n, steps, _) = self.reach, q.shape
        products = torch.einsum("ncxd,ncyd->ncxy", self.chunks(q), self.chunks(k))
        skewed = functional.pad(products, (0, 0, 0, 1))
        skewed = skewed.view(n, -1, 2 * reach, 2 * reach + 1)
        out = skewed.new_empty(n, steps // reach, reach, 2 * reach + 1)
        out[:, :-1, :, reach:] = skewed[:, :, :reach, : reach + 1]
        out[:, -1, :, reach:] = skewed[:, -1, reach:, : reach + 1]
        out[:, 1:, :, :reach] = skewed[:, :, -(reach + 1) : -1, reach + 1 :]
        out[:, 0, 1:reach, 1:reach] = skewed[:, 0, : reach - 1, 1 - reach :]
        out = out.view(n, steps, 2 * reach + 1)
        outside = out.new_ones(reach, reach + 1).tril().flip(0).bool()
        out[:, :reach, : reach + 1].masked_fill_(outside, -torch.inf)
        out[:, -reach:, -(reach + 1) :].masked_fill_(outside.flip(0, 1), -torch.inf)
        return out

    def mixed(self, attention: Tensor, v: Tensor) -> Tensor:
        """Sums of the values around each step, weighted by `attention` (N, T, 2 w + 1)."""
        reach, (n, steps, width) = self.reach, v.shape
        v = functional.pad(v, (0, 0, reach, reach), value=-1.0)
        v = v.as_strided(
            (n, steps // reach, 3 * reach, width),
            (v.stride(0), reach * v.stride(1), v.stride(1), v.stride(2)),
        )
        rows = functional.pad(attention.view(n, -1, reach, 2 * reach + 1), (0, reach + 1))
        rows = rows.flatten(2)[:, :, :-reach]
        rows = rows.view(n, -1, reach, 3 * reach + 1)[..., :-1]
        return torch.einsum("ncwd,ncdh->ncwh", rows, v).reshape(n, steps, width)


class ScaledPath(nn.Module):
    """A learned factor a channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x


class Block(nn.Module):
    """Attention and two convolutions, each beside a shortcut."""

    def __init__(self, channels: int, *, heads: int, window: int, stride: int) -> None:
        super().__init__()
        self.ln1, self.ln2 = ChannelNorm(channels), ChannelNorm(channels)
        self.attn = ChunkAttention(channels, heads=heads, window=window, stride=stride)
        self.pool = nn.MaxPool1d(3, 2, 1) if stride > 1 else nn.Identity()
        self.mlp = nn.Sequential(
            nn.Conv1d(channels, 4 * channels, 1),
            nn.GELU(),
            nn.Dropout(0.0),
            nn.Conv1d(4 * channels, channels, 1),
            nn.Dropout(0.0),
        )
        self.drop_path_attn, self.drop_path_mlp = ScaledPath(channels), ScaledPath(channels)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        attended, short = self.attn(self.ln1(x), mask)
        valid = short.to(x.dtype)
        x = self.pool(x) * valid + self.drop_path_attn(attended)
        return x + self.drop_path_mlp(self.mlp(self.ln2(x)) * valid), short


class Trunk(nn.Module):
    """The two convolutions of a head before its last."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.head = nn.ModuleList(MaskedConv(width, width, 3, bias=False) for _ in range(2))
        self.norm = nn.ModuleList(ChannelNorm(width) for _ in range(2))

    def features(self, x: Tensor, mask: Tensor) -> Tensor:
        for conv, norm in zip(self.head, self.norm, strict=True):
            x = torch.relu(norm(conv(x, mask)[0]))
        return x


class ClassHead(Trunk):
    def __init__(self, width: int, classes: int) -> None:
        super().__init__(width)
        self.cls_head = MaskedConv(width, classes, 3, bias=True)


class Factor(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0))


class OffsetHead(Trunk):
    def __init__(self, width: int, levels: int) -> None:
        super().__init__(width)
        self.scale = nn.ModuleList(Factor() for _ in range(levels))
        self.offset_head = MaskedConv(width, 2, 3, bias=True)


class Backbone(nn.Module):
    def __init__(
        self, *, input_dim: int, width: int, heads: int, window: int, arch: tuple[int, int, int]
    ) -> None:
        super().__init__()
        convolutions, stem, branch = arch
        self.embd = nn.ModuleList(
            MaskedConv(width if i else input_dim, width, 3, bias=False) for i in range(convolutions)
        )
        self.embd_norm = nn.ModuleList(ChannelNorm(width) for _ in range(convolutions))
        self.stem, self.branch = (
            nn.ModuleList(
                Block(width, heads=heads, window=window, stride=stride) for _ in range(count)
            )
            for count, stride in ((stem, 1), (branch, 2))
        )


class Neck(nn.Module):
    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        self.fpn_norms = nn.ModuleList(ChannelNorm(width) for _ in range(levels))


class PaddedActionFormer(nn.Module):
    """The published network without options: no pyramid top-down, no position encodings."""

    def __init__(
        self,
        *,
        input_dim: int,
        classes: int,
        width: int,
        heads: int,
        window: int,
        arch: tuple[int, int, int],
        max_steps: int,
    ) -> None:
        super().__init__()
        levels = arch[2] + 1
        self.max_steps, self.multiple = max_steps, 2 ** arch[2] * 2 * (window // 2)
        self.backbone = Backbone(
            input_dim=input_dim, width=width, heads=heads, window=window, arch=arch
        )
        self.neck = Neck(width, levels)
        self.cls_head, self.reg_head = ClassHead(width, classes), OffsetHead(width, levels)

    def padded_length(self, steps: int) -> int:
        """The full length; for what is longer, a multiple of what chunks and levels divide."""
        return max(self.max_steps, -(-steps // self.multiple) * self.multiple)

    def forward(self, features: Tensor) -> list[tuple[Tensor, Tensor, Tensor]]:
        """(input_dim, T) -> per level logits (1, classes, T'), offsets (1, 2, T') and mask."""
        steps = features.shape[1]
        length = self.padded_length(steps)
        x = functional.pad(features, (0, length - steps))[None]
        mask = (torch.arange(length) < steps)[None, None]
        for conv, norm in zip(self.backbone.embd, self.backbone.embd_norm, strict=True):
            x, mask = conv(x, mask)
            x = torch.relu(norm(x))
        levels: list[tuple[Tensor, Tensor]] = []
        for block in self.backbone.stem:
            x, mask = block(x, mask)
        levels.append((x, mask))
        for block in self.backbone.branch:
            x, mask = block(x, mask)
            levels.append((x, mask))
        outputs = []
        for number, (x, mask) in enumerate(levels):
            x = self.neck.fpn_norms[number](x)
            logits, _ = self.cls_head.cls_head(self.cls_head.features(x, mask), mask)
            offsets, _ = self.reg_head.offset_head(self.reg_head.features(x, mask), mask)
            factor = self.reg_head.scale[number].scale
            outputs.append((logits, torch.relu(offsets * factor), mask))
        return outputs
