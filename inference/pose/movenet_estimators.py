"""The torch MoveNets as stage 1 uses them, on a GPU or a processor.

MultiPose finds people and looks at crops, as `inference.pose.movenet.MoveNet` does in LiteRT; the
single-pose networks only look at crops.
"""

import hashlib
from pathlib import Path
from threading import BoundedSemaphore

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from inference.pose.boxes import joint_boxes
from inference.pose.estimator import CROP_SIDE, HEATMAP_CELLS, CropPose, Detections
from inference.pose.movenet_numbers import load_lightning, load_multipose, load_thunder
from inference.pose.movenet_torch import MoveNetModule, SinglePose
from inference.pose.multipose import PIXELS, detections, fitted
from inference.pose.upload import uploaded
from inference.weights.kept import sha256_of


class _OnDevice:
    """A network on its device. Backbone and pyramid compute in `dtype`; memory is channels-last."""

    def __init__(
        self, network: MoveNetModule, path: Path, *, device: torch.device, dtype: torch.dtype,
        batch: int, threads: int,
    ) -> None:  # fmt: skip
        network.features.to(dtype)
        self._network = network.eval().to(device)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = device
        self._free = BoundedSemaphore(threads)
        self.batch = batch
        self.threads = threads
        content = sha256_of(path)
        self.model_hash = hashlib.sha256(f"{content} torch {dtype}".encode()).hexdigest()

    def _batches(self, crops: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        return [crops[start : start + self.batch] for start in range(0, len(crops), self.batch)]


class MoveNetTorch(_OnDevice):
    """MultiPose in torch. Any number of threads may call; those above `threads` wait."""

    def __init__(
        self, path: Path, *, device: torch.device, dtype: torch.dtype, batch: int = 16,
        threads: int = 2,
    ) -> None:  # fmt: skip
        """path: the tflite file. Raises MoveNetFileError when it is another one."""
        super().__init__(
            load_multipose(path), path, device=device, dtype=dtype, batch=batch, threads=threads
        )

    def detect(self, image: NDArray[np.uint8], pixels: int = PIXELS) -> Detections:
        """People in an RGB picture (h, w, 3) of any size; the network sees about `pixels` of it."""
        padded, scale = fitted(image, pixels)
        people, _ = self._run(padded[None])
        return detections(people[0], padded.shape[1] / scale, padded.shape[0] / scale)

    def look(self, crops: NDArray[np.uint8]) -> list[CropPose]:
        """RGB crops (N, 256, 256, 3) -> the people and the heatmaps of each."""
        seen = []
        for group in self._batches(crops):
            for people, heatmaps in zip(*self._run(group), strict=True):
                seen.append(CropPose(detections(people, CROP_SIDE, CROP_SIDE), heatmaps))
        return seen

    @torch.inference_mode()
    def _run(self, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(B, h, w, 3) -> people (B, 6, 56) and heatmaps (B, h / 4, w / 4, 17)."""
        with self._free:
            people, heatmaps = self._network(uploaded(pictures, self._device))
            return people.cpu().numpy(), heatmaps.permute(0, 2, 3, 1).cpu().numpy()


class SinglePoseEstimator(_OnDevice):
    """Thunder or Lightning: one person in each crop, always. Any number of threads may call."""

    def __init__(
        self, network: SinglePose, path: Path, *, device: torch.device, dtype: torch.dtype,
        batch: int, threads: int,
    ) -> None:  # fmt: skip
        super().__init__(network, path, device=device, dtype=dtype, batch=batch, threads=threads)
        self._side = network.side

    def look(self, crops: NDArray[np.uint8]) -> list[CropPose]:
        """RGB crops (N, 256, 256, 3) -> the person and the heatmaps of each.

        The score is the mean confidence of the joints, the box is around all of them.
        """
        seen = []
        for group in self._batches(crops):
            for keypoints, heatmaps in zip(*self._run(group), strict=True):
                found = Detections(
                    keypoints[None],
                    joint_boxes(keypoints[None], min_confidence=0),
                    keypoints[None, :, 2].mean(axis=1),
                )
                seen.append(CropPose(found, heatmaps))
        return seen

    @torch.inference_mode()
    def _run(self, crops: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(B, 256, 256, 3) -> keypoints (B, 17, 3) in pixels, and heatmaps (B, 64, 64, 17)."""
        with self._free:
            poses, heatmaps = self._network(resized(uploaded(crops, self._device), self._side))
            heatmaps = resized(heatmaps, HEATMAP_CELLS)
            size = poses.new_tensor([CROP_SIDE, CROP_SIDE, 1])
            keypoints = poses[..., [1, 0, 2]] * size
            return keypoints.cpu().numpy(), heatmaps.permute(0, 2, 3, 1).cpu().numpy()


def thunder_estimator(
    path: Path, *, device: torch.device, dtype: torch.dtype, batch: int = 16, threads: int = 2
) -> SinglePoseEstimator:
    """Thunder from its TF.js file. Raises MoveNetFileError when it is another one."""
    network = load_thunder(path)
    return SinglePoseEstimator(
        network, path, device=device, dtype=dtype, batch=batch, threads=threads
    )


def lightning_estimator(
    path: Path, *, device: torch.device, dtype: torch.dtype, batch: int = 16, threads: int = 2
) -> SinglePoseEstimator:
    """Lightning from its TF.js file; it sees crops reduced to 192 x 192 pixels.

    Its heatmaps are enlarged from 48 x 48 cells to 64 x 64. Raises MoveNetFileError when the file
    is another one.
    """
    network = load_lightning(path)
    return SinglePoseEstimator(
        network, path, device=device, dtype=dtype, batch=batch, threads=threads
    )


def resized(maps: Tensor, side: int) -> Tensor:
    """(B, C, n, n) -> (B, C, side, side) float32, smoothed before it is made smaller."""
    if maps.shape[-1] == side:
        return maps
    return F.interpolate(
        maps.float(), (side, side), mode="bilinear", align_corners=False, antialias=True
    )
