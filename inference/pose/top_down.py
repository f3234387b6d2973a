"""HRNet and Lite-HRNet as stage 1 uses them: one person in each crop."""

import hashlib
from threading import BoundedSemaphore

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inference.pose.boxes import joint_boxes
from inference.pose.estimator import CROP_SIDE, HEATMAP_CELLS, CropPose, Detections
from inference.pose.folding import folded
from inference.pose.heatmap_decoding import (
    Decoding,
    Floats,
    average_with_flipped,
    centre_and_scale,
    decode,
    from_image,
    to_image,
    transform,
)
from inference.pose.upload import uploaded

INPUT = (192, 256)  # width and height that the networks were published with
CELL = CROP_SIDE // HEATMAP_CELLS  # pixels
IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of red, green and blue, 0..1
IMAGENET_STD = (0.229, 0.224, 0.225)

# The published networks are trained to answer in cell c for a joint on pixel number 4c, whose
# middle is at 4c + 0.5 when positions are counted from the crop's edge. Here a cell stands for its
# own middle, 4c + 2, in the heatmaps as in the joints. So the network is shown the crop from this
# many pixels on, and answers for position 4c + 2.5. With the flip test, which as published moves
# half of the answer by a quarter of a cell, that is 4c + 2 from left to right.
AHEAD = 2


class TopDown:
    """A network for one person, with the procedure it was published with.

    Any number of threads may call; those above `threads` wait.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        model_hash: str,
        device: torch.device,
        dtype: torch.dtype,
        flip_test: bool = True,
        decoding: Decoding = "quarter",
    ) -> None:
        """network: normalised (B, 3, H, W) -> (B, 17, H / 4, W / 4); it is copied.

        model_hash: of the network's weights. flip_test: also look at the mirrored picture, which
        takes twice as long.
        """
        self._network = folded(network).to(device, dtype)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device, self._dtype = device, dtype
        self._flip_test, self._decoding = flip_test, decoding
        self._mean = torch.tensor(IMAGENET_MEAN, device=device).view(3, 1, 1)
        self._std = torch.tensor(IMAGENET_STD, device=device).view(3, 1, 1)
        # A GPU is busy with one batch while another is prepared; a batch keeps every core busy.
        self.batch, self.threads = (64, 2) if device.type == "cuda" else (8, 1)
        self._free = BoundedSemaphore(self.threads)
        settings = f"{model_hash} top-down {AHEAD} {dtype} flip {flip_test} {decoding}"
        self.model_hash = hashlib.sha256(settings.encode()).hexdigest()

    def look(self, crops: NDArray[np.uint8]) -> list[CropPose]:
        """RGB crops (N, 256, 256, 3) -> the person in each, with the heatmaps, cut off at 0 and 1.

        A joint's confidence is the height of its peak. The score is the mean confidence of the
        joints, the box is around all of them.
        """
        if crops.shape[1:] != (CROP_SIDE, CROP_SIDE, 3) or crops.dtype != np.uint8:
            raise ValueError(f"crops: (N, 256, 256, 3) uint8, not {crops.shape} {crops.dtype}")
        seen = []
        for start in range(0, len(crops), self.batch):
            seen += self._look(crops[start : start + self.batch])
        return seen

    def poses(self, image: NDArray[np.uint8], boxes: NDArray[np.floating]) -> Floats:
        """People in an RGB image (h, w, 3), as published: (P, 17, 3) x, y, height of the peak.

        boxes: (P, 4) left, top, right, bottom. Pixels are counted from the middle of the first
        one. Raises ValueError when a box is empty or not finite.
        """
        boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
        size = boxes[:, 2:] - boxes[:, :2]
        if not (np.isfinite(boxes).all() and (size > 0).all()):
            raise ValueError("boxes: left, top, right, bottom, finite, with right > left and so on")
        centre, scale = centre_and_scale(np.concatenate([boxes[:, :2], size], axis=1))
        found = np.zeros((len(boxes), 17, 3), np.float32)
        for start in range(0, len(boxes), self.batch):
            part = slice(start, start + self.batch)
            there = from_image(centre[part], scale[part], INPUT)
            maps = self._heatmaps(np.stack([cv2.warpAffine(image, m, INPUT) for m in there]))
            joints, values = decode(maps, self._decoding)
            back = to_image(centre[part], scale[part], (INPUT[0] // CELL, INPUT[1] // CELL))
            found[part] = np.concatenate([transform(joints, back), values], axis=2)
        return found

    def _look(self, crops: NDArray[np.uint8]) -> list[CropPose]:
        shown = np.zeros_like(crops)
        shown[:, :-AHEAD, :-AHEAD] = crops[:, AHEAD:, AHEAD:]
        maps = self._heatmaps(shown)  # (n, 17, 64, 64)
        joints, values = decode(maps, self._decoding)
        places = np.clip(CELL * (joints + 0.5), 0, CROP_SIDE)
        keypoints = np.concatenate([places, np.clip(values, 0, 1)], axis=2).astype(np.float32)
        heatmaps = np.clip(maps, 0, 1).transpose(0, 2, 3, 1)  # (n, 64, 64, 17)
        boxes, scores = joint_boxes(keypoints, min_confidence=0), keypoints[..., 2].mean(axis=1)
        return [
            CropPose(Detections(keypoints[[n]], boxes[[n]], scores[[n]]), heatmaps[n])
            for n in range(len(crops))
        ]

    @torch.inference_mode()
    def _heatmaps(self, pictures: NDArray[np.uint8]) -> Floats:
        """RGB (n, h, w, 3) -> (n, 17, h / 4, w / 4)."""
        with self._free:
            x = uploaded(pictures, self._device)  # (n, 3, h, w), channels last
            x = ((x / 255 - self._mean) / self._std).to(self._dtype)
            if not self._flip_test:
                return self._network(x).float().contiguous().cpu().numpy()
            both = torch.cat([x, x.flip(3)]).contiguous(memory_format=torch.channels_last)
            maps = self._network(both).float()  # (2n, 17, h/4, w/4)
            return average_with_flipped(*maps.chunk(2)).contiguous().cpu().numpy()
