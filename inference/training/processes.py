"""One training in several processes, as `torchrun` starts them; one process needs none of this.

Each process draws windows of its own and works out gradients, which are averaged before every
step, so that all hold the same weights. The first one alone writes files and reports.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

#: While the first process makes features of all sessions, or watches validation, the others wait;
#: torch gives up after 10 to 30 minutes by itself.
PATIENCE = timedelta(hours=6)


@dataclass(frozen=True)
class Processes:
    """Which one this is, of how many. local_rank: its number on this machine, and of its GPU."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def first(self) -> bool:
        return self.rank == 0

    def device(self, wanted: torch.device) -> torch.device:
        """A GPU of its own where GPUs are wanted."""
        if wanted.type == "cuda" and self.size > 1:
            return torch.device("cuda", self.local_rank)
        return wanted

    def data_parallel(self, module: nn.Module) -> nn.Module:
        """`module`, on its device, with gradients averaged over all processes; the same weights
        and statistics everywhere, at first those of the first process.

        Batch normalisation on GPUs counts the windows of all processes, on CPUs its own, because
        torch has no other there.
        """
        if self.size == 1:
            return module
        device = next(module.parameters()).device
        if device.type != "cuda":
            return DistributedDataParallel(module)
        counted = nn.SyncBatchNorm.convert_sync_batchnorm(module)
        return DistributedDataParallel(counted, device_ids=[device])

    def mean(self, figures: Mapping[str, float]) -> dict[str, float]:
        """The average of each figure over all processes, which must all ask for it."""
        if self.size == 1:
            return dict(figures)
        backend = distributed.get_backend()
        device = torch.device("cuda", self.local_rank) if backend == "nccl" else None
        values = torch.tensor(list(figures.values()), dtype=torch.float64, device=device)
        distributed.all_reduce(values)
        return dict(zip(figures, (values / self.size).tolist(), strict=True))

    def wait(self) -> None:
        """Until all have come this far."""
        if self.size > 1:
            distributed.barrier()


def launched(environment: Mapping[str, str] = os.environ) -> Processes:
    """What `torchrun` wrote into the environment; without it, the only process."""
    return Processes(
        rank=int(environment.get("RANK", 0)),
        size=int(environment.get("WORLD_SIZE", 1)),
        local_rank=int(environment.get("LOCAL_RANK", 0)),
    )


@contextmanager
def joined(processes: Processes, device: torch.device) -> Iterator[None]:
    """Connects this process with the others: NCCL between GPUs, Gloo between CPUs."""
    if processes.size == 1:
        yield
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def averaging(module: nn.Module, *, now: bool) -> AbstractContextManager[None]:
    """Around the gradients of one of several batches of a step: they are
    exchanged after the last, when `now` is True."""
    if isinstance(module, DistributedDataParallel) and not now:
        return module.no_sync()
    return nullcontext()
