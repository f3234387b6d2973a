"""Dense extraction: any depth, pieces of any size, nothing computed twice, the clips' features."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from inference.features.r2plus1d import R2Plus1D
from inference.features.stream import FeatureStream

DEPTHS = [(2, 3), (2, 2, 2, 2), (1,), (1, 1, 1), (3, 1, 2)]


def network(layers: tuple[int, ...], in_channels: int = 3) -> R2Plus1D:
    """Random weights whose batch norms do something."""
    torch.manual_seed(sum(layers))
    made = R2Plus1D(in_channels, layers)
    for name, tensor in made.state_dict().items():
        if name.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
    return made.eval()


def recording(ticks: int, in_channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(ticks)
    return torch.rand(1, in_channels, ticks, 12, 12, generator=generator)


def streamed(made: R2Plus1D, x: torch.Tensor, sizes: list[int]) -> torch.Tensor:
    """`x` pushed in pieces of these sizes, the rest as the last."""
    stream, at, parts = FeatureStream(made), 0, []
    for size in sizes:
        if at + size >= x.shape[2]:
            break
        parts.append(stream.push(x[:, :, at : at + size], last=False))
        at += size
    parts.append(stream.push(x[:, :, at:], last=True))
    return torch.cat(parts, dim=2)


@pytest.mark.parametrize("layers", DEPTHS)
@pytest.mark.parametrize("ticks", [1, 2, 9, 40, 75])
def test_pieces_of_any_size_give_what_the_whole_gives(layers: tuple[int, ...], ticks: int) -> None:
    made, x = network(layers), recording(ticks)
    with torch.inference_mode():
        whole = made(x)
    rng = np.random.default_rng(ticks)
    mixed = rng.choice([1, 2, 3, 5, 17], 80).tolist()
    for sizes in ([], [1] * ticks, [32] * 3, mixed):
        found = streamed(made, x, sizes)
        assert found.shape == (1, made.out_channels, -(-ticks // made.stride))
        torch.testing.assert_close(found, whole, atol=1e-4, rtol=0)


@pytest.mark.parametrize("layers", [(2, 3), (2, 2, 2, 2)])
def test_nothing_is_computed_twice(layers: tuple[int, ...]) -> None:
    made, x = network(layers), recording(75)
    with torch.inference_mode(), FlopCounterMode(display=False) as at_once:
        made(x)
    with FlopCounterMode(display=False) as in_pieces:
        streamed(made, x, [7, 16, 1, 30])
    assert in_pieces.get_total_flops() == at_once.get_total_flops() > 1e6


@pytest.mark.parametrize(("layers", "clip_ticks"), [((2, 3), 64), ((2, 2, 2, 2), 160)])
def test_dense_features_are_those_of_clips(layers: tuple[int, ...], clip_ticks: int) -> None:
    """Wherever a clip shows all that a feature can see, so that its edges do not count."""
    made, ticks = network(layers), 4 * clip_ticks
    x = recording(ticks)
    dense = streamed(made, x, [96] * 8)
    compared = 0
    for first in range(0, ticks - clip_ticks + 1, clip_ticks // 2):
        with torch.inference_mode():
            clip = made(x[:, :, first : first + clip_ticks])
        starts = torch.arange(clip.shape[2]) * made.stride
        inner = (starts >= made.reach) & (starts + made.reach < clip_ticks)
        assert inner.any()
        there = first // made.stride + torch.nonzero(inner)[:, 0]
        torch.testing.assert_close(clip[:, :, inner], dense[:, :, there], atol=1e-4, rtol=0)
        compared += len(there)
    assert compared > 20


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_gpu_gives_nearly_the_same(dtype: torch.dtype) -> None:
    made, x = network((2, 3)), recording(200)
    here = streamed(made, x, [96, 96])
    there = streamed(made.to("cuda"), x.to("cuda"), [96, 96])
    stream = FeatureStream(made, dtype)
    low = stream.push(x.to("cuda"), last=True)
    torch.testing.assert_close(there.cpu(), here, atol=1e-3, rtol=1e-2)
    assert (low.cpu() - here).norm() < 0.1 * (here - here.mean(dim=2, keepdim=True)).norm()
