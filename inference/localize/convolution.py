"""Products with weights as the localizer needs them: fast without gradients on a CPU.

torch gives float32 products to MKL, which leaves half the arithmetic of processors not made by
Intel unused; oneDNN, which torch brings too, is 2.3 times as fast on one core of an AMD Zen 5.

Shapes in comments: B sequences, T steps, I input channels, O output channels.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

USUAL_STEPS = 2048  # what packed weights are laid out for; they work for any number


class Packed:
    """The weight of one layer as oneDNN likes it, made again whenever the weight has changed."""

    def __init__(self) -> None:
        self._made: tuple[Tensor, int, tuple[Tensor, ...]] | None = None

    def of(self, weight: Tensor, parts: Callable[[Tensor], tuple[Tensor, ...]]) -> tuple[Any, ...]:
        """`parts(weight)`, matrices (O, I), packed."""
        made, version = self._made, 0 if weight.is_inference() else weight._version
        # What was packed is kept, so that no other weight can come to lie at its address.
        if made is None or made[0].data_ptr() != weight.data_ptr() or made[1] != version:
            pack = torch.ops.mkldnn._reorder_linear_weight
            packed = tuple(pack(part.contiguous(), USUAL_STEPS) for part in parts(weight))
            self._made = made = weight.detach(), version, packed
        return made[2]

    def __deepcopy__(self, memo: dict[int, Any]) -> "Packed":
        return Packed()

    def __reduce__(self) -> tuple[type["Packed"], tuple[()]]:
        return Packed, ()


def on_onednn(x: Tensor) -> bool:
    """Whether products with `x` go to oneDNN: float32 on a CPU, no gradients, not for export."""
    return (
        x.device.type == "cpu"
        and x.dtype == torch.float32
        and not torch.is_grad_enabled()
        and not torch.compiler.is_compiling()
        and torch.backends.mkldnn.is_available()
    )


def convolved(
    x: Tensor, weight: Tensor, bias: Tensor | None, packed: Packed, *, gelu: bool = False
) -> Tensor:
    """(B, T, I) with a centred kernel (O, I, K), K odd, zeros around the sequence -> (B, T, O).

    `gelu`: of the result; for kernels of one step.
    """
    kernel = weight.shape[2]
    if on_onednn(x) and kernel == 1:
        (only,) = packed.of(weight, lambda weight: (weight[:, :, 0],))
        return product(x, only, bias, then="gelu" if gelu else "none")
    if on_onednn(x) and kernel == 3:
        out = winograd(x, packed.of(weight, winograd_kernels))
        return out if bias is None else out.add_(bias)
    if kernel > 1:
        padded = with_edges(x, kernel // 2, kernel // 2)
        x = torch.cat([padded[:, tap : tap + x.shape[1]] for tap in range(kernel)], dim=2)
    out = functional.linear(x, weight.transpose(1, 2).flatten(1), bias)
    return functional.gelu(out) if gelu else out


def product(x: Tensor, packed: Tensor, bias: Tensor | None = None, then: str = "none") -> Tensor:
    """(B, T, I) and a packed (O, I) -> (B, T, O)."""
    out: Tensor = torch.ops.mkldnn._linear_pointwise(x, packed, bias, then, [], "none")
    return out


def winograd(x: Tensor, kernels: tuple[Tensor, ...]) -> Tensor:
    """`convolved` for kernels of three steps with half the multiplications.

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
    if on_onednn(x):
        sequence, step = torch.nonzero(~mask[:, :, 0], as_tuple=True)
        x[sequence, step] = 0
        return x
    return x.mul_(mask)
