"""The parts of ActionFormer: masked convolutions, norms, local attention, transformer blocks.

Shapes in comments: B sequences, C channels, T steps, H heads, D channels a head.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

MASKED = -1e4  # added to the attention to an invalid step, as published
QUERIES_PER_BLOCK = 32


class MaskedConv1D(nn.Module):
    """A convolution that gives zero at invalid steps; its mask keeps every stride-th step."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv1d(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2,
            groups=groups,
            bias=bias,
        )
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        mask = mask[..., :: self.stride]
        return self.conv(x) * mask, mask


class LayerNorm(nn.Module):
    """Normalises the channels of (B, C, T) at each step."""

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(1, channels, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(dim=1, keepdim=True)
        variance = centred.square().mean(dim=1, keepdim=True)
        return centred / torch.sqrt(variance + self.eps) * self.weight + self.bias


class Attention(nn.Module):
    """Multi-head attention behind depthwise convolutions; `window` steps wide, or unlimited at -1.

    With a stride, queries and keys are both taken from the shortened sequence.
    """

    def __init__(
        self, channels: int, *, heads: int, window: int, stride: int, relative_positions: bool
    ) -> None:
        super().__init__()
        self.heads, self.window, self.scale = heads, window, 1 / math.sqrt(channels // heads)
        self.query_conv, self.key_conv, self.value_conv = (
            MaskedConv1D(channels, channels, 3, stride=stride, groups=channels, bias=False)
            for _ in range(3)
        )
        self.query_norm, self.key_norm, self.value_norm = (LayerNorm(channels) for _ in range(3))
        self.key, self.query, self.value, self.proj = (
            pointwise(channels, channels) for _ in range(4)
        )
        self.rel_pe: Tensor | None = None
        if relative_positions and window > 1:
            self.rel_pe = nn.Parameter(torch.zeros(1, 1, heads, window))
            nn.init.trunc_normal_(self.rel_pe, std=math.sqrt(2.0 / channels))

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        q, short = self.query_conv(x, mask)
        k, _ = self.key_conv(x, mask)
        v, _ = self.value_conv(x, mask)
        q = self.split(self.query(self.query_norm(q)))  # (B, H, T, D)
        k = self.split(self.key(self.key_norm(k)))
        v = self.split(self.value(self.value_norm(v)))
        out = self.everywhere(q, k, v, short) if self.window <= 1 else self.local(q, k, v, short)
        out = out.transpose(2, 3).flatten(1, 2)  # (B, C, T)
        return self.proj(out) * short, short

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (self.heads, -1)).transpose(2, 3)

    def everywhere(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        bias = torch.zeros_like(mask, dtype=q.dtype).masked_fill(~mask, -torch.inf)
        return functional.scaled_dot_product_attention(
            q, k, v, attn_mask=bias[:, :, None, :], scale=self.scale
        )

    def local(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        """Each query block of n steps meets the n + window - 1 keys its steps can reach."""
        batch, _, steps, _ = q.shape
        reach = self.window // 2
        n = min(QUERIES_PER_BLOCK, steps)
        blocks = -(-steps // n)
        spare = blocks * n - steps
        q = functional.pad(q, (0, 0, 0, spare)).unflatten(2, (blocks, n))  # (B, H, blocks, n, D)
        k, v = (
            functional.pad(x, (0, 0, reach, reach + spare))
            .unfold(2, n + 2 * reach, n)
            .transpose(3, 4)  # (B, H, blocks, n + 2 reach, D)
            for x in (k, v)
        )
        bias = torch.zeros_like(mask, dtype=q.dtype).masked_fill(~mask, MASKED)
        bias = functional.pad(bias, (reach, reach + spare), value=-torch.inf)
        bias = bias.unfold(2, n + 2 * reach, n)[:, :, :, None, :]  # (B, 1, blocks, 1, keys)
        bias = bias + self.band(n, q)  # (B, 1 or H, blocks, n, keys)
        if spare:  # the made-up queries at the end must see something
            bias[:, :, -1, n - spare :] = 0
        out = functional.scaled_dot_product_attention(
            q.transpose(1, 2).flatten(0, 1),
            k.transpose(1, 2).flatten(0, 1),
            v.transpose(1, 2).flatten(0, 1),
            attn_mask=bias.transpose(1, 2).flatten(0, 1),
            scale=self.scale,
        )
        out = (
            out.unflatten(0, (batch, blocks)).transpose(1, 2).flatten(2, 3)
        )  # (B, H, T + spare, D)
        return out[:, :, :steps]

    def band(self, n: int, like: Tensor) -> Tensor:
        """(1 or H, 1, n, n + window - 1) added to attention: -inf outside the window."""
        distance = torch.arange(n + self.window - 1)[None, :] - torch.arange(n)[:, None]
        inside = ((distance >= 0) & (distance < self.window)).to(like.device)
        if self.rel_pe is None:
            values = torch.zeros(1, n, n + self.window - 1, dtype=like.dtype, device=like.device)
        else:
            values = self.rel_pe[0, 0][:, distance.clamp(0, self.window - 1).to(like.device)]
        return values.masked_fill(~inside, -torch.inf)[:, None]


class ChannelScale(nn.Module):
    """Stochastic depth with a learned scale per channel, small at first (Touvron et al., 2021)."""

    def __init__(self, channels: int, drop: float) -> None:
        super().__init__()
        self.drop = drop
        self.scale = nn.Parameter(torch.full((1, channels, 1), 1e-4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.scale * x
        if not self.training or self.drop == 0:
            return x
        keep = torch.rand(len(x), 1, 1, dtype=x.dtype, device=x.device) >= self.drop
        return x * keep / (1 - self.drop)


class TransformerBlock(nn.Module):
    def __init__(
        self,
        channels: int,
        *,
        heads: int,
        window: int,
        stride: int,
        relative_positions: bool,
        dropout: float,
        drop_path: float,
    ) -> None:
        super().__init__()
        self.ln1, self.ln2 = LayerNorm(channels), LayerNorm(channels)
        self.attn = Attention(
            channels,
            heads=heads,
            window=window,
            stride=stride,
            relative_positions=relative_positions,
        )
        self.pool_skip = nn.MaxPool1d(3, stride, 1) if stride > 1 else nn.Identity()
        self.mlp = nn.Sequential(
            pointwise(channels, 4 * channels),
            nn.GELU(),
            nn.Dropout(dropout),
            pointwise(4 * channels, channels),
            nn.Dropout(dropout),
        )
        self.drop_path_attn = ChannelScale(channels, drop_path)
        self.drop_path_mlp = ChannelScale(channels, drop_path)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        attended, short = self.attn(self.ln1(x), mask)
        x = self.pool_skip(x) * short + self.drop_path_attn(attended)
        return x + self.drop_path_mlp(self.mlp(self.ln2(x)) * short), short


def pointwise(in_channels: int, out_channels: int) -> nn.Conv1d:
    """A 1x1 convolution whose bias starts at zero."""
    conv = nn.Conv1d(in_channels, out_channels, 1)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv
