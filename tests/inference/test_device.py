"""Where the networks compute: what is asked for, what is there, what is said when it is not."""

import pytest
import torch

from inference.device import DeviceError, best_device, device_name, fastest_dtype

GPU = torch.cuda.is_available()


def test_the_processor_is_always_there() -> None:
    device = best_device("cpu")
    assert device.type == "cpu"
    assert fastest_dtype(device) in (torch.float32, torch.bfloat16)
    assert device_name(device) == f"{torch.get_num_threads()} threads"


@pytest.mark.skipif(GPU, reason="this machine has a GPU")
def test_without_a_gpu_auto_computes_on_the_processor_and_cuda_is_refused_plainly() -> None:
    assert best_device("auto").type == "cpu"
    with pytest.raises(DeviceError, match="set the device to cpu or auto"):
        best_device("cuda")


@pytest.mark.skipif(not GPU, reason="needs a GPU")
def test_with_a_gpu_auto_takes_it_and_it_computes_in_its_fastest_format() -> None:
    device = best_device("auto")
    assert device == best_device("cuda") and device.type == "cuda"
    x = torch.ones(16, 16, device=device, dtype=fastest_dtype(device))
    assert float((x @ x).sum()) == 16**3
    assert "GB" in device_name(device)
