"""ActionFormer: published keys and numbers, padding, lengths and blocks of attention."""

import zlib

import numpy as np
import pytest
import torch
from torch import nn

from inference.localize.actionformer import ActionFormer
from tests.parity_files import parity_folder


def fill_from_names(model: nn.Module) -> None:
    """The deterministic weights of ../shared/parity/README.md."""
    state = {}
    for name, tensor in model.state_dict().items():
        rng = np.random.RandomState(zlib.crc32(name.encode()) & 0xFFFFFFFF)
        shape = tuple(tensor.shape)
        n = np.asarray(rng.standard_normal(shape), np.float32)
        leaf = name.split(".")[-1]
        if leaf == "bias":
            n = np.float32(0.1) * n
        elif leaf == "weight" and not (n.ndim == 1 or (n.ndim == 3 and shape[::2] == (1, 1))):
            n = n * np.float32(1 / np.sqrt(np.prod(shape[1:])))
        else:
            n = np.float32(1) + np.float32(0.1) * n
        state[name] = torch.from_numpy(np.asarray(n))
    model.load_state_dict(state)


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


@pytest.mark.parametrize("name", ["thumos_i3d", "rehab"])
def test_parity_of_the_state_dict(name: str) -> None:
    manifest = parity_folder("actionformer").json(f"manifest_{name}.json")
    with torch.device("meta"):
        model = published(manifest["config"])
    ours = {key: list(tensor.shape) for key, tensor in model.state_dict().items()}
    assert ours == {tensor["key"]: tensor["shape"] for tensor in manifest["tensors"]}


@pytest.mark.parametrize(
    "tag", ["win9", "win19", "fullattn", "win9_fpn", "win9_abs_pe", "win9_rel_pe"]
)
def test_parity_of_the_forward_pass(tag: str) -> None:
    expected = parity_folder("actionformer").npz(f"tiny_{tag}_eval.npz")
    model = tiny(tag)
    inputs = sorted({key.split("_")[0] for key in expected})
    assert inputs
    for name in inputs:
        seed, steps, _ = expected[f"{name}_seed_len_padlen"]
        features = torch.from_numpy(
            np.random.RandomState(seed).standard_normal((32, steps)).astype(np.float32)
        )
        with torch.inference_mode():
            levels = model(*padded(model, features))
        for number, level in enumerate(levels):
            valid = expected[f"{name}_mask_l{number}"]
            ours = level.mask[0].numpy()
            assert ours.sum() == valid.sum()
            points = expected[f"{name}_points_l{number}"][valid]
            np.testing.assert_array_equal(level.positions().numpy()[ours], points[:, 0])
            assert (points[:, 1:] == [*level.range, level.stride]).all()
            np.testing.assert_allclose(
                level.logits[0].numpy()[ours],
                expected[f"{name}_cls_logits_l{number}"][valid],
                atol=1e-4,
            )
            np.testing.assert_allclose(
                level.offsets[0].numpy()[ours],
                expected[f"{name}_offsets_l{number}"][valid],
                atol=1e-4,
            )


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
    model = small()
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
    model = small()
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
