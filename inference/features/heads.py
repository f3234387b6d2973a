"""The heads that teach the feature network; none of them is kept."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from inference.features.targets import BACKGROUND


@dataclass(frozen=True)
class Losses:
    """Mean losses of a batch: class of the exercise, action or background, start and end nearby,
    seconds to start and end."""

    action: torch.Tensor
    region: torch.Tensor
    edges: torch.Tensor
    offsets: torch.Tensor

    @property
    def total(self) -> torch.Tensor:
        return self.action + self.region + self.edges + self.offsets


class Heads(nn.Module):
    """Two heads as in TSP (Alwassel et al., 2021): the action, and whether there is one; and two
    for its boundaries, without which features localise badly."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.2)
        self.action = nn.Linear(features, classes)
        self.region = nn.Linear(features, 1)
        self.edges = nn.Linear(features, 2)
        self.offsets = nn.Linear(features, 2)

    def forward(self, features: torch.Tensor) -> dict[str, torch.Tensor]:
        """(N, D, F) -> logits: action (N, F, classes), region (N, F), edges (N, F, 2);
        offsets (N, F, 2) seconds."""
        x = self.dropout(features.transpose(1, 2))
        return {
            "action": self.action(x),
            "region": self.region(x)[..., 0],
            "edges": self.edges(x),
            "offsets": F.softplus(self.offsets(x)),
        }


def losses(
    outputs: dict[str, torch.Tensor],
    classes: torch.Tensor,
    edges: torch.Tensor,
    offsets: torch.Tensor,
) -> Losses:
    """Targets as in `Targets`, with a leading batch dimension."""
    inside = classes != BACKGROUND
    some = inside.any()
    # Without any repetition every head still has a gradient, 0: other processes wait for it.
    nothing = {name: outputs[name].sum() * 0 for name in ("action", "offsets")}
    return Losses(
        action=F.cross_entropy(outputs["action"][inside], classes[inside], label_smoothing=0.05)
        if some
        else nothing["action"],
        region=F.binary_cross_entropy_with_logits(outputs["region"], inside.float()),
        edges=2
        * F.binary_cross_entropy_with_logits(
            outputs["edges"], edges, pos_weight=torch.tensor(3.0, device=edges.device)
        ),
        offsets=F.smooth_l1_loss(outputs["offsets"][inside], offsets[inside], beta=0.2)
        if some
        else nothing["offsets"],
    )
