"""What the localizer minimises."""

import torch
from torch import Tensor
from torch.nn import functional

NORMALIZER_START = 100.0
NORMALIZER_MOMENTUM = 0.9


def focal_loss(logits: Tensor, targets: Tensor, alpha: float = 0.25, gamma: float = 2.0) -> Tensor:
    """Sigmoid focal loss (Lin et al., 2017), elementwise."""
    probability = torch.sigmoid(logits)
    entropy = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    right = probability * targets + (1 - probability) * (1 - targets)
    weight = alpha * targets + (1 - alpha) * (1 - targets)
    return weight * entropy * (1 - right) ** gamma


def iou_loss(offsets: Tensor, targets: Tensor, eps: float = 1e-8) -> Tensor:
    """1 - IoU of segments around a common step: (..., 2) -> (...)."""
    left, right = offsets[..., 0], offsets[..., 1]
    true_left, true_right = targets[..., 0], targets[..., 1]
    shared = torch.minimum(left, true_left) + torch.minimum(right, true_right)
    union = (left + right) + (true_left + true_right) - shared
    return 1 - shared / union.clamp(min=eps)


def diou_loss(offsets: Tensor, targets: Tensor, eps: float = 1e-8) -> Tensor:
    """Distance-IoU (Zheng et al., 2020) of segments around a common step: (..., 2) -> (...)."""
    left, right = offsets[..., 0], offsets[..., 1]
    true_left, true_right = targets[..., 0], targets[..., 1]
    hull = torch.maximum(left, true_left) + torch.maximum(right, true_right)
    between_centres = 0.5 * (right - left - true_right + true_left)
    return iou_loss(offsets, targets, eps) + (between_centres / hull.clamp(min=eps)).square()


def detection_losses(
    logits: Tensor, offsets: Tensor, class_targets: Tensor, offset_targets: Tensor, known: Tensor
) -> tuple[Tensor, Tensor, int]:
    """Summed focal loss, summed DIoU loss, and the number of steps that learn a segment.

    logits and class_targets (B, P, classes), offsets and offset_targets (B, P, 2), known (B, P)
    bool: a step that is not known (padding, or nobody has looked there) does not count.
    """
    positive = (class_targets.sum(dim=-1) > 0) & known
    classification = focal_loss(logits[known], class_targets[known]).sum()
    regression = diou_loss(offsets[positive], offset_targets[positive]).sum()
    return classification, regression, int(positive.sum())


def next_normalizer(
    normalizer: float, positives: int, momentum: float = NORMALIZER_MOMENTUM
) -> float:
    """Running mean of how many steps learn a segment in a batch; losses are divided by it."""
    return momentum * normalizer + (1 - momentum) * max(positives, 1)
