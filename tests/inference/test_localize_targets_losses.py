"""Label assignment and losses: the published numbers, gradients included."""

import numpy as np
import pytest
import torch
from torch import nn

from inference.localize.actionformer.losses import (
    NORMALIZER_START,
    detection_losses,
    diou_loss,
    focal_loss,
    iou_loss,
    next_normalizer,
)
from inference.localize.actionformer.network import ActionFormer
from inference.localize.actionformer.targets import assign, points_of
from tests.inference.test_localize_actionformer import tiny
from tests.parity_files import parity_folder

SETS = ["A_win9", "A_win19", "B_win9", "C_win9"]


def batch_of(name: str) -> tuple[ActionFormer, dict, torch.Tensor, torch.Tensor]:
    published = parity_folder("actionformer").json("tiny_losses.json")["sets"][name]
    model = tiny(name.split("_")[1]).train()
    for block in (*model.backbone.stem, *model.backbone.branch):
        block.drop_path_attn.drop = block.drop_path_mlp.drop = 0.0
    length = published["max_seq_len"]
    features, masks = torch.zeros(2, 32, length), torch.zeros(2, length, dtype=torch.bool)
    for i, video in enumerate(published["videos"]):
        shape = video["feature_shape"]
        values = np.random.RandomState(video["feature_seed"]).standard_normal(shape)
        features[i, :, : shape[1]] = torch.from_numpy(values.astype(np.float32))
        masks[i, : shape[1]] = True
    return model, published, features, masks


@pytest.mark.parametrize("name", SETS)
def test_parity_of_assignment_losses_and_gradients(name: str) -> None:
    model, published, features, masks = batch_of(name)
    expected = parity_folder("actionformer").npz("tiny_labels.npz")
    for i, video in enumerate(published["videos"]):
        kept = [expected[f"{name[0]}_gt_{what}_{i}"] for what in ("segments", "labels")]
        segments = np.array(video["segments"], np.float32).reshape(-1, 2)
        np.testing.assert_array_equal(segments, kept[0])
        np.testing.assert_array_equal(video["labels"], kept[1])
    levels = model(features, masks)
    points = points_of(levels)
    targets = [
        assign(
            points,
            torch.tensor(video["segments"]).reshape(-1, 2),
            torch.tensor(video["labels"], dtype=torch.long),
            5,
        )
        for video in published["videos"]
    ]
    class_targets = torch.stack([target for target, _ in targets])
    offset_targets = torch.stack([offsets for _, offsets in targets])
    np.testing.assert_array_equal(class_targets.numpy(), expected[f"{name}_gt_cls_labels"])
    positive = class_targets.sum(-1).numpy() > 0
    np.testing.assert_allclose(
        offset_targets.numpy()[positive], expected[f"{name}_gt_offsets"][positive], atol=1e-5
    )

    classification, regression, positives = detection_losses(
        torch.cat([level.logits for level in levels], dim=1),
        torch.cat([level.offsets for level in levels], dim=1),
        class_targets,
        offset_targets,
        torch.cat([level.mask for level in levels], dim=1),
    )
    valid = torch.cat([level.mask for level in levels], dim=1)
    assert positives == published["num_pos"]
    assert int(valid.sum()) == published["num_valid_points"]
    assert int((class_targets.sum(-1) > 0).sum()) == published["num_pos_ignoring_mask"]
    assert published["loss_normalizer_before"] == NORMALIZER_START
    normalizer = next_normalizer(NORMALIZER_START, positives)
    second = next_normalizer(normalizer, positives)  # the weights stay, the normalizer moves on
    for divisor, numbers in ((normalizer, published), (second, published["second_step"])):
        assert divisor == pytest.approx(numbers["loss_normalizer_after"])
        for loss, key in (
            (classification, "cls_loss"),
            (regression, "reg_loss"),
            (classification + regression, "final_loss"),
        ):
            assert loss.item() / divisor == pytest.approx(numbers[key], rel=1e-4)

    if name == "A_win9":
        assert published["grad_l2_norm"].keys() == dict(model.named_parameters()).keys()
        ((classification + regression) / normalizer).backward()
        for key, parameter in model.named_parameters():
            norm = published["grad_l2_norm"][key]
            assert parameter.grad is not None
            assert parameter.grad.norm().item() == pytest.approx(norm, rel=1e-3, abs=1e-6), key


def test_parity_of_elementwise_losses() -> None:
    arrays = {
        key: torch.from_numpy(value)
        for key, value in parity_folder("actionformer").npz("losses_elementwise.npz").items()
    }
    torch.testing.assert_close(
        focal_loss(arrays["logits"], arrays["targets"]),
        arrays["focal_alpha025_gamma2"],
        rtol=1e-4,
        atol=1e-6,
    )
    torch.testing.assert_close(  # called giou there, but without its hull: 1 - IoU
        iou_loss(arrays["pred_offsets"], arrays["gt_offsets"]),
        arrays["giou"],
        rtol=1e-4,
        atol=1e-6,
    )
    torch.testing.assert_close(
        diou_loss(arrays["pred_offsets"], arrays["gt_offsets"]),
        arrays["diou"],
        rtol=1e-4,
        atol=1e-6,
    )


def test_unknown_steps_change_no_loss() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 8, 3, generator=generator)
    offsets = torch.rand(1, 8, 2, generator=generator)
    targets = nn.functional.one_hot(torch.tensor([[0, 1, 2, 0, 1, 2, 0, 1]]), 3).float()
    known = torch.tensor([[True] * 5 + [False] * 3])
    inside = detection_losses(logits, offsets, targets, offsets + 1, known)
    logits[0, 5:] += 10
    assert detection_losses(logits, offsets, targets, offsets + 1, known) == inside
    assert inside[2] == 5
