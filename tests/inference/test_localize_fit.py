"""Steps of a training: resumed bit for bit, and shared by batches and processes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import distributed
from torch.multiprocessing.spawn import spawn

from inference.localize.batches import batches, collate
from inference.localize.example import Scaling
from inference.localize.fit import Fit
from inference.localize.model_file import RefinedConfig
from inference.localize.network import NetworkConfig
from inference.localize.sample import sample_of
from inference.training.processes import Processes
from tests.inference.localizer_data import CLASSES, recording
from tests.inference.localizer_sessions import session

TRAINING = [recording(seed) for seed in range(2)]
PLAIN = Scaling(np.zeros(12, np.float32), np.ones(12, np.float32))


def test_a_saved_fit_goes_on_bit_for_bit(tmp_path: Path) -> None:
    samples = [sample_of(example, CLASSES, PLAIN) for example in TRAINING]
    config = RefinedConfig(
        NetworkConfig(12, 3, width=16, fine_width=16, heads=2, levels=3), 2 / 15, "plain"
    )

    def new_fit(seed: int) -> Fit:
        torch.manual_seed(seed)
        return Fit(config.build(3), config, weight_decay=0.05, ema=0.99, max_gradient=1.0)

    def epoch(fit: Fit, seed: int) -> list[float]:
        torch.manual_seed(seed)
        pieces = batches(samples, np.random.default_rng(seed), size=2, ticks=128, stretch=0.1)
        return [fit.step([batch], 1e-3).each for batch in pieces]

    whole = new_fit(7)
    epoch(whole, 0)
    whole.save(tmp_path / "state", "this run", {"note": 3})
    expected = [*epoch(whole, 1), *epoch(whole, 2)]

    resumed = new_fit(8)
    assert resumed.load(tmp_path / "state", "another run") is None
    assert resumed.load(tmp_path / "state", "this run") == {"note": 3}
    assert [*epoch(resumed, 1), *epoch(resumed, 2)] == expected
    assert (resumed.normalizer, resumed.steps) == (whole.normalizer, whole.steps)
    for ours, theirs in ((resumed.model, whole.model), (resumed.mean, whole.mean)):
        for key, tensor in theirs.state_dict().items():
            assert torch.equal(ours.state_dict()[key], tensor), key
    ours, theirs = resumed.optimizer.state_dict()["state"], whole.optimizer.state_dict()["state"]
    assert ours.keys() == theirs.keys()
    for number, moments in theirs.items():
        assert all(torch.equal(ours[number][key], value) for key, value in moments.items())


def still_fit() -> Fit:
    """Without anything random in a step."""
    network = NetworkConfig(
        4, 2, width=16, fine_width=16, heads=2, levels=3, refinement=0, dropout=0, drop_path=0
    )
    config = RefinedConfig(network, 2 / 15, "plain")
    torch.manual_seed(0)
    return Fit(config.build(2), config, weight_decay=0.05, ema=0.99, max_gradient=1e9)


def gradients(fit: Fit) -> torch.Tensor:
    return torch.cat([p.grad.flatten() for p in fit.model.parameters() if p.grad is not None])


def test_several_batches_a_step_are_one_larger_batch() -> None:
    sessions = [session(seed) for seed in range(4)]
    whole, parts = still_fit(), still_fit()
    one = whole.step([collate(sessions, 192)], 1e-3)
    other = parts.step([collate(sessions[:1], 192), collate(sessions[1:], 192)], 1e-3)
    assert one.positives == other.positives > 10
    assert one.each == pytest.approx(other.each, rel=1e-2)
    torch.testing.assert_close(gradients(whole), gradients(parts), rtol=0.05, atol=0.02)


def one_of_two(rank: int, folder: str) -> None:
    """A step of one of two processes, on sessions of its own."""
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=2
    )
    fit = still_fit()
    fit.processes = Processes(rank=rank, size=2)
    own = [session(seed) for seed in ((0,), (1, 2, 3))[rank]]
    fit.step([collate(own, 192)], 1e-3)
    torch.save(gradients(fit), f"{folder}/{rank}")
    distributed.destroy_process_group()


def test_several_processes_are_one_larger_batch(tmp_path: Path) -> None:
    whole = still_fit()
    whole.step([collate([session(seed) for seed in range(4)], 192)], 1e-3)
    spawn(one_of_two, (str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / str(rank)) for rank in range(2))
    assert torch.equal(first, second)
    torch.testing.assert_close(gradients(whole), first, rtol=0.05, atol=0.02)
