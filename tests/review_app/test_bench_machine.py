"""Which machine a figure was measured on, and the memory it took."""

import json
import subprocess
import sys

import torch

from review_app.bench.machine import machine, machine_line, peak_memory


def test_machine_says_what_a_figure_depends_on() -> None:
    named = machine()
    assert json.loads(json.dumps(named)) == named
    assert named["cpu"] and int(named["cores"]) >= 1
    assert named["threads"] == torch.get_num_threads()
    for value in named.values():
        assert str(value) in machine_line(named)


def test_peak_memory_remembers_what_was_freed() -> None:
    before = peak_memory()
    ones = b"\1" * (before + 50_000_000)
    assert peak_memory() >= before + 50_000_000
    del ones
    assert peak_memory() >= before + 50_000_000


def test_peak_memory_of_a_new_process_is_its_own() -> None:
    held = b"\1" * 300_000_000
    code = "from review_app.bench.machine import peak_memory; print(peak_memory())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(child.stdout) < peak_memory() - 100_000_000
    del held
