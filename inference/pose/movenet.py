"""MoveNet MultiPose Lightning in LiteRT: finds up to six people and shows its 17 heatmaps.

Inside, the network makes one heatmap per joint at a quarter of the input size; that tensor is added
to the outputs of the model file when it is loaded.
https://www.kaggle.com/models/google/movenet
"""

import hashlib
from collections import OrderedDict
from pathlib import Path
from queue import LifoQueue

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from inference.pose.estimator import CROP_SIDE, CropPose, Detections
from inference.pose.multipose import PIXELS, detections, fitted

HEATMAP_TENSOR = b"Sigmoid_1"
KEPT_SHAPES = 3  # input sizes kept allocated for each thread, about 50 MB each


class MoveNet:
    """The network, for up to `threads` pictures at the same time.

    Each picture is computed on one thread, which on a CPU is quicker over many pictures than
    several threads on one picture. Any number of threads may call; those above `threads` wait.
    """

    batch = 1

    def __init__(self, path: Path, threads: int = 2) -> None:
        content = path.read_bytes()
        self.model_hash = hashlib.sha256(content).hexdigest()
        self.threads = threads
        self._free: LifoQueue[LiteRT] = LifoQueue()
        for _ in range(threads):
            self._free.put(LiteRT(content))

    def detect(self, image: NDArray[np.uint8], pixels: int = PIXELS) -> Detections:
        """People in an RGB picture (h, w, 3) of any size; the network sees about `pixels` of it."""
        padded, scale = fitted(image, pixels)
        people, _ = self._run(padded)
        return detections(people, padded.shape[1] / scale, padded.shape[0] / scale)

    def look(self, crops: NDArray[np.uint8]) -> list[CropPose]:
        """RGB crops (N, 256, 256, 3) -> the people and the heatmaps of each."""
        seen = [self._run(crop) for crop in crops]
        return [CropPose(detections(rows, CROP_SIDE, CROP_SIDE), maps) for rows, maps in seen]

    def _run(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        engine = self._free.get()
        try:
            return engine.run(image)
        finally:
            self._free.put(engine)


class LiteRT:
    """One thread's interpreters, one for each input size; the least recently used makes room."""

    def __init__(self, content: bytes) -> None:
        """content: of the tflite file."""
        self._content = with_heatmap_output(content)
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


def with_heatmap_output(content: bytes) -> bytes:
    """The model file with the heatmap tensor as a second output."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    graph = model.subgraphs[0]
    heatmap = next(n for n, tensor in enumerate(graph.tensors) if tensor.name == HEATMAP_TENSOR)
    graph.outputs = np.append(graph.outputs, heatmap).astype(np.int32)
    builder = flatbuffers.Builder(len(content) + 1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
