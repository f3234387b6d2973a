"""Who learns what, what it costs, and that a small network learns a small set by heart."""

import numpy as np
import pytest
import torch

from inference.localize.assignment import assigned
from inference.localize.batches import Batch, collate
from inference.localize.candidates import candidates
from inference.localize.decode import DecodeSettings, decode
from inference.localize.losses import Losses, distance_iou, losses_of, quality_focal_loss
from inference.localize.network import RefinedActionFormer, Steps
from tests.inference.localizer_sessions import session, small

TICKS = 192


def steps_of(network: RefinedActionFormer) -> Steps:
    lengths = [TICKS // 2 // 2**level for level in range(network.config.levels)]
    return network.steps(lengths, 1, torch.device("cpu"))


def learners(*segments: tuple[float, float]) -> dict[int, list[tuple[int, float]]]:
    """Level and position of the steps that learn each of the segments of one sequence."""
    steps = steps_of(small())
    chosen = assigned(steps, torch.tensor(segments).reshape(1, -1, 2))[0]
    return {
        number: [
            (int(steps.levels[i]), float(steps.positions[i]))
            for i in (chosen == number).nonzero()[:, 0]
        ]
        for number in range(-1, len(segments))
    }


def test_a_segment_is_learned_around_its_middle_on_the_level_of_its_length() -> None:
    found = learners((40.0, 52.0))[0]
    assert all(abs(position - 46) < 1.5 * 2 ** (level + 1) for level, position in found)
    assert [position for level, position in found if level == 0] == [44.5, 46.5]
    assert {level for level, _ in found} == {0, 1}  # the farther boundary is 8 to 10 from some
    assert {level for level, _ in learners((40.0, 140.0))[0]} == {3}


def test_short_segments_have_a_step_too() -> None:
    for start in np.arange(60, 62, 0.25):
        assert learners((start, start + 5.0))[0]


def test_of_two_segments_the_shorter_is_learned() -> None:
    both = learners((40.0, 60.0), (41.0, 58.0))
    assert both[1] == learners((41.0, 58.0))[0]
    assert set(both[0]) == set(learners((40.0, 60.0))[0]) - set(both[1])


def test_without_segments_and_with_filled_up_ones_nothing_is_learned() -> None:
    steps = steps_of(small())
    for segments in (torch.zeros(2, 0, 2), torch.zeros(2, 3, 2), torch.full((2, 1, 2), 50.0)):
        assert (assigned(steps, segments) == -1).all()


def test_distance_iou_of_known_segments() -> None:
    found = torch.tensor([[0.0, 10.0], [0.0, 10.0], [0.0, 4.0]])
    truth = torch.tensor([[0.0, 10.0], [5.0, 15.0], [6.0, 10.0]])
    loss, overlap = distance_iou(found, truth)
    assert overlap.tolist() == pytest.approx([1, 1 / 3, 0])
    assert loss.tolist() == pytest.approx([0, 2 / 3 + (5 / 15) ** 2, 1 + 0.6**2])


def test_quality_focal_loss_is_least_where_the_claim_is_right() -> None:
    claims = torch.linspace(-4, 4, 401)
    quality = torch.full_like(claims, 0.7)
    best = claims[quality_focal_loss(claims, quality).argmin()]
    assert float(best.sigmoid()) == pytest.approx(0.7, abs=0.01)


def batch(*seeds: int) -> Batch:
    return collate([session(seed, ticks=TICKS) for seed in seeds], TICKS)


def losses(network: RefinedActionFormer, one: Batch, **options: bool) -> Losses:
    torch.manual_seed(0)
    answer = network(one.points, one.confidence, one.features, one.mask)
    return losses_of(network, answer, one, **options)


def test_time_that_is_not_known_costs_nothing() -> None:
    network, one = small().eval(), batch(0)
    whole = losses(network, one)
    one.known[:, TICKS // 2 :] = False
    half = losses(network, one)
    assert 0 < half.positives < whole.positives
    assert 0 < half.classification < whole.classification
    one.known[:] = False
    nothing = losses(network, one)
    assert nothing.positives == 0 and float(nothing.total.detach()) == 0


@pytest.mark.parametrize("options", [{}, {"refinement": 0}])
def test_sessions_without_labels_teach_silence_and_leave_no_weight_without_gradient(
    options: dict,
) -> None:
    network, one = small(**options), batch(0)
    empty = Batch(**{**vars(one), "segments": one.segments[:, :0], "labels": one.labels[:, :0]})
    found = losses(network, empty)
    assert found.positives == 0 and float(found.regression.detach()) == 0
    found.total.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name


def test_quality_changes_what_actionness_learns_and_nothing_else() -> None:
    network, one = small().eval(), batch(0)
    quality, plain = (losses(network, one, quality=choice) for choice in (True, False))
    assert quality.regression == plain.regression and quality.refinement == plain.refinement
    assert quality.classification != plain.classification


@pytest.mark.parametrize("options", [{}, {"kinematics": False, "refinement": 0}])
def test_a_small_network_learns_three_sessions_by_heart(options: dict) -> None:
    network, seeds = small(**options), (0, 1, 2)
    one = batch(*seeds)
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3)
    totals = []
    for _ in range(40):
        total = losses(network.train(), one).total
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        totals.append(float(total.detach()))
    assert totals[-1] < 0.5 * totals[0]
    errors = []
    for seed in seeds:
        sample = session(seed, ticks=TICKS)
        by_class, _ = candidates(network.eval(), sample.inputs, first=0, core=(0, TICKS))
        kept = decode(by_class, DecodeSettings(), 100)
        kept = kept[kept.scores > 0.3]
        order = np.argsort(kept.segments[:, 0])
        assert kept.labels[order].tolist() == sample.labels.tolist()
        errors.append(np.abs(kept.segments[order] - sample.segments))
    assert np.median(np.concatenate(errors)) < (0.3 if network.config.refinement else 1.0)
