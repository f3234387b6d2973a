"""Stage 2 as its users call it: a pose track in, a feature track out."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load

from inference.features.r2plus1d import R2Plus1D, r2plus1d_12
from inference.features.stream import FeatureStream
from inference.features.track import FeatureTrack
from inference.pose.track import PoseTrack
from inference.progress import Progress, silent
from inference.video.clock import MODEL_HZ

PIECE = 96  # ticks given to the network at a time: a fraction of a second of work


class FeaturesError(Exception):
    """The feature weights cannot be used; the message says what to do."""


def fastest_dtype() -> torch.dtype:
    """bfloat16 where the processor computes with it, else float32."""
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


class FeatureExtractor:
    """`r2plus1d_12` on heatmap volumes, for recordings of any length.

    `model_hash` is the SHA-256 of the weights and of every setting that changes features.
    Computing in bfloat16 (`dtype`) changes them by about one per cent, which the network has seen
    in training; it is four times as fast where the processor has instructions for it.
    """

    def __init__(
        self, network: R2Plus1D, model_hash: str, dtype: torch.dtype = torch.float32
    ) -> None:
        self.network = network.eval()
        self.model_hash, self.dtype = model_hash, dtype
        self.step_s = network.stride / MODEL_HZ

    @classmethod
    def load(cls, path: Path, dtype: torch.dtype | None = None) -> "FeatureExtractor":
        """Reads `path` (safetensors) and the JSON beside it. Raises FeaturesError.

        `dtype` None takes the fastest that this processor has.
        """
        try:
            data, config = path.read_bytes(), json.loads(path.with_suffix(".json").read_text())
            network = r2plus1d_12(config["config"]["in_channels"])
            network.load_state_dict(load(data))
        except FileNotFoundError as error:
            raise FeaturesError(
                f"The feature weights are missing: {error.filename}. They belong to this "
                "repository; restore the file or train it with `rehab-review train features`."
            ) from error
        except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
            raise FeaturesError(
                f"The feature weights in {path} are damaged or of another model. Restore the file "
                "or train it again with `rehab-review train features`."
            ) from error
        settings = json.dumps(config["config"], sort_keys=True).encode()
        return cls(network, hashlib.sha256(data + settings).hexdigest(), dtype or fastest_dtype())

    def extract(self, pose: PoseTrack, progress: Progress = silent) -> FeatureTrack:
        """Features of the whole recording, one for every two ticks; heatmaps are read in pieces.

        Progress is in seconds of video. Raises Cancelled if `progress` does.
        """
        stream = FeatureStream(self.network, self.dtype)
        ticks, count, features = len(pose.times), 0, None
        for start in range(0, ticks, PIECE):
            progress(start / MODEL_HZ, ticks / MODEL_HZ)
            end = min(start + PIECE, ticks)
            volume = torch.from_numpy(np.asarray(pose.heatmaps[start:end]))
            x = volume.transpose(0, 1)[None].float().div_(255)  # (1, 17, t, H, W)
            settled = stream.push(x, last=end == ticks)[0].T.numpy()
            if features is None:  # one array from the start, not a small one a piece
                length = -(-ticks // self.network.stride)
                features = np.empty((length, settled.shape[1]), np.float32)
            features[count : count + len(settled)] = settled
            count += len(settled)
        progress(ticks / MODEL_HZ, ticks / MODEL_HZ)
        assert features is not None and count == len(features)
        times = (np.arange(len(features)) + 0.5) * self.step_s
        return FeatureTrack(
            times=times, features=features, step_s=self.step_s, model=self.model_hash
        )
