"""What the localizer minimises.

Shapes in comments: B sequences, P steps, N segments, n positive steps, W ticks of refinement.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from inference.localize.actionformer.losses import focal_loss
from inference.localize.assignment import assigned
from inference.localize.batches import Batch
from inference.localize.network import Answer, RefinedActionFormer
from inference.localize.refinement import Refinement

CLASS_WEIGHT = 0.5
LABEL_SMOOTHING = 0.05
REFINEMENT_WEIGHT = 0.15
FOCAL_WEIGHT = 2.0  # of plain focal loss, whose alpha makes it small
COARSE_ERROR = 3.0  # ticks of uniform noise: training must not rely on good coarse boundaries


@dataclass(frozen=True, eq=False)
class Losses:
    """Sums over a batch, and how many steps learn a segment."""

    classification: Tensor
    regression: Tensor
    refinement: Tensor
    positives: int

    @property
    def total(self) -> Tensor:
        """What is minimised: all sums for each positive step."""
        summed = self.classification + self.regression + self.refinement
        return summed / max(self.positives, 1)


def losses_of(
    network: RefinedActionFormer, answer: Answer, batch: Batch, *, quality: bool = True
) -> Losses:
    """Losses of the network's own answer to the batch.

    quality: actionness learns how well the step's segment overlaps the truth (quality focal loss,
    Li et al., 2020) instead of 1 (focal loss, Lin et al., 2017). Segments learn by distance-IoU
    (Zheng et al., 2020).
    """
    positions = answer.steps.positions
    ticks = positions.round().long().clamp(0, batch.known.shape[1] - 1)
    known = answer.mask & batch.known[:, ticks]  # (B, P)
    chosen = assigned(answer.steps, batch.segments)
    sequences, steps = ((chosen >= 0) & known).nonzero(as_tuple=True)  # (n,) each
    truth = batch.segments[sequences, chosen[sequences, steps]]  # (n, 2)
    labels = batch.labels[sequences, chosen[sequences, steps]]
    offsets = answer.offsets[sequences, steps]
    where = positions[steps]
    found = torch.stack([where - offsets[:, 0], where + offsets[:, 1]], dim=1)
    regression, overlaps = distance_iou(found, truth)
    refinement = regression.new_zeros(())
    if network.refinement is not None and answer.keys is not None and answer.queries is not None:
        coarse = found.detach() + (torch.rand_like(found) - 0.5) * COARSE_ERROR
        logits, middle = network.refinement.logits(
            answer.keys, sequences, answer.queries[sequences, steps], coarse
        )
        refinement, found = boundary_loss(network.refinement, logits, middle, truth)
        _, overlaps = distance_iou(found, truth)
    actionness = answer.logits[..., 0]  # (B, P)
    target = torch.zeros_like(actionness)
    target[sequences, steps] = overlaps.detach().clamp(0, 1) if quality else 1.0
    if quality:
        classification = quality_focal_loss(actionness, target)
    else:
        classification = FOCAL_WEIGHT * focal_loss(actionness, target)
    classes = functional.cross_entropy(
        answer.logits[sequences, steps, 1:],
        labels,
        reduction="sum",
        label_smoothing=LABEL_SMOOTHING,
    )
    return Losses(
        classification=classification[known].sum() + CLASS_WEIGHT * classes,
        regression=regression.sum(),
        refinement=REFINEMENT_WEIGHT * refinement,
        positives=len(steps),
    )


def boundary_loss(
    refinement: Refinement, logits: Tensor, middle: Tensor, truth: Tensor
) -> tuple[Tensor, Tensor]:
    """Summed loss of boundary distributions (n, 2, 2 W + 1) around `middle` (n, 2), and the
    boundaries (n, 2) that are their means.

    The truth lies between two ticks, which share it (distribution focal loss without the focus,
    Li et al., 2020); the mean is also pulled towards it. What is out of sight does not count.
    """
    reach = refinement.ticks
    away = truth - middle
    in_sight = away.abs() < reach - 0.01
    place = (away + reach).clamp(0, 2 * reach - 1e-3)
    low = place.floor()
    share = place - low
    logs = logits.log_softmax(-1)
    index = low.long()[..., None]
    at_low, at_high = logs.gather(2, index)[..., 0], logs.gather(2, index + 1)[..., 0]
    surprise = -(at_low * (1 - share) + at_high * share)
    means = middle + (logits.softmax(-1) * refinement.around(middle)).sum(-1)
    error = functional.smooth_l1_loss(means, truth, reduction="none")
    return ((surprise + error) * in_sight).sum(), means


def distance_iou(found: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Distance-IoU loss and IoU of segments (n, 2) -> (n,) each."""
    shared = torch.minimum(found[:, 1], truth[:, 1]) - torch.maximum(found[:, 0], truth[:, 0])
    shared = shared.clamp(min=0)
    hull = torch.maximum(found[:, 1], truth[:, 1]) - torch.minimum(found[:, 0], truth[:, 0])
    union = (found[:, 1] - found[:, 0]) + (truth[:, 1] - truth[:, 0]) - shared
    overlap = shared / union.clamp(min=1e-3)
    apart = (found.sum(1) - truth.sum(1)) / 2 / hull.clamp(min=1e-3)
    return 1 - overlap + apart**2, overlap


def quality_focal_loss(logits: Tensor, quality: Tensor) -> Tensor:
    """Focal loss for targets between 0 and 1 (Li et al., 2020), elementwise."""
    entropy = functional.binary_cross_entropy_with_logits(logits, quality, reduction="none")
    return entropy * (logits.sigmoid() - quality).square()
