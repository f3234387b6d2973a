"""Where the networks compute, and in which number format they are fastest there."""

from typing import Literal

import torch

Wanted = Literal["auto", "cpu", "cuda"]
CPU = torch.device("cpu")


class DeviceError(Exception):
    """The device that was asked for is not there; the message says what to do."""


def best_device(wanted: Wanted = "auto") -> torch.device:
    """The device to compute on; "auto" takes the GPU where there is one.

    Raises DeviceError when "cuda" is wanted and this process sees no GPU.
    """
    if wanted == "cpu":
        return CPU
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    if wanted == "auto":
        return CPU
    if torch.version.cuda is None:
        raise DeviceError(
            "A GPU is wanted, but the installed PyTorch is the one without CUDA. Install a CUDA "
            "build of PyTorch, or set the device to cpu or auto."
        )
    raise DeviceError(
        "A GPU is wanted, but PyTorch sees none. Check `nvidia-smi` and the driver, or set the "
        "device to cpu or auto."
    )


def fastest_dtype(device: torch.device) -> torch.dtype:
    """The format that matrix work is fastest in without losing what the networks need.

    On a GPU bfloat16 since Ampere (it cannot overflow) and float16 on Volta and Turing; on a CPU
    bfloat16 where the processor has instructions for it; float32 everywhere else.
    """
    if device.type == "cuda":
        major, _ = torch.cuda.get_device_capability(device)
        return torch.bfloat16 if major >= 8 else torch.float16 if major == 7 else torch.float32
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


def device_name(device: torch.device) -> str:
    """What people call it: the name and memory of the GPU, or the threads on the processor."""
    if device.type == "cuda":
        found = torch.cuda.get_device_properties(device)
        return f"{found.name}, {found.total_memory / 2**30:.0f} GB"
    return f"{torch.get_num_threads()} threads"
