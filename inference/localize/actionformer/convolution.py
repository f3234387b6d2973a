"""Convolutions over time as the localizer needs them: fast without gradients on a CPU.

torch gives float32 products to MKL, which can leave much of a processor not made by Intel unused;
oneDNN, which torch brings too, does not (`rehab-review bench localizer`). It wants weights laid out
its own way, which `pack_weights` does for a network that only answers.

Shapes in comments: B sequences, T steps, I input channels, O output channels.
"""

from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

USUAL_STEPS = 2048  # what packed weights are laid out for; they work for any number

Network = TypeVar("Network", bound=nn.Module)


class Convolution(nn.Conv1d):
    """(B, T, I) with a centred kernel, odd, and zeros around the sequence -> (B, T, O).

    packed: matrices (O, I) that `pack` made of the weight, none before.
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, *, bias: bool = True
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, bias=bias)
        self.packed: tuple[Tensor, ...] = ()

    def forward(self, x: Tensor, *, gelu: bool = False) -> Tensor:
        """gelu: of the result; for kernels of one step."""
        kernel = self.kernel_size[0]
        if self.packed and answers_on_cpu(x):
            if kernel == 1:
                return product(x, self.packed[0], self.bias, then="gelu" if gelu else "none")
            out = winograd(x, self.packed)
            return out if self.bias is None else out.add_(self.bias)
        if kernel > 1:
            padded = with_edges(x, kernel // 2, kernel // 2)
            x = torch.cat([padded[:, tap : tap + x.shape[1]] for tap in range(kernel)], dim=2)
        out = functional.linear(x, self.weight.transpose(1, 2).flatten(1), self.bias)
        return functional.gelu(out) if gelu else out

    def pack(self) -> None:
        """Lays out the weight as it is now; kernels of other than 1 or 3 steps stay plain."""
        weight = self.weight.detach()
        parts: tuple[Tensor, ...] = ()
        if self.kernel_size[0] == 1:
            parts = (weight[:, :, 0],)
        elif self.kernel_size[0] == 3:
            parts = winograd_kernels(weight)
        reorder = torch.ops.mkldnn._reorder_linear_weight
        self.packed = tuple(reorder(part.contiguous(), USUAL_STEPS) for part in parts)

    def __getstate__(self) -> dict[str, Any]:
        """A copy has not been packed: torch cannot copy packed weights."""
        return {**self.__dict__, "packed": ()}


def pack_weights(network: Network) -> Network:
    """The network itself, made fast on a CPU without gradients for as long as its weights stay.

    Weights that change afterwards are not noticed: of a network that goes on learning, pack a
    copy. Nothing happens on other devices, in other precisions, or where torch lacks oneDNN.
    """
    ops = torch.ops.mkldnn
    there = hasattr(ops, "_reorder_linear_weight") and hasattr(ops, "_linear_pointwise")
    if there and torch.backends.mkldnn.is_available():
        for module in network.modules():
            if isinstance(module, Convolution) and is_float32_on_cpu(module.weight):
                module.pack()
    return network


def is_float32_on_cpu(tensor: Tensor) -> bool:
    return tensor.device.type == "cpu" and tensor.dtype == torch.float32


def answers_on_cpu(x: Tensor) -> bool:
    """Whether `x` is float32 on a CPU, without gradients, and not passed through for export."""
    return (
        is_float32_on_cpu(x) and not torch.is_grad_enabled() and not torch.compiler.is_compiling()
    )


def product(x: Tensor, packed: Tensor, bias: Tensor | None = None, then: str = "none") -> Tensor:
    """(B, T, I) and a packed (O, I) -> (B, T, O)."""
    out: Tensor = torch.ops.mkldnn._linear_pointwise(x, packed, bias, then, [], "none")
    return out


def winograd(x: Tensor, kernels: tuple[Tensor, ...]) -> Tensor:
    """A convolution with kernels of three steps with half the multiplications.

    Four steps of output come from six products of sums of six steps of input: F(4, 3) of Lavin
    and Gray (2016), with the points 0, 1, -1, 2, -2 and infinity. Results of about 1 are off by
    1e-6, and by 2e-5 at worst.
    """
    steps = x.shape[1]
    if steps % 4:
        x = with_edges(x, 0, 4 - steps % 4)
    a, b, c, d = (x[:, tap::4] for tap in range(4))  # (B, T / 4, I) each: a tile's own steps
    even, odd = torch.sub(d, b, alpha=4), torch.sub(c, a, alpha=4)
    outer, inner = d - b, c - a
    left = torch.sub(outer, b, alpha=4)
    left[:, 1:].add_(d[:, :-1], alpha=4)  # the step before the tile
    right = torch.add(c, inner, alpha=4)
    right[:, :-1].sub_(a[:, 1:])  # the step behind it
    inner.mul_(2)
    first, one, minus_one, two, minus_two, last = (
        product(part, kernel)
        for part, kernel in zip(
            (left, even + odd, even.sub_(odd), outer + inner, outer.sub_(inner), right),
            kernels,
            strict=True,
        )
    )
    near, far = one + minus_one, two + minus_two
    near_slope, far_slope = one.sub_(minus_one), two.sub_(minus_two)
    out = x.new_empty(x.shape[0], x.shape[1], near.shape[2])
    torch.add(first.add_(near), far, out=out[:, ::4])
    torch.add(near_slope, far_slope, alpha=2, out=out[:, 1::4])
    torch.add(near, far, alpha=4, out=out[:, 2::4])
    torch.add(last.add_(near_slope), far_slope, alpha=8, out=out[:, 3::4])
    return out[:, :steps]


def winograd_kernels(weight: Tensor) -> tuple[Tensor, ...]:
    """(O, I, 3) -> the six (O, I) that the six sums of input are multiplied with."""
    first, middle, last = weight.unbind(2)
    sides, far = (first + last) / -6, first / 24 + last / 6
    sixth, twelfth = middle / 6, middle / 12
    return first / 4, sides - sixth, sides + sixth, far + twelfth, far - twelfth, -last


def with_edges(x: Tensor, before: int, after: int, value: float = 0.0) -> Tensor:
    """(B, T, C) -> (B, before + T + after, C); `functional.pad` writes everything twice."""
    batch, _, channels = x.shape
    parts = [x.new_full((batch, steps, channels), value) for steps in (before, after)]
    return torch.cat([parts[0], x, parts[1]], dim=1)


def cleared(x: Tensor, mask: Tensor) -> Tensor:
    """`x` (B, T, C) itself, now zero where the mask (B, T, 1) is false.

    Mostly that is nowhere or in a few steps at the end; without gradients only those are written.
    """
    if answers_on_cpu(x):
        sequence, step = torch.nonzero(~mask[:, :, 0], as_tuple=True)
        x[sequence, step] = 0
        return x
    return x.mul_(mask)
