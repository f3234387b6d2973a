"""The network's answers: shapes, every option, autocast, absent people, and how far it sees."""

import copy

import pytest
import torch
from torch import Tensor

from inference.localize.actionformer.convolution import pack_weights
from inference.localize.inputs import side_by_side
from inference.localize.network import Answer, NetworkConfig, RefinedActionFormer
from tests.inference.localizer_sessions import session, small, wide_awake

OPTIONS = [
    {},
    {"refinement": 0},
    {"top_down": False},
    {"stride": 4, "levels": 3},
    {"features": 0},
    {"kinematics": False},
    {"levels": 1},
]


def tensors(network: RefinedActionFormer, *seeds: int, ticks: int = 192) -> list[Tensor]:
    inputs = [session(seed, ticks=ticks).inputs for seed in seeds]
    points, confidence, features, mask = side_by_side(inputs, network.padded_length(ticks))
    return [points, confidence, features[..., : network.config.features], mask]


def parts(answer: Answer) -> list[Tensor]:
    """What an answer says where it says anything, sequence by sequence."""
    steps = [answer.logits, answer.offsets, *([] if answer.queries is None else [answer.queries])]
    return [step[answer.mask] for step in steps]


@pytest.mark.parametrize("options", OPTIONS)
def test_every_option_answers_and_learns(options: dict) -> None:
    network = small(**options)
    answer = network(*tensors(network, 0, 1))
    steps = len(answer.steps.positions)
    assert answer.logits.shape == (2, steps, 3) and answer.offsets.shape == (2, steps, 2)
    assert (answer.offsets >= 0).all() and (answer.keys is None) == (options.get("refinement") == 0)
    total = answer.logits.sum() + answer.offsets.sum()
    if answer.keys is not None and answer.queries is not None:
        total = total + answer.keys.sum() + answer.queries.sum()
    total.backward()
    unused = [name for name, one in network.named_parameters() if one.grad is None]
    assert unused == ([] if answer.keys is None else ["refinement.place"])


def test_a_network_that_sees_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="kinematics, features or both"):
        NetworkConfig(features=0, classes=2, kinematics=False)


def test_levels_share_the_durations_among_them() -> None:
    network = small()
    steps = network(*tensors(network, 0)).steps
    for level, stride in enumerate([2, 4, 8, 16]):
        own = steps.levels == level
        positions = steps.positions[own]
        assert positions[0] == 0.5  # between the two ticks that are merged into a step
        assert (positions.diff() == stride).all() and (steps.strides[own] == stride).all()
    bounds = {(float(a), float(b)) for a, b in zip(steps.nearest, steps.farthest, strict=True)}
    assert bounds == {(0, 8), (8, 16), (16, 32), (32, float("inf"))}


def test_features_join_in_the_pyramid_only_and_alone_go_everywhere() -> None:
    points, confidence, features, mask = tensors(small(), 0)
    both, alone = small(), small(kinematics=False)
    for network in (both, alone):
        network.refinement.up.weight.data.zero_()  # type: ignore[union-attr]
        network.eval()
        plain = network(points, confidence, features, mask)
        other = network(points, confidence, features + 1, mask)
        assert not torch.equal(plain.logits, other.logits)
        assert torch.equal(plain.keys, other.keys) == (network is both)
    assert torch.equal(
        alone(points, confidence, features, mask).logits,
        alone(points + 1, confidence, features, mask).logits,
    )


def test_padding_and_neighbours_in_a_batch_change_nothing() -> None:
    network = wide_awake(small())
    short, long = session(0, ticks=100).inputs, session(1).inputs
    with torch.inference_mode():
        alone = network(*side_by_side([short], 112 + 16))
        far = network(*side_by_side([short], 256))
        beside = network(*side_by_side([long, short], 256))
    for one, other in zip(parts(alone), parts(far), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(beside.logits[1], far.logits[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("options", OPTIONS)
def test_nothing_farther_than_the_reach_matters(options: dict) -> None:
    """A change of one tick is felt by steps and keys only within what `reach` is made of."""
    network = wide_awake(small(**options)).double()
    ticks = 768
    points, confidence = torch.randn(1, ticks, 17, 2).double(), torch.rand(1, ticks, 17).double()
    features = torch.randn(1, ticks, network.config.features).double()
    mask = torch.ones(1, ticks, dtype=torch.bool)
    reach = network.reach()
    if network.config.refinement:
        looking = copy.deepcopy(network)
        looking.config = NetworkConfig(**{**vars(network.config), "refinement": 0})
        reach = looking.reach()  # without the way to a boundary far away
    felt = 0.0
    with torch.inference_mode():
        plain = network(points, confidence, features, mask)
        for tick in range(380, 400, 5):
            points_too, features_too = points.clone(), features.clone()
            points_too[:, tick] += torch.randn(17, 2)
            features_too[:, tick] += 1
            other = network(points_too, confidence, features_too, mask)
            moved = (plain.logits != other.logits).any(-1) | (plain.offsets != other.offsets).any(
                -1
            )
            far = (plain.steps.positions - tick).abs()[(moved & plain.mask)[0]].max()
            felt = max(felt, float(far))
            if plain.keys is not None and other.keys is not None:
                keys = (plain.keys != other.keys).any(-1)[0].nonzero()
                assert (keys - tick).abs().max() <= reach
    assert 0.8 * (reach - network.coarsest_stride) < felt <= reach


def test_bfloat16_says_about_the_same() -> None:
    network = small().eval()
    with torch.inference_mode():
        plain = network(*tensors(network, 0))
        with torch.autocast("cpu", torch.bfloat16):
            rough = network(*tensors(network, 0))
    assert rough.logits.dtype == rough.keys.dtype == torch.float32
    torch.testing.assert_close(rough.logits, plain.logits, atol=0.1, rtol=0.05)


@pytest.mark.parametrize("options", OPTIONS)
def test_absent_people_and_wild_joints_give_finite_answers(options: dict) -> None:
    network = small(**options)
    points, confidence, features, mask = tensors(network, 0)
    points[:, 30:60], confidence[:, 30:60] = 50.0, 0.0
    points[:, 60:90], confidence[:, 60:90] = 0.0, 0.0
    answer = network(points, confidence, features, mask)
    answer.logits.sum().backward()
    assert all(torch.isfinite(part).all() for part in parts(answer))
    assert all(one.grad is None or torch.isfinite(one.grad).all() for one in network.parameters())


def test_packed_weights_answer_alike() -> None:
    network = wide_awake(small())
    with torch.inference_mode():
        plain = network(*tensors(network, 0))
        packed = pack_weights(network)(*tensors(network, 0))
    torch.testing.assert_close(packed.logits, plain.logits, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(packed.keys, plain.keys, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("options", OPTIONS)
def test_everything_is_made_on_the_device_of_the_network(options: dict) -> None:
    """A device without memory, which refuses to meet tensors of another one."""
    network = small(**options)
    there = [tensor.to("meta") for tensor in tensors(network, 0)]
    answer = network.to("meta")(*there)
    assert answer.logits.device.type == answer.steps.positions.device.type == "meta"
    if network.refinement is not None:
        sequences = torch.zeros(5, dtype=torch.long, device="meta")
        found, _ = network.refinement(
            answer.keys, sequences, answer.queries[0, :5], answer.offsets[0, :5]
        )
        assert found.device.type == "meta"


def test_a_default_network_is_small_enough_to_ship() -> None:
    network = RefinedActionFormer(NetworkConfig(features=128, classes=10))
    assert sum(one.numel() for one in network.parameters()) * 4 < 9e6
    assert network.coarsest_stride == 32 and network.reach() % 32 == 0
