"""The parts of ActionFormer: masked convolutions, norms, local attention, transformer blocks.

Parameters have the published names and shapes. Activations are (B, T, C), channels last, so that
all of them are matrix products and fused norms, which is several times as fast on a CPU.
Shapes in comments: B sequences, T steps, C channels, H heads, D channels a head.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.localize.actionformer.convolution import Convolution, cleared, with_edges

MASKED = -1e4  # added to the attention to an invalid step, as published
QUERIES_PER_BLOCK = 32


def shifted(x: Tensor, kernel_size: int, stride: int, value: float = 0.0) -> list[Tensor]:
    """What each tap of a centred kernel meets: `kernel_size` tensors (B, T / stride, C)."""
    half, steps = kernel_size // 2, x.shape[1]
    x = with_edges(x, half, half, value)
    return [x[:, tap : tap + steps : stride] for tap in range(kernel_size)]


class MaskedConv1D(nn.Module):
    """A convolution over time that gives zero at invalid steps.

    `depthwise`: every channel for itself. The mask (B, T, 1) keeps every stride-th step.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        depthwise: bool = False,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.depthwise = kernel_size, stride, depthwise
        self.conv: nn.Conv1d
        if depthwise:
            self.conv = nn.Conv1d(
                in_channels, out_channels, kernel_size, groups=in_channels, bias=bias
            )
        else:
            self.conv = Convolution(in_channels, out_channels, kernel_size, bias=bias)
        if self.conv.bias is not None:
            nn.init.zeros_(self.conv.bias)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        mask = mask[:, :: self.stride]
        if self.depthwise:
            out = self.on_taps(shifted(x, self.kernel_size, self.stride))
        else:
            out = self.conv(x)
        return cleared(out, mask), mask

    def on_taps(self, taps: list[Tensor]) -> Tensor:
        """What `depthwise` gives before the mask, from what `shifted` gives."""
        weight = self.conv.weight
        out = taps[0] * weight[:, 0, 0]
        for tap in range(1, self.kernel_size):
            out = out.addcmul_(taps[tap], weight[:, 0, tap])
        return out


class Pointwise(Convolution):
    """A 1x1 convolution, that is, the same linear map at every step."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, 1)
        assert self.bias is not None
        nn.init.zeros_(self.bias)


class LayerNorm(nn.Module):
    """Normalises the channels at each step."""

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(1, channels, 1))
        self.bias = nn.Parameter(torch.zeros(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight.flatten(), self.bias.flatten()
        return functional.layer_norm(x, weight.shape, weight, bias, self.eps)


class Attention(nn.Module):
    """Multi-head attention behind depthwise convolutions; `window` steps wide, or unlimited at -1.

    With a stride, queries and keys are both taken from the shortened sequence.
    """

    def __init__(
        self, channels: int, *, heads: int, window: int, stride: int, relative_positions: bool
    ) -> None:
        super().__init__()
        self.heads, self.window, self.stride = heads, window, stride
        self.scale = 1 / math.sqrt(channels // heads)

        def conv_and_norm() -> tuple[MaskedConv1D, LayerNorm]:
            conv = MaskedConv1D(channels, channels, 3, stride=stride, depthwise=True, bias=False)
            return conv, LayerNorm(channels)

        self.query_conv, self.query_norm = conv_and_norm()
        self.key_conv, self.key_norm = conv_and_norm()
        self.value_conv, self.value_norm = conv_and_norm()
        self.key, self.query, self.value, self.proj = (
            Pointwise(channels, channels) for _ in range(4)
        )
        self.rel_pe: Tensor | None = None
        if relative_positions and window > 1:
            self.rel_pe = nn.Parameter(torch.zeros(1, 1, heads, window))
            nn.init.trunc_normal_(self.rel_pe, std=math.sqrt(2.0 / channels))

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Gives what is published at valid steps; others hold anything finite.

        Published code clears them before the norms too; no valid step can see them there.
        """
        taps, short = shifted(x, 3, self.stride), mask[:, :: self.stride]
        q = self.query(self.query_norm(self.query_conv.on_taps(taps)))
        k = self.key(self.key_norm(self.key_conv.on_taps(taps)))
        v = self.value(self.value_norm(self.value_conv.on_taps(taps)))
        out = self.everywhere(q, k, v, short) if self.window <= 1 else self.local(q, k, v, short)
        return self.proj(out), short

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)  # (B, H, T, D)

    def everywhere(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        bias = torch.zeros_like(mask, dtype=q.dtype).masked_fill(~mask, -torch.inf)
        out = functional.scaled_dot_product_attention(
            self.split(q),
            self.split(k),
            self.split(v),
            attn_mask=bias[:, None, None, :, 0],
            scale=self.scale,
        )
        return out.transpose(1, 2).flatten(2)

    def local(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
        """Each block of n queries meets the n + window - 1 keys its steps can reach."""
        batch, steps, channels = q.shape
        reach = self.window // 2
        n = QUERIES_PER_BLOCK
        blocks = (steps + n - 1) // n
        spare = blocks * n - steps
        if torch.compiler.is_compiling() or spare:  # an exported program is for any length
            q = with_edges(q, 0, spare)
        q = q.view(batch * blocks, n, channels)
        bias = torch.zeros_like(mask, dtype=q.dtype).masked_fill(~mask, MASKED)
        bias = with_edges(bias, 0, spare, MASKED)
        bias = around(bias, n, reach, 0, value=-torch.inf)  # (B * blocks, keys, 1)
        bias = bias[:, None, None, :, 0] + self.band(n, q)  # (B * blocks, 1 or H, n, keys)
        out = functional.scaled_dot_product_attention(
            self.split(q),
            self.split(around(k, n, reach, spare)),
            self.split(around(v, n, reach, spare)),
            attn_mask=bias,
            scale=self.scale,
        )
        return out.transpose(1, 2).reshape(batch, blocks * n, channels)[:, :steps]

    def band(self, n: int, like: Tensor) -> Tensor:
        """(1 or H, n, n + window - 1) added to attention: -inf outside the window."""
        distance = torch.arange(n + self.window - 1)[None, :] - torch.arange(n)[:, None]
        inside = ((distance >= 0) & (distance < self.window)).to(like.device)
        if self.rel_pe is None:
            values = torch.zeros(1, n, n + self.window - 1, dtype=like.dtype, device=like.device)
        else:
            values = self.rel_pe[0, 0][:, distance.clamp(0, self.window - 1).to(like.device)]
        return values.masked_fill(~inside, -torch.inf)


def around(x: Tensor, n: int, reach: int, spare: int, value: float = 0.0) -> Tensor:
    """(B, T, C) -> (B * blocks, n + 2 reach, C): each block of n steps and what lies around it.

    `spare` fills T up to whole blocks; `value` stands outside the sequence.
    """
    x = with_edges(x, reach, reach + spare, value)
    return x.unfold(1, n + 2 * reach, n).transpose(2, 3).flatten(0, 1)


class ChannelScale(nn.Module):
    """Stochastic depth with a learned scale per channel, small at first (Touvron et al., 2021)."""

    def __init__(self, channels: int, drop: float) -> None:
        super().__init__()
        self.drop = drop
        self.scale = nn.Parameter(torch.full((1, channels, 1), 1e-4))

    def forward(self, x: Tensor, addition: Tensor, mask: Tensor) -> Tensor:
        """`x` and its scaled `addition` (B, T, C), zero where the mask (B, T, 1) is false."""
        scale = self.scale[:, :, 0]
        if self.training and self.drop > 0:
            keep = torch.rand(len(x), 1, 1, dtype=x.dtype, device=x.device) >= self.drop
            scale = scale * (keep / (1 - self.drop))
        return cleared(torch.addcmul(x, addition, scale), mask)


class TransformerBlock(nn.Module):
    """Local-window attention and two convolutions, each beside a shortcut; stride 2 halves time."""

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
        self.stride = stride
        self.ln1, self.ln2 = LayerNorm(channels), LayerNorm(channels)
        self.attn = Attention(
            channels,
            heads=heads,
            window=window,
            stride=stride,
            relative_positions=relative_positions,
        )
        self.mlp = nn.Sequential(
            Pointwise(channels, 4 * channels),
            nn.GELU(),
            nn.Dropout(dropout),
            Pointwise(4 * channels, channels),
            nn.Dropout(dropout),
        )
        self.drop_path_attn = ChannelScale(channels, drop_path)
        self.drop_path_mlp = ChannelScale(channels, drop_path)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        attended, short = self.attn(self.ln1(x), mask)
        x = self.drop_path_attn(self.skip(x), attended, short)
        widen, _, forget, narrow, forget_again = self.mlp
        changed = forget_again(narrow(forget(widen(self.ln2(x), gelu=True))))
        return self.drop_path_mlp(x, changed, short), short

    def skip(self, x: Tensor) -> Tensor:
        """The input itself, or with a stride the maximum over three steps."""
        if self.stride == 1:
            return x
        first, second, third = shifted(x, 3, self.stride, value=-torch.inf)
        return torch.maximum(torch.maximum(first, second), third)
