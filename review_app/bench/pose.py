"""The networks of stage 1 in every runtime that can compute them, on crops around one person.

Torch and ONNX Runtime compute with random weights, which cost what trained ones cost; LiteRT needs
the published file. What is timed is the network alone, without cutting crops and reading heatmaps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from rich.console import Group, RenderableType
from torch import nn

from inference.export.onnx import export, onnx_session
from inference.export.stages import pose_part
from inference.pose.estimator import CROP_SIDE
from inference.pose.every_network import untrained
from inference.pose.folding import folded
from inference.pose.movenet import MoveNet
from inference.pose.movenet_torch import MoveNetModule, SinglePose
from inference.pose.network_names import PoseNetwork
from inference.progress import Progress, silent
from review_app.bench.machine import machine, machine_line
from review_app.bench.timing import timed
from review_app.terminal import table

#: Every network of stage 1, as it is made with random weights.
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    name.value: partial(untrained, name) for name in PoseNetwork
}
BATCHES = (1, 4, 8)
CUDA_BATCHES = (8, 32, 64)
LITERT, ONNX = "LiteRT fp32", "ONNX Runtime fp32"
TYPES = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}

Compute = Callable[[int], None]  # computes that many crops


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
        network = folded(make())
        for runtime, sizes, compute in runtimes(name, network, movenet, batches):
            times = {batch: ms_a_crop(compute, batch, seconds) for batch in sizes}
            best = min(times, key=lambda batch: times[batch])
            rows.append(Timed(name, runtime, best, times[best]))
    progress(len(networks), len(networks))
    return {
        "machine": machine(),
        "crop": [CROP_SIDE, CROP_SIDE],
        "litert": "measured" if movenet.is_file() else f"left out: there is no {movenet}",
        "networks": [vars(row) for row in rows],
    }


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
    if name == PoseNetwork.MULTIPOSE and movenet.is_file():
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
    """The exported network. It is not compared with torch: with random weights all cells are about
    as good as each other, and the two may choose different people and joints among them."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        export(replace(pose_part(network, {}), lengths=()), file)
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


def ms_a_crop(compute: Compute, batch: int, seconds: float) -> float:
    """The median of as many runs as fit into `seconds`, but of three at least."""
    compute(batch)  # memory and kernels are chosen at the first
    return 1000 * timed(lambda: compute(batch), repeats=3, seconds=seconds).clock_s / batch


def side_of(network: nn.Module) -> int:
    return network.side if isinstance(network, SinglePose) else CROP_SIDE
