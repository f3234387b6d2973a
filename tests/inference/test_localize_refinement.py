"""The second look at boundaries: medians, spreads, and what lies beyond the recording."""

import pytest
import torch
from torch import Tensor

from inference.localize.losses import boundary_loss
from inference.localize.refinement import QUERY_CHANNELS, Refinement

TICKS = 100


def refinement() -> Refinement:
    torch.manual_seed(0)
    return Refinement(fine_width=8, width=8, ticks=8)


def keys_with(starts: dict[int, float], ends: dict[int, float]) -> Tensor:
    """Keys of one sequence whose biases alone speak, for a start or an end at these ticks."""
    keys = torch.zeros(1, TICKS, 2 * QUERY_CHANNELS + 2)
    for column, logits in ((-2, starts), (-1, ends)):
        for tick, logit in logits.items():
            keys[0, tick, column] = logit
    return keys


def looked_at(keys: Tensor, start: float, end: float) -> tuple[list[float], list[float]]:
    none = torch.zeros(1, dtype=torch.long)
    queries = torch.zeros(1, 2 * QUERY_CHANNELS)
    with torch.no_grad():
        found, spreads = refinement()(keys, none, queries, torch.tensor([[start, end]]))
    return found[0].tolist(), spreads[0].tolist()


def test_boundaries_go_where_the_keys_point() -> None:
    found, spreads = looked_at(keys_with({33: 30.0}, {64: 30.0}), 30.3, 70.0)
    assert found == pytest.approx([33, 64], abs=0.01)
    assert spreads == pytest.approx([12**-0.5] * 2, abs=0.01)  # as a tick is wide


def test_the_median_lies_between_two_ticks_that_are_alike() -> None:
    found, _ = looked_at(keys_with({33: 30.0, 34: 30.0}, {60: 30.0, 63: 30.0}), 33.0, 61.0)
    assert found == pytest.approx([33.5, 60.5], abs=0.01)


def test_a_boundary_that_may_be_anywhere_stays_and_says_so() -> None:
    found, spreads = looked_at(keys_with({}, {}), 30.0, 70.0)
    assert found == pytest.approx([30, 70], abs=0.01)
    assert spreads == pytest.approx([17 / 12**0.5] * 2, abs=0.01)  # a uniform one over 17 ticks


def test_no_boundary_beyond_the_recording() -> None:
    found, _ = looked_at(keys_with({}, {}), 0.0, TICKS - 1.0)
    assert found[0] == pytest.approx(4, abs=0.1) and found[1] == pytest.approx(95, abs=0.1)


def test_far_outside_everything_is_finite() -> None:
    found, spreads = looked_at(keys_with({}, {}), -1e6, 1e6)
    assert torch.isfinite(torch.tensor([found, spreads])).all()


def test_spreads_cover_the_truth_after_learning() -> None:
    """Truths that scatter about where the keys point: the spread becomes that scatter."""
    torch.manual_seed(0)
    part, scatter = refinement(), 2.0
    optimizer = torch.optim.Adam([part.place], lr=0.2)
    count = 400
    keys, queries = torch.zeros(1, TICKS, 66), torch.zeros(count, 64)
    zeros, middle = torch.zeros(count, dtype=torch.long), torch.full((count, 2), 50.0)
    for _ in range(60):
        truth = middle + scatter * torch.randn(count, 2)
        logits, rounded = part.logits(keys, zeros, queries, middle)
        loss, _ = boundary_loss(part, logits, rounded, truth)
        optimizer.zero_grad()
        (loss / count).backward()
        optimizer.step()
    with torch.no_grad():
        found, spreads = part(keys, zeros, queries, middle)
    truth = middle + scatter * torch.randn(count, 2)
    inside = ((truth - found).abs() < spreads).float().mean()
    assert 0.6 < float(inside) < 0.78
    assert float(spreads.mean()) == pytest.approx(scatter, rel=0.2)


def test_truth_out_of_sight_teaches_nothing() -> None:
    part = refinement()
    keys = torch.randn(1, TICKS, 66)
    logits, middle = part.logits(
        keys, torch.zeros(1, dtype=torch.long), torch.randn(1, 64), torch.tensor([[30.0, 70.0]])
    )
    loss, _ = boundary_loss(part, logits, middle, torch.tensor([[20.0, 79.0]]))
    assert float(loss.detach()) == 0
    near, _ = boundary_loss(part, logits, middle, torch.tensor([[33.0, 79.0]]))
    assert float(near.detach()) > 0
