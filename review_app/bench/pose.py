"""The networks of stage 1 in every runtime that can compute them, on crops around one person.

Torch and ONNX Runtime compute with random weights, which cost what trained ones cost; LiteRT needs
the published file. What is timed is the network alone, without cutting crops and reading heatmaps.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from rich.console import Group, RenderableType
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from inference.export.onnx import export, onnx_session
from inference.export.stages import pose_part
from inference.pose.estimator import CROP_SIDE
from inference.pose.hrnet import hrnet_w32, hrnet_w48
from inference.pose.litehrnet import litehrnet_18, litehrnet_30
from inference.pose.movenet import MoveNet
from inference.pose.movenet_torch import MoveNetModule, MultiPose, SinglePose, lightning, thunder
from inference.progress import Progress, silent
from review_app.bench.machine import machine, machine_line
from review_app.terminal import table

MULTIPOSE = "MoveNet MultiPose"
#: Every network of stage 1, as it is made with random weights.
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    MULTIPOSE: MultiPose,
    "MoveNet Thunder": thunder,
    "MoveNet Lightning": lightning,
    "HRNet-W32": hrnet_w32,
    "HRNet-W48": hrnet_w48,
    "Lite-HRNet-18": litehrnet_18,
    "Lite-HRNet-30": litehrnet_30,
}
BATCHES = (1, 4, 8)
CUDA_BATCHES = (8, 32, 64)
LITERT, ONNX = "LiteRT fp32", "ONNX Runtime fp32"
TYPES = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}

Compute = Callable[[int], None]  # computes that many crops


class NetworkError(Exception):
    """There is no network of that name; the message gives the known ones."""


@dataclass(frozen=True)
class Timed:
    """One network in one runtime, at the batch size that suits it best."""

    network: str
    runtime: str
    batch: int
    ms_a_crop: float


def run(
    *,
    networks: Mapping[str, Callable[[], nn.Module]] = NETWORKS,
    movenet: Path,
    batches: Sequence[int] = BATCHES,
    seconds: float = 2.0,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Milliseconds a crop of each network in each runtime, all with the threads that torch uses.

    movenet: the file of MultiPose; without it LiteRT is left out. seconds: for how long each batch
    size is repeated. Raises what `progress` raises.
    """
    rows: list[Timed] = []
    for done, (name, make) in enumerate(networks.items()):
        progress(done, len(networks))
        network = folded(make().eval())
        for runtime, sizes, compute in runtimes(name, network, movenet, batches):
            times = {batch: milliseconds(compute, batch, seconds) for batch in sizes}
            best = min(times, key=lambda batch: times[batch])
            rows.append(Timed(name, runtime, best, times[best]))
    progress(len(networks), len(networks))
    return {
        "machine": machine(),
        "crop": [CROP_SIDE, CROP_SIDE],
        "litert": "measured" if movenet.is_file() else f"left out: there is no {movenet}",
        "networks": [vars(row) for row in rows],
    }


def chosen(names: Sequence[str]) -> dict[str, Callable[[], nn.Module]]:
    """The networks of these names, all without any. Raises NetworkError."""
    for name in names:
        if name not in NETWORKS:
            raise NetworkError(f"There is no network {name!r}; known are {', '.join(NETWORKS)}.")
    return {name: NETWORKS[name] for name in names or NETWORKS}


def report(figures: dict[str, Any]) -> RenderableType:
    """A row for each network, a column for each runtime; the quickest is bold."""
    runtimes = list(dict.fromkeys(row["runtime"] for row in figures["networks"]))
    shown = table("network", *runtimes)
    shown.title = "ms a crop (batch)"
    for name in dict.fromkeys(row["network"] for row in figures["networks"]):
        cells = {row["runtime"]: row for row in figures["networks"] if row["network"] == name}
        quickest = min(row["ms_a_crop"] for row in cells.values())
        texts = []
        for runtime in runtimes:
            if (row := cells.get(runtime)) is None:
                texts.append("")
                continue
            text = f"{row['ms_a_crop']:.1f} ({row['batch']})"
            texts.append(f"[bold]{text}[/bold]" if row["ms_a_crop"] == quickest else text)
        shown.add_row(name, *texts)
    notes = "Random weights, except in LiteRT."
    if figures["litert"] != "measured":
        notes += f" LiteRT was {figures['litert']}."
    return Group(shown, notes, machine_line(figures["machine"]))


def runtimes(
    name: str, network: nn.Module, movenet: Path, batches: Sequence[int]
) -> Iterator[tuple[str, Sequence[int], Compute]]:
    """Name, batch sizes and computation of each runtime that has this network."""
    if name == MULTIPOSE and movenet.is_file():
        threads = torch.get_num_threads()
        yield LITERT, (threads,), in_litert(MoveNet(movenet, threads))
    yield ONNX, batches, in_onnx(network)
    cpu = torch.device("cpu")
    for dtype in (torch.float32, torch.bfloat16):
        yield f"torch {TYPES[dtype]}", batches, in_torch(network, cpu, dtype)
    if torch.cuda.is_available():
        for dtype in (torch.float16, torch.bfloat16):
            compute = in_torch(network, torch.device("cuda"), dtype)
            yield f"torch {TYPES[dtype]}, CUDA", CUDA_BATCHES, compute


def in_torch(network: nn.Module, device: torch.device, dtype: torch.dtype) -> Compute:
    """Channels-last; of a MoveNet only the backbone is in `dtype`, as in the application."""
    network = network.to(device)
    moved = network.features if isinstance(network, MoveNetModule) else network
    moved.to(dtype)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    given = torch.float32 if isinstance(network, MoveNetModule) else dtype
    side = side_of(network)

    @torch.inference_mode()
    def compute(batch: int) -> None:
        crops = torch.zeros(batch, side, side, 3, device=device, dtype=given)
        network(crops.permute(0, 3, 1, 2))
        if device.type == "cuda":
            torch.cuda.synchronize()

    return compute


def in_onnx(network: nn.Module) -> Compute:
    """The exported network; it is compared with torch at one length on the way."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        export(pose_part(network, {}), file)
        session = onnx_session(file, torch.get_num_threads())
    side = side_of(network)

    def compute(batch: int) -> None:
        session.run(None, {"crops": np.zeros((batch, 3, side, side), np.float32)})

    return compute


def in_litert(movenet: MoveNet) -> Compute:
    """As in the application: as many crops side by side as there are threads."""
    pool = ThreadPoolExecutor(movenet.threads)
    crop = np.zeros((1, CROP_SIDE, CROP_SIDE, 3), np.uint8)

    def compute(batch: int) -> None:
        list(pool.map(movenet.look, [crop] * batch))

    return compute


def milliseconds(compute: Compute, batch: int, seconds: float) -> float:
    """The median, a crop, of as many runs as fit into `seconds`, but of three at least."""
    compute(batch)
    spent: list[float] = []
    while len(spent) < 3 or sum(spent) < seconds:
        start = time.perf_counter()
        compute(batch)
        spent.append(time.perf_counter() - start)
    return statistics.median(spent) / batch * 1000


def side_of(network: nn.Module) -> int:
    return network.side if isinstance(network, SinglePose) else CROP_SIDE


def folded(network: nn.Module) -> nn.Module:
    """The same network with each batch norm in the convolution before it, as in the application."""
    for module in network.modules():
        children = list(module.named_children())
        for (before, convolution), (after, norm) in pairwise(children):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(module, before, fuse_conv_bn_eval(convolution, norm))
                setattr(module, after, nn.Identity())
    return network
