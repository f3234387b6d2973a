"""MoveNet MultiPose Lightning: finds up to six people and shows its 17 heatmaps.

The network takes pictures of any size that is a multiple of 32 and gives, for each person, 17
keypoints, a box and a score. Inside, it makes one heatmap per joint at a quarter of the input size;
that tensor is added to the outputs of the model file when it is loaded.
https://www.kaggle.com/models/google/movenet
"""

from collections import OrderedDict
from pathlib import Path
from queue import LifoQueue
from typing import NamedTuple

import cv2
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

CROP_SIDE = 256
PIXELS = 320 * 192  # input pixels of `detect`: a person of half the picture's height scores 0.6
HEATMAP_TENSOR = b"Sigmoid_1"
STRIDE = 32
KEPT_SHAPES = 3  # input sizes kept allocated for each thread, about 50 MB each


class Detections(NamedTuple):
    """The people found in one picture, best first.

    keypoints: (P, 17, 3) float32; x and y in pixels of that picture, confidence 0..1.
    boxes: (P, 4) float32; left, top, right, bottom in pixels. scores: (P,) float32, 0..1.
    """

    keypoints: NDArray[np.float32]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "Detections":
        return Detections(self.keypoints[which], self.boxes[which], self.scores[which])


class MoveNet:
    """The network, for up to `threads` pictures at the same time.

    Each picture is computed on one thread, which on a CPU is quicker over many pictures than
    several threads on one picture. Any number of threads may call; those above `threads` wait.
    """

    def __init__(self, path: Path, threads: int = 2, min_score: float = 0.1) -> None:
        content = with_heatmap_output(path.read_bytes())
        self.threads = threads
        self._min_score = min_score
        self._free: LifoQueue[_Engine] = LifoQueue()
        for _ in range(threads):
            self._free.put(_Engine(content))

    def detect(self, image: NDArray[np.uint8], pixels: int = PIXELS) -> Detections:
        """People in an RGB picture (h, w, 3) of any size; the network sees about `pixels` of it."""
        height, width = image.shape[:2]
        net_width, net_height, scale = input_size(width, height, pixels)
        fitted = cv2.resize(
            image,
            (max(1, round(width * scale)), max(1, round(height * scale))),
            interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
        )
        padded = np.zeros((net_height, net_width, 3), np.uint8)
        padded[: fitted.shape[0], : fitted.shape[1]] = fitted
        people, _ = self._run(padded)
        return self._to_pixels(people, net_width / scale, net_height / scale)

    def heatmaps(self, crop: NDArray[np.uint8]) -> tuple[Detections, NDArray[np.float32]]:
        """People in an RGB crop (256, 256, 3), in its pixels, and the (64, 64, 17) heatmaps 0..1.

        Heatmap cell (row, column) is centred on pixel (4 * column + 2, 4 * row + 2).
        """
        people, heatmaps = self._run(crop)
        return self._to_pixels(people, CROP_SIDE, CROP_SIDE), heatmaps

    def _run(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        engine = self._free.get()
        try:
            return engine.run(image)
        finally:
            self._free.put(engine)

    def _to_pixels(self, people: NDArray[np.float32], width: float, height: float) -> Detections:
        people = people[people[:, 55] >= self._min_score]
        people = people[np.argsort(-people[:, 55], kind="stable")]
        keypoints = people[:, :51].reshape(-1, 17, 3)[:, :, [1, 0, 2]]
        boxes = people[:, [52, 51, 54, 53]]
        size = np.array([width, height], np.float32)
        return Detections(
            (keypoints * np.append(size, 1)).astype(np.float32),
            (boxes * np.tile(size, 2)).astype(np.float32),
            people[:, 55].astype(np.float32),
        )


class _Engine:
    """One thread's interpreters, one for each input size; the least recently used makes room."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._interpreters: OrderedDict[tuple[int, ...], Interpreter] = OrderedDict()

    def run(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(h, w, 3) uint8 -> the model's own (6, 56) people and (h / 4, w / 4, 17) heatmaps."""
        interpreter = self._interpreter(image.shape)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
        interpreter.invoke()
        people, heatmaps = (
            interpreter.get_tensor(output["index"])[0]
            for output in interpreter.get_output_details()
        )
        return people, heatmaps

    def _interpreter(self, shape: tuple[int, ...]) -> Interpreter:
        if shape not in self._interpreters:
            interpreter = Interpreter(model_content=self._content, num_threads=1)
            interpreter.resize_tensor_input(
                interpreter.get_input_details()[0]["index"], [1, *shape]
            )
            interpreter.allocate_tensors()
            self._interpreters[shape] = interpreter
            if len(self._interpreters) > KEPT_SHAPES:
                self._interpreters.popitem(last=False)
        self._interpreters.move_to_end(shape)
        return self._interpreters[shape]


def input_size(width: int, height: int, pixels: int) -> tuple[int, int, float]:
    """Network input (width, height), multiples of 32, and the scale that fits the picture in it.

    The number of input pixels stays near `pixels` whatever the picture's shape, so that tall and
    wide pictures cost the same; the picture lies in the top left corner.
    """
    aspect = min(max(width / height, 1 / 8), 8.0)
    net_width = max(STRIDE, round((pixels * aspect) ** 0.5 / STRIDE) * STRIDE)
    net_height = max(STRIDE, round(net_width / aspect / STRIDE + 0.2) * STRIDE)
    return net_width, net_height, min(net_width / width, net_height / height)


def with_heatmap_output(content: bytes) -> bytes:
    """The model file with the heatmap tensor as a second output."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    graph = model.subgraphs[0]
    heatmap = next(n for n, tensor in enumerate(graph.tensors) if tensor.name == HEATMAP_TENSOR)
    graph.outputs = np.append(graph.outputs, heatmap).astype(np.int32)
    builder = flatbuffers.Builder(len(content) + 1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
