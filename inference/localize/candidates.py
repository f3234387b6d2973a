"""What the network proposes in one piece of a recording, boundaries looked at again."""

import numpy as np
import torch
from torch import Tensor

from inference.localize.decode import Candidates
from inference.localize.inputs import Inputs, side_by_side
from inference.localize.network import FARTHEST, PASSES, Answer, RefinedActionFormer
from inference.video.clock import MODEL_HZ

LEAST_SCORE = 0.01
SHORTEST = 4.0  # ticks: nothing shorter than a quarter of a second is a repetition
MOST_A_MINUTE = 1000
COARSE_SPREAD = 1.0  # ticks, of a network without refinement: its candidates speak for themselves


@torch.inference_mode()
def candidates(
    network: RefinedActionFormer,
    inputs: Inputs,
    *,
    first: int,
    core: tuple[int, int],
    passes: int = PASSES,
) -> tuple[Candidates, Candidates]:
    """Candidates of each class, and of anything at all with label 0, by falling score.

    inputs: one chunk, whose first tick is tick `first` of the recording, a multiple of the coarsest
    stride. core: ticks [from, to) of the chunk that it answers for; chunks that reach
    `network.reach()` ticks farther than their cores answer like one pass. passes: how often
    boundaries are looked at again, up to `PASSES`. Segments are in ticks of the recording.
    """
    if not len(inputs):
        return Candidates.none(), Candidates.none()
    if first % network.coarsest_stride:
        raise ValueError(f"chunks start at multiples of {network.coarsest_stride} ticks")
    device = next(network.parameters()).device
    tensors = side_by_side([inputs], network.padded_length(len(inputs)))
    answer = network(*(tensor.to(device) for tensor in tensors))
    positions, actionness = answer.steps.positions, answer.logits[0, :, 0].sigmoid()
    in_core = (positions >= core[0]) & (positions < core[1])
    (steps,) = (answer.mask[0] & in_core & (actionness > LEAST_SCORE)).nonzero(as_tuple=True)
    segments, spreads = boundaries(network, answer, steps, passes)
    long = segments[:, 1] - segments[:, 0] > SHORTEST
    steps, segments, spreads = steps[long], segments[long], spreads[long]
    actionness = actionness[steps]
    scores = actionness[:, None] * answer.logits[0, steps, 1:].softmax(-1)  # (n, classes)
    rows, labels = (scores > LEAST_SCORE).nonzero(as_tuple=True)
    limit = max(1, round((core[1] - core[0]) / MODEL_HZ / 60 * MOST_A_MINUTE))
    return (
        best(segments[rows], scores[rows, labels], labels, spreads[rows], first, limit),
        best(segments, actionness, torch.zeros_like(steps), spreads, first, limit),
    )


def boundaries(
    network: RefinedActionFormer, answer: Answer, steps: Tensor, passes: int
) -> tuple[Tensor, Tensor]:
    """Segments (n, 2) and standard deviations (n, 2) of `steps` (n,), in ticks of the chunk.

    A boundary farther than `FARTHEST` from its step stays as it is, and may be anywhere in the
    range of the refinement: a chunk need not reach that far.
    """
    where, offsets = answer.steps.positions[steps].double(), answer.offsets[0, steps]
    coarse = torch.stack([where - offsets[:, 0], where + offsets[:, 1]], dim=1)
    refinement, found, spreads = network.refinement, coarse, torch.full_like(coarse, COARSE_SPREAD)
    if refinement is None or answer.keys is None or answer.queries is None:
        return found, spreads
    near = offsets <= FARTHEST
    anywhere = (2 * refinement.ticks + 1) / np.sqrt(12)
    for _ in range(min(passes, PASSES)):
        found, spreads = refinement(
            answer.keys, torch.zeros_like(steps), answer.queries[0, steps], found
        )
        found, spreads = torch.where(near, found, coarse), spreads.masked_fill(~near, anywhere)
    return found, spreads


def best(
    segments: Tensor, scores: Tensor, labels: Tensor, spreads: Tensor, first: int, limit: int
) -> Candidates:
    """At most `limit` candidates by falling score, on the CPU, in ticks of the recording."""
    order = scores.argsort(descending=True, stable=True)[:limit]
    return Candidates(
        segments=segments[order].double().cpu().numpy() + first,
        scores=scores[order].double().cpu().numpy(),
        labels=labels[order].cpu().numpy(),
        spreads=spreads[order].double().cpu().numpy(),
    )
