"""Stage 2 as its users call it: a pose track in, a feature track out."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load

from inference.device import CPU, fastest_dtype
from inference.features.description import layers_of, model_hash, model_name
from inference.features.r2plus1d import R2Plus1D
from inference.features.stream import FeatureStream
from inference.features.track import FeatureTrack
from inference.pose.track import PoseTrack
from inference.progress import Progress, silent
from inference.video.clock import MODEL_HZ
from inference.weights.kept import description_in

PIECE = 96  # ticks given to the network at a time on a CPU: a fraction of a second of work
PIECE_ON_GPU = 1024  # enough work for all of a GPU; the largest maps take a few hundred megabytes


class FeaturesError(Exception):
    """The feature weights cannot be used; the message says what to do."""


class FeatureExtractor:
    """R(2+1)D on heatmap volumes, for recordings of any length.

    `model_hash` is the SHA-256 of the weights and of every setting that changes features.
    Computing in bfloat16 (`dtype`) changes them by about one per cent, which the network has seen
    in training; it is four times as fast where the processor has instructions for it.
    """

    def __init__(
        self,
        network: R2Plus1D,
        model_hash: str,
        dtype: torch.dtype = torch.float32,
        device: torch.device = CPU,
    ) -> None:
        self.network = network.eval().to(device)
        self.model_hash, self.dtype, self.device = model_hash, dtype, device
        self.step_s = network.stride / MODEL_HZ

    @classmethod
    def load(
        cls, path: Path, dtype: torch.dtype | None = None, device: torch.device = CPU
    ) -> "FeatureExtractor":
        """Reads `path` (safetensors) and what it says of itself. Raises FeaturesError.

        `dtype` None takes the fastest that the device has.
        """
        try:
            data = path.read_bytes()
            config = description_in(data, path)["config"]
            network = R2Plus1D(config["in_channels"], layers_of(config))
            network.load_state_dict(load(data))
        except FileNotFoundError as error:
            raise FeaturesError(
                f"The feature weights are missing: {error.filename}. They belong to this "
                "repository; restore the file or train it with `rehab-review train features`."
            ) from error
        except OSError as error:
            raise FeaturesError(f"{path} cannot be read: {error.strerror}.") from error
        except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise FeaturesError(
                f"The feature weights in {path} are damaged or of another model. Restore the file "
                "or train it again with `rehab-review train features`."
            ) from error
        return cls(network, model_hash(data, config), dtype or fastest_dtype(device), device)

    def extract(self, pose: PoseTrack, progress: Progress = silent) -> FeatureTrack:
        """Features of the whole recording, one for every `network.stride` ticks; heatmaps are read
        and sent to the device in pieces.

        Progress is in seconds of video. Raises Cancelled if `progress` does.
        """
        stream = FeatureStream(self.network, self.dtype)
        ticks, count, features = len(pose.times), 0, None
        piece = PIECE_ON_GPU if self.device.type == "cuda" else PIECE
        for start in range(0, ticks, piece):
            progress(start / MODEL_HZ, ticks / MODEL_HZ)
            end = min(start + piece, ticks)
            volume = torch.from_numpy(np.asarray(pose.heatmaps[start:end])).to(self.device)
            x = volume.transpose(0, 1)[None].float().div_(255)  # (1, 17, t, H, W)
            settled = stream.push(x, last=end == ticks)[0].T.cpu().numpy()
            if features is None:  # one array from the start, not a small one a piece
                length = -(-ticks // self.network.stride)
                features = np.empty((length, settled.shape[1]), np.float32)
            features[count : count + len(settled)] = settled
            count += len(settled)
        progress(ticks / MODEL_HZ, ticks / MODEL_HZ)
        assert features is not None and count == len(features)
        times = (np.arange(len(features)) + 0.5) * self.step_s
        return FeatureTrack(
            times=times,
            features=features,
            step_s=self.step_s,
            model=self.model_hash,
            keypoints=pose.keypoints,
        )


def stage_2_config(network: R2Plus1D) -> dict[str, Any]:
    """What a weight file says of its network: the "config" of its description."""
    return {
        "model": model_name(network.layers),
        "in_channels": network.in_channels,
        "layers": list(network.layers),
        "features": network.out_channels,
        "ticks_a_step": network.stride,
        "step_s": network.stride / MODEL_HZ,
    }
