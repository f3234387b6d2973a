"""Pictures on their way to the device that looks at them."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def uploaded(pictures: NDArray[np.uint8], device: torch.device) -> Tensor:
    """(B, h, w, 3) -> (B, 3, h, w) uint8 on the device; the memory is already channels-last.

    For a GPU the copy starts from memory that the system keeps in place, which lets other threads
    go on in the meantime.
    """
    x = torch.from_numpy(np.require(pictures, requirements=["C", "W"]))
    if device.type == "cuda":
        x = x.pin_memory()
    return x.to(device, non_blocking=True).permute(0, 3, 1, 2)
