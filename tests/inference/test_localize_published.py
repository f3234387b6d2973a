"""Official ActionFormer checkpoints: averaged weights first, with and without `module.`."""

from pathlib import Path
from typing import Any

import pytest
import torch

from inference.localize.actionformer.blocks import Attention
from inference.localize.actionformer.configurations import (
    REHAB,
    THUMOS_I3D,
    PublishedLocalizer,
    actionformer_weights,
)
from inference.localize.actionformer.network import ActionFormer
from tests.parity_files import parity_folder
from tests.parity_weights import described, fill_from_names

PUBLISHED = {"thumos_i3d": THUMOS_I3D, "rehab": REHAB}


def built(published: PublishedLocalizer, weights: dict[str, torch.Tensor]) -> ActionFormer:
    config = published.config(weights, step_s=1.0, features_model="")
    return config.build(published.class_count(weights))


@pytest.mark.parametrize("name", PUBLISHED)
def test_parity_of_the_published_networks(name: str) -> None:
    """The names that users give stand for the configurations of the reference."""
    manifest = parity_folder("actionformer").json(f"manifest_{name}.json")
    with torch.device("meta"):
        weights = {t["key"]: torch.empty(t["shape"]) for t in manifest["tensors"]}
        model = built(PUBLISHED[name], weights)
        unknown = built(PUBLISHED[name], {})
    for made in (model, unknown):
        assert {t["key"]: t for t in described(made)} == {t["key"]: t for t in manifest["tensors"]}
    config = manifest["config"]
    assert [list(pair) for pair in model.regression_ranges] == config["regression_range"]
    assert (model.window, model.max_steps) == (config["n_mha_win_size"], config["max_seq_len"])
    heads = {block.heads for block in model.modules() if isinstance(block, Attention)}
    assert heads == {config["n_head"]}


def narrow() -> ActionFormer:
    """The published shape with few channels, so that files are small."""
    weights = {
        "backbone.embd.0.conv.weight": torch.empty(16, 6, 3),
        "cls_head.cls_head.conv.weight": torch.empty(3, 16, 3),
    }
    return built(REHAB, weights)


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("kept", ["state_dict_ema", "state_dict", ""])
def test_an_official_checkpoint_gives_its_best_weights(
    tmp_path: Path, prefix: str, kept: str
) -> None:
    best, other = narrow(), narrow()
    fill_from_names(best)
    named = {f"{prefix}{name}": tensor for name, tensor in best.state_dict().items()}
    worse = {f"{prefix}{name}": tensor for name, tensor in other.state_dict().items()}
    optimizer = torch.optim.AdamW(other.parameters())
    content: dict[str, Any] = {
        "state_dict_ema": {"epoch": 35, "state_dict": worse, "state_dict_ema": named},
        "state_dict": {"epoch": 35, "state_dict": named},
        "": named,
    }[kept]
    if kept:
        content |= {"optimizer": optimizer.state_dict(), "scheduler": {"last_epoch": 35}}
    torch.save(content, tmp_path / "epoch_035.pth.tar")
    weights = actionformer_weights(torch.load(tmp_path / "epoch_035.pth.tar", weights_only=True))
    model = built(REHAB, weights)
    model.load_state_dict(weights)
    best.eval(), model.eval()
    features, mask = torch.randn(1, 6, 64), torch.arange(64)[None] < 50
    with torch.no_grad():
        for ours, theirs in zip(model(features, mask), best(features, mask), strict=True):
            assert torch.equal(ours.logits, theirs.logits)
            assert torch.equal(ours.offsets, theirs.offsets)
