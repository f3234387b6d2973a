"""Products with weights as the localizer needs them: fast without gradients on a CPU.

Shapes in comments: B sequences, T steps, I input channels, O output channels.
"""

import torch
from torch import Tensor
from torch.nn import functional


def on_onednn(x: Tensor) -> bool:
    """Whether products with `x` go to oneDNN: float32 on a CPU, no gradients, not being traced."""
    return (
        x.device.type == "cpu"
        and x.dtype == torch.float32
        and not torch.is_grad_enabled()
        and not torch.compiler.is_compiling()
        and not torch.jit.is_tracing()
        and torch.backends.mkldnn.is_available()
    )


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`functional.linear`; see `on_onednn`.

    torch's own goes to MKL, which leaves half the arithmetic of processors not made by Intel
    unused: oneDNN is 2.3 times as fast on AMD's Zen 5.
    """
    if on_onednn(x):
        out: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
        return out
    return functional.linear(x, weight, bias)


def convolved(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """(B, T, I) with a centred kernel (O, I, K), K odd, zeros around the sequence -> (B, T, O)."""
    kernel = weight.shape[2]
    if kernel == 1:
        return linear(x, weight[:, :, 0], bias)
    if kernel == 3 and on_onednn(x):
        return winograd(x, weight, bias)
    padded = functional.pad(x, (0, 0, kernel // 2, kernel // 2))
    taps = torch.cat([padded[:, tap : tap + x.shape[1]] for tap in range(kernel)], dim=2)
    return linear(taps, weight.transpose(1, 2).flatten(1), bias)


def winograd(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """`convolved` for kernels of three steps with two thirds of the multiplications.

    Two steps of output come from four products of sums of four steps of input: F(2, 3) of
    Winograd as in Lavin and Gray (2016), as exact as the plain way in float32.
    """
    steps = x.shape[1]
    tiles = (steps + 1) // 2
    padded = functional.pad(x, (0, 0, 1, 1 + 2 * tiles - steps))
    a, b, c, d = (padded[:, first : first + 2 * tiles - 1 : 2] for first in range(4))
    left, middle, right = (weight[:, :, tap].contiguous() for tap in range(3))
    half_sides, half_middle = (left + right) / 2, middle / 2
    first = linear(a - c, left)  # (B, tiles, O), as the other three
    with_plus = linear(b + c, half_sides + half_middle)
    with_minus = linear(c - b, half_sides - half_middle)
    last = linear(b - d, right)
    out = torch.stack([first + with_plus + with_minus, with_plus - with_minus - last], dim=2)
    out = out.flatten(1, 2)[:, :steps]  # (B, T, O)
    return out if bias is None else out + bias
