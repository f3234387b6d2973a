"""R(2+1)D over a recording of any length: nothing is computed twice, and memory stays flat.

Each temporal convolution keeps the few steps it will need again. What comes out is what the
network would give for the whole recording at once.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from inference.features.r2plus1d import BasicBlock, R2Plus1D, channels_last


class FeatureStream:
    """Feeds a trained network one piece of a recording after another.

    Batch normalisation is folded into the convolutions; `dtype` is what they compute in.
    """

    def __init__(self, network: R2Plus1D, dtype: torch.dtype = torch.float32) -> None:
        stem = network.stem
        self._dtype, self._out_channels = dtype, network.out_channels
        self._spatial = _fold(stem[0], stem[1], dtype)
        self._temporal = _Temporal(_fold(stem[3], stem[4], dtype))
        self._blocks = [
            _Block(block, dtype) for block in network.modules() if isinstance(block, BasicBlock)
        ]

    @torch.inference_mode()
    def push(self, x: torch.Tensor, *, last: bool) -> torch.Tensor:
        """(1, in_channels, t, H, W), the next t >= 1 ticks -> (1, C, f), the features now settled.

        f may be 0: the first features need some ticks after them. With `last` all that are left
        come out.
        """
        x = x.to(self._dtype).contiguous(memory_format=torch.channels_last_3d)
        x = F.relu_(self._temporal.push(F.relu_(self._spatial(x)), last))
        for block in self._blocks:
            if not x.shape[2]:  # nothing settled yet; the last piece always settles something
                return x.new_zeros((1, self._out_channels, 0), dtype=torch.float32)
            x = block.push(x, last)
        return x.float().mean(dim=(3, 4))


class _Temporal:
    """A convolution over three steps in time, fed piece by piece."""

    def __init__(self, convolution: nn.Conv3d) -> None:
        convolution.padding = (0, 0, 0)
        self._convolution, self._stride = convolution, convolution.stride[0]
        self._kept: torch.Tensor | None = None

    def push(self, x: torch.Tensor, last: bool) -> torch.Tensor:
        edge = torch.zeros_like(x[:, :, :1])  # what the whole network pads with
        before = edge if self._kept is None else self._kept
        x = torch.cat([before, x, edge] if last else [before, x], dim=2)
        if x.shape[2] < 3:
            self._kept = x
            return x.new_zeros((1, self._convolution.out_channels, 0, *x.shape[3:]))
        y: torch.Tensor = self._convolution(x)
        self._kept = x[:, :, y.shape[2] * self._stride :].clone()
        return y


class _Block:
    """A residual block; what goes round it waits until the slower way is through."""

    def __init__(self, block: BasicBlock, dtype: torch.dtype) -> None:
        halves = [list(conv[0].children()) for conv in (block.conv1, block.conv2)]
        after = [conv[1] for conv in (block.conv1, block.conv2)]
        self._spatial = [_fold(half[0], half[1], dtype) for half in halves]
        self._temporal = [
            _Temporal(_fold(half[3], norm, dtype)) for half, norm in zip(halves, after, strict=True)
        ]
        self._downsample, self._stride = None, 1
        if block.downsample is not None:
            self._downsample = _fold(block.downsample[0], block.downsample[1], dtype)
            self._stride = self._downsample.stride[0]
            self._downsample.stride = (1, *self._downsample.stride[1:])
        self._skip = 0  # ticks of the next piece before one that the stride takes
        self._waiting: torch.Tensor | None = None

    def push(self, x: torch.Tensor, last: bool) -> torch.Tensor:
        around = [] if self._waiting is None else [self._waiting]
        if self._downsample is None:
            around.append(x)
        else:
            taken = x[:, :, self._skip :: self._stride]
            self._skip = (self._skip - x.shape[2]) % self._stride
            if taken.shape[2]:
                around.append(self._downsample(taken))
        x = F.relu_(self._temporal[0].push(F.relu_(self._spatial[0](x)), last))
        if x.shape[2]:
            x = self._temporal[1].push(F.relu_(self._spatial[1](x)), last)
        waiting = torch.cat(around, dim=2)
        self._waiting = waiting[:, :, x.shape[2] :].clone()
        return F.relu_(x + waiting[:, :, : x.shape[2]]) if x.shape[2] else x


def _fold(convolution: nn.Module, norm: nn.Module, dtype: torch.dtype) -> nn.Conv3d:
    assert isinstance(convolution, nn.Conv3d)
    assert isinstance(norm, nn.BatchNorm3d)
    folded: nn.Conv3d = fuse_conv_bn_eval(convolution.eval(), norm.eval())
    return channels_last(folded.to(dtype))
