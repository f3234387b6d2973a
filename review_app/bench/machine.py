"""Which machine a figure was measured on, and how much memory that took."""

import os
import platform
import re
from datetime import datetime
from pathlib import Path

import torch


def machine() -> dict[str, str | int]:
    """What a figure has to be read with.

    cpu: model name. cores: logical cores this process may use. threads: those that torch uses in
    one operator. instructions: the widest that torch found. load: how many processes were running
    a minute ago and now, on average: on a quiet machine it is near 0. gpu: name or "none".
    """
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "threads": torch.get_num_threads(),
        "instructions": _instructions(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def machine_line(named: dict[str, str | int]) -> str:
    """For example "AMD EPYC (AVX512, bf16), 2 cores, 2 threads, GPU none, torch 2.13.0+cpu,
    Python 3.11.2; 2026-11-20 09:12, load 0.1", as a line under a table."""
    return (
        f"{named['cpu']} ({named['instructions']}), {named['cores']} cores, "
        f"{named['threads']} threads, GPU {named['gpu']}, torch {named['torch']}, "
        f"Python {named['python']}; {named['date']}, load {named['load']}"
    )


def peak_memory() -> int:
    """The most bytes that this process has ever had in memory at once.

    It never falls, so what is to be compared has to run in processes of its own. Linux only;
    unlike `ru_maxrss` it does not start with what the parent process had.
    """
    status = Path("/proc/self/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def _cpu_name() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _instructions() -> str:
    """Of these, bfloat16 decides whether that type is faster or slower than float32."""
    widest: str = torch.backends.cpu.get_cpu_capability()
    flags = Path("/proc/cpuinfo").read_text()
    native = [name for flag, name in _BFLOAT16.items() if re.search(rf"\b{flag}\b", flags)]
    return ", ".join([widest, *native])


_BFLOAT16 = {"avx512_bf16": "bf16", "amx_bf16": "AMX"}
