"""What several processes learn together, one process learns from the same windows."""

import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch.distributed.run import parse_args

from inference.features.train import train_features
from inference.features.train_settings import TrainSettings
from inference.training.processes import Processes, launched
from inference.training.provenance import command

ROOT = Path(__file__).parents[2]
SETTINGS = TrainSettings(
    steps=2, stages=((1.0, 8),), batch=2, ticks=16, pool=2, invented=1.0, check_every=2,
    bfloat16=False,
)  # fmt: skip

SCRIPT = """
import sys
from pathlib import Path
from inference.features.train import train_features
from tests.inference.test_training_processes import SETTINGS

out = Path(sys.argv[1])
train_features(
    motions=None, recordings=None, out=out, checkpoint=out.with_suffix(".checkpoint"),
    settings=SETTINGS,
)
"""


def test_two_processes_of_torchrun_learn_what_one_learns_from_two_batches_a_step(
    tmp_path: Path,
) -> None:
    """Gradients are worked out on weights that are the same everywhere, or this would not hold."""
    script, shared, own = (tmp_path / x for x in ("train.py", "2.safetensors", "1.safetensors"))
    script.write_text(SCRIPT)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    subprocess.run(
        [*torchrun, "--nproc-per-node", "2", str(script), str(shared)],
        check=True, timeout=280, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    train_features(
        motions=None, recordings=None, out=own, checkpoint=tmp_path / "checkpoint",
        settings=replace(SETTINGS, accumulate=2),
    )  # fmt: skip
    begun = tmp_path / "0.safetensors"
    train_features(
        motions=None, recordings=None, out=begun, checkpoint=tmp_path / "begun",
        settings=replace(SETTINGS, steps=1, learning_rate=0.0),
    )  # fmt: skip
    two, one, before = (load_file(path) for path in (shared, own, begun))
    learnt = [name for name in one if "running" not in name and "tracked" not in name]
    for name in learnt:  # statistics of batch normalisation are those of a process's own windows
        # Over all numbers of a tensor: where a gradient is next to nothing, rounding decides which
        # way the optimizer takes a single one. Other windows would give about 2.
        moved = np.linalg.norm(one[name] - before[name])
        assert np.linalg.norm(two[name] - one[name]) < 0.3 * moved, name


def test_a_process_knows_from_torchrun_which_one_it_is() -> None:
    assert launched({}) == Processes(rank=0, size=1, local_rank=0)
    second = launched({"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"})
    assert second == Processes(rank=5, size=8, local_rank=1)
    assert not second.first and second.device(torch.device("cuda")) == torch.device("cuda", 1)
    assert Processes().mean({"loss": 2.0}) == {"loss": 2.0}


def test_the_command_that_is_written_down_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    given = ["train", "features", "--logs", "a folder", "--start", "x.safetensors"]
    monkeypatch.setattr(sys, "argv", ["rehab-review", *given])
    assert shlex.split(command()) == ["rehab-review", *given]
    monkeypatch.setenv("WORLD_SIZE", "2")
    torchrun, *arguments = shlex.split(command())
    understood = parse_args(arguments)
    assert torchrun == "torchrun" and understood.module and understood.nproc_per_node == "2"
    assert understood.training_script == "review_app.cli"
    assert understood.training_script_args == given
