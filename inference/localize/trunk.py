"""Convolutions over time, each with a norm behind it."""

from torch import Tensor, nn

from inference.localize.actionformer.blocks import LayerNorm, MaskedConv1D
from inference.localize.actionformer.convolution import cleared

LAYERS = 2


class Trunk(nn.Module):
    """Two convolutions of three steps on (B, T, C), normalised and rectified."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(MaskedConv1D(channels, channels, 3) for _ in range(LAYERS))
        self.norms = nn.ModuleList(LayerNorm(channels) for _ in range(LAYERS))

    def forward(self, x: Tensor, mask: Tensor, inside: Tensor | None = None) -> Tensor:
        """mask (B, T, 1): false at steps that hold nothing. inside (B, T, 1): false where the
        next convolution must find zeros, as around a sequence."""
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = norm(conv(x, mask)[0])
            x = (x if inside is None else cleared(x, inside)).relu_()
        return x
