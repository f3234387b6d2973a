"""ActionFormer: published keys and numbers, padding, lengths and blocks of attention."""

import copy
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from inference.localize.actionformer.convolution import Convolution, pack_weights
from inference.localize.actionformer.network import ActionFormer
from tests.parity_files import parity_folder
from tests.parity_weights import described, fill_from_names


def published(config: dict) -> ActionFormer:
    return ActionFormer(
        input_dim=config["input_dim"],
        classes=config["num_classes"],
        width=config["embd_dim"],
        heads=config["n_head"],
        window=config["n_mha_win_size"],
        arch=tuple(config["backbone_arch"]),
        regression_ranges=config["regression_range"],
        max_steps=config["max_seq_len"],
        top_down=config["fpn_type"] == "fpn",
        absolute_positions=config["use_abs_pe"],
        relative_positions=config["use_rel_pe"],
    )


def tiny(tag: str) -> ActionFormer:
    model = published(parity_folder("actionformer").json("tiny_configs.json")[tag])
    fill_from_names(model)
    return model.eval()


def padded(model: ActionFormer, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    steps = features.shape[-1]
    length = model.padded_length(steps)
    mask = torch.arange(length) < steps
    return nn.functional.pad(features, (0, length - steps))[None], mask[None]


TAGS = ["win9", "win19", "fullattn", "win9_fpn", "win9_abs_pe", "win9_rel_pe"]


@pytest.mark.parametrize("name", ["thumos_i3d", "rehab"])
def test_parity_of_the_state_dict(name: str) -> None:
    manifest = parity_folder("actionformer").json(f"manifest_{name}.json")
    with torch.device("meta"):
        model = published(manifest["config"])
    same_tensors(model, manifest)
    assert manifest["n_tensors"] == 229


@pytest.mark.parametrize("tag", ["win9", "win19", "win9_fpn", "win9_rel_pe"])
def test_parity_of_the_tiny_state_dicts(tag: str) -> None:
    same_tensors(tiny(tag), parity_folder("actionformer").json(f"manifest_tiny_{tag}.json"))


def same_tensors(model: ActionFormer, manifest: dict) -> None:
    assert described(model) == manifest["tensors"]
    sizes = [tensor.numel() for tensor in model.state_dict().values()]
    assert len(sizes) == manifest["n_tensors"] and sum(sizes) == manifest["n_values"]
    assert sum(p.numel() for p in model.parameters()) == manifest["n_parameters"]


def inputs_of(expected: dict[str, np.ndarray]) -> dict[str, tuple[torch.Tensor, int]]:
    """Name, features (32, T) and published padded length of the inputs of a tiny model."""
    inputs = {}
    for name in sorted({key.split("_")[0] for key in expected}):
        seed, steps, length = expected[f"{name}_seed_len_padlen"]
        features = np.random.RandomState(seed).standard_normal((32, steps)).astype(np.float32)
        np.testing.assert_array_equal(features, expected.get(f"{name}_feats", features))
        inputs[name] = torch.from_numpy(features), int(length)
    assert inputs
    return inputs


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("way", ["packed", "plain", "gradients"])
def test_parity_padded_as_published(tag: str, way: str) -> None:
    """Every step of every level, padding included."""
    expected = parity_folder("actionformer").npz(f"tiny_{tag}_eval.npz")
    model = pack_weights(tiny(tag)) if way == "packed" else tiny(tag)
    for name, (features, length) in inputs_of(expected).items():
        steps = features.shape[1]
        mask = (torch.arange(length) < steps)[None]
        padded_features = nn.functional.pad(features, (0, length - steps))[None]
        with torch.set_grad_enabled(way == "gradients"):
            levels = model(padded_features, mask)
            inner = model.backbone(padded_features.transpose(1, 2), mask[:, :, None])
        for number, level in enumerate(levels):
            np.testing.assert_array_equal(level.mask[0], expected[f"{name}_mask_l{number}"])
            points = expected[f"{name}_points_l{number}"]
            np.testing.assert_array_equal(level.positions(), points[:, 0])
            assert (points[:, 1:] == [*level.range, level.stride]).all()
            for ours, theirs in (
                (level.logits, expected[f"{name}_cls_logits_l{number}"]),
                (level.offsets, expected[f"{name}_offsets_l{number}"]),
            ):
                np.testing.assert_allclose(ours[0].detach(), theirs, atol=1e-4)
        if f"{name}_backbone_l3" in expected:
            finest, coarsest = inner[0][0][0].T.detach(), inner[3][0][0].T.detach()
            np.testing.assert_allclose(
                finest[:, ::8], expected[f"{name}_backbone_l0_every8"], atol=1e-4
            )
            np.testing.assert_allclose(coarsest, expected[f"{name}_backbone_l3"], atol=1e-4)


@pytest.mark.parametrize("tag", TAGS)
def test_parity_of_the_forward_pass_with_less_padding(tag: str) -> None:
    expected = parity_folder("actionformer").npz(f"tiny_{tag}_eval.npz")
    model = pack_weights(tiny(tag))
    for name, (features, length) in inputs_of(expected).items():
        assert model.padded_length(features.shape[1]) <= length
        with torch.inference_mode():
            levels = model(*padded(model, features))
        for number, level in enumerate(levels):
            valid, ours = expected[f"{name}_mask_l{number}"], level.mask[0]
            for values, theirs in (
                (level.logits, expected[f"{name}_cls_logits_l{number}"]),
                (level.offsets, expected[f"{name}_offsets_l{number}"]),
            ):
                np.testing.assert_allclose(values[0, ours], theirs[valid], atol=1e-4)


def small(window: int = 9) -> ActionFormer:
    torch.manual_seed(0)
    model = ActionFormer(
        input_dim=6,
        classes=3,
        width=16,
        heads=2,
        window=window,
        arch=(1, 1, 2),
        regression_ranges=((0, 4), (4, 8), (8, 10000)),
        max_steps=10**6,
    )
    fill_from_names(model)
    return model.eval()


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 31, 32, 33, 100])
def test_any_length_gives_the_same_with_more_padding(steps: int) -> None:
    model = pack_weights(small())
    features = torch.randn(6, steps, generator=torch.Generator().manual_seed(steps))
    with torch.inference_mode():
        short = model(*padded(model, features))
        mask = torch.arange(256) < steps
        far = model(nn.functional.pad(features, (0, 256 - steps))[None], mask[None])
    for ours, longer in zip(short, far, strict=True):
        valid = ours.mask[0]
        assert valid.any()
        torch.testing.assert_close(
            ours.logits[0, valid], longer.logits[0, longer.mask[0]], atol=1e-5, rtol=0
        )
        torch.testing.assert_close(
            ours.offsets[0, valid], longer.offsets[0, longer.mask[0]], atol=1e-5, rtol=0
        )


def test_sequences_of_a_batch_do_not_touch() -> None:
    model = pack_weights(small())
    features = torch.randn(2, 6, 64, generator=torch.Generator().manual_seed(1))
    mask = torch.stack([torch.arange(64) < 40, torch.arange(64) < 64])
    features = features * mask[:, None]
    with torch.inference_mode():
        together = model(features, mask)
        alone = model(features[:1], mask[:1])
    for both, one in zip(together, alone, strict=True):
        torch.testing.assert_close(both.logits[:1], one.logits, atol=1e-5, rtol=0)


def test_gradients_are_finite_with_padding() -> None:
    model = small().train()
    features = torch.randn(2, 6, 64, requires_grad=True)
    mask = torch.stack([torch.arange(64) < 3, torch.arange(64) < 50])
    total = sum(level.logits.sum() + level.offsets.sum() for level in model(features, mask))
    total.backward()
    for values in (features, *model.parameters()):
        assert values.grad is not None and torch.isfinite(values.grad).all()


def finest(model: ActionFormer) -> torch.Tensor:
    """The finest level's logits for some features, without gradients."""
    features = torch.randn(6, 40, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        return model(*padded(model, features))[0].logits


def is_packed(model: ActionFormer) -> list[bool]:
    return [bool(each.packed) for each in model.modules() if isinstance(each, Convolution)]


def test_packed_weights_give_the_same() -> None:
    plain, packed = small(), pack_weights(small())
    assert all(is_packed(packed)) and not any(is_packed(plain))
    assert not torch.equal(finest(packed), finest(plain))  # another order of sums
    torch.testing.assert_close(finest(packed), finest(plain), atol=1e-5, rtol=0)


def test_without_the_operations_of_onednn_products_are_plain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.ops, "mkldnn", SimpleNamespace())
    model = pack_weights(small())
    assert not any(is_packed(model))
    assert torch.equal(finest(model), finest(small()))


def through_an_optimizer(model: ActionFormer) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, fused=True)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()


def through_data(model: ActionFormer) -> None:
    for parameter in model.parameters():
        parameter.data.mul_(1.1)


def through_numpy(model: ActionFormer) -> None:
    for parameter in model.parameters():
        values = parameter.detach().numpy()
        values *= 1.1


@pytest.mark.parametrize("change", [through_an_optimizer, through_data, through_numpy])
def test_a_packed_copy_stays_and_its_original_follows_its_weights(
    change: Callable[[ActionFormer], None],
) -> None:
    """However they change: not every way leaves a trace in torch's own count of changes."""
    model = small()
    before = finest(model)
    packed = pack_weights(copy.deepcopy(model))
    change(model)
    fresh = small()
    fresh.load_state_dict(model.state_dict())
    torch.testing.assert_close(finest(model), finest(fresh), atol=0, rtol=0)
    assert (finest(model) - before).abs().max() > 1e-3
    torch.testing.assert_close(finest(packed), before, atol=1e-5, rtol=0)


def test_a_copy_of_a_packed_network_is_not_packed() -> None:
    copied = copy.deepcopy(pack_weights(small()))
    assert not any(is_packed(copied))
    assert torch.equal(finest(copied), finest(small()))


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 37])
def test_products_are_those_of_a_convolution(kernel_size: int, steps: int) -> None:
    torch.manual_seed(kernel_size)
    x, layer = torch.randn(2, steps, 24), Convolution(24, 16, kernel_size)
    assert layer.bias is not None
    exact = nn.functional.conv1d(
        x.transpose(1, 2).double(),
        layer.weight.double(),
        layer.bias.double(),
        padding=kernel_size // 2,
    ).transpose(1, 2)
    plain = layer(x)
    layer.pack()
    assert bool(layer.packed) == (kernel_size < 5)
    assert torch.equal(layer(x), plain) and plain.requires_grad
    with torch.no_grad():
        fast = layer(x)
    for found in (plain, fast):
        torch.testing.assert_close(found.double(), exact, atol=1e-5, rtol=0)


PASS = """
import sys, torch
from inference.localize.actionformer.network import ActionFormer

def peak():
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0])  # kB

model = ActionFormer(
    input_dim=8, classes=2, width=16, heads=2, window=19, arch=(2, 2, 5), max_steps=2304,
    regression_ranges=[(0, 4), (4, 8), (8, 16), (16, 32), (32, 64), (64, 10000)],
).eval()
with torch.inference_mode():
    model(torch.zeros(1, 8, 64), torch.ones(1, 64, dtype=torch.bool))
    before = peak()
    length = model.padded_length(int(sys.argv[1]))
    model(torch.zeros(1, 8, length), torch.ones(1, length, dtype=torch.bool))
print(peak() - before)
"""


def test_eight_hours_in_one_pass_need_memory_in_proportion() -> None:
    """216,000 steps are eight hours at 7.5 Hz; all pairs of them would take 187 GB."""

    def kilobytes(steps: int) -> int:
        command = [sys.executable, "-c", PASS, str(steps)]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert kilobytes(216_000) < min(6 * kilobytes(54_000), 800_000)
