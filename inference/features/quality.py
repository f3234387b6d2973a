"""How well the feature network tells what is done, on whole sessions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from inference.features.heads import Heads
from inference.features.r2plus1d import R2Plus1D
from inference.features.windows import Session


@dataclass(frozen=True)
class Quality:
    """On whole sessions of people not trained on: how often the class is right on action steps,
    how often action and background are told apart, F1 of that, and the median error in seconds of
    the predicted distance to start and end."""

    action: float
    region: float
    region_f1: float
    offset_s: float


def check(
    network: R2Plus1D, heads: Heads, sessions: Sequence[Session], cells: int, bfloat16: bool
) -> Quality:
    """Runs whole sessions through the network and compares every step with its targets."""
    network.eval(), heads.eval()
    device = next(network.parameters()).device
    right, told, hits, found, real, errors = [], [], 0, 0, 0, []
    for session in sessions:
        steps = len(session.targets.classes)
        drawn = session.blobs(slice(0, steps * network.stride)).drawn_with(cells)[:]
        volumes = torch.from_numpy(drawn).transpose(0, 1)[None].to(device)
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, bfloat16):
            features = network(as_input(volumes))
        with torch.inference_mode():
            outputs = {k: v[0].cpu().numpy() for k, v in heads(features.float()).items()}
        inside = session.targets.classes >= 0
        said = outputs["region"] > 0
        right.append(outputs["action"].argmax(axis=1)[inside] == session.targets.classes[inside])
        told.append(said == inside)
        hits, found, real = hits + (said & inside).sum(), found + said.sum(), real + inside.sum()
        errors.append(np.abs(outputs["offsets"] - session.targets.offsets)[inside])
    return Quality(
        action=float(np.concatenate(right).mean()),
        region=float(np.concatenate(told).mean()),
        region_f1=float(2 * hits / max(found + real, 1)),
        offset_s=float(np.median(np.concatenate(errors))),
    )


def as_input(volumes: torch.Tensor) -> torch.Tensor:
    """(N, 17, T, H, W) uint8 -> float 0..1, laid out as convolutions like it."""
    return volumes.float().div_(255).contiguous(memory_format=torch.channels_last_3d)
