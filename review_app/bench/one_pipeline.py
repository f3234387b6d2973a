"""One preset on one video, in a process of its own: `python -m review_app.bench.one_pipeline`.

A process of its own, because the most memory that a process ever had never falls again.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from inference import presets
from inference.features.extract import PIECE
from inference.pipeline import Pipeline
from inference.pose.estimator import CROP_SIDE
from inference.pose.find import FAR_PIXELS, decoded_size
from inference.pose.multipose import PIXELS
from inference.pose.store import HEATMAP_SIDE
from inference.pose.track import PoseTrack
from inference.progress import Progress, silent
from inference.video.clock import MODEL_HZ, ticks
from inference.video.decode import frames
from inference.video.index import VideoIndex
from inference.video.probe import read_index
from review_app.bench.machine import peak_memory
from review_app.bench.timing import Times
from review_app.jobs import loaded_models
from review_app.settings import Settings, load_settings


def measure(settings: Settings, video: Path, preset: str) -> dict[str, Any]:
    """Seconds a stage and in all, from the file to proposals, and the peak memory.

    Models are loaded and warm before the clock starts, which is told apart. stage_cpu_s: seconds of
    processor time, of all cores together; divided by the seconds they say how many were busy.
    decode_s, decode_cpu_s: reading the frames of the first pass, and nothing else.
    """
    index = read_index(video)  # before anything is loaded: it may be no video
    torch.set_num_threads(settings.threads)
    start = time.perf_counter()
    ready = loaded_models.pipeline(settings, presets.named(preset))
    warm_up(ready)
    loaded = time.perf_counter()
    begun: dict[str, float] = {}

    def stage(name: str) -> Progress:
        begun[name] = time.process_time()
        return silent

    result = ready.run(video, folder=settings.artefacts, progress=stage)
    whole = time.perf_counter() - loaded
    ends = [*begun.values(), time.process_time()]
    peak = peak_memory()
    decode_s, decode_cpu_s = decoding(video, index)
    gpu = torch.cuda.max_memory_reserved() if torch.cuda.is_available() else 0
    return {
        "video_s": index.duration,
        "width": index.width,
        "height": index.height,
        "frames": index.frame_count,
        "people": len(result.people.person_ids),
        "ticks": round(index.duration * MODEL_HZ),
        "load_s": loaded - start,
        "stage_s": result.timings,
        "stage_cpu_s": {
            name: end - start for (name, start), end in zip(begun.items(), ends[1:], strict=True)
        },
        "decode_s": decode_s,
        "decode_cpu_s": decode_cpu_s,
        "whole_s": whole,
        "peak_bytes": peak,
        "peak_gpu_bytes": gpu,
        "proposals": len(result.proposals),
    }


def decoding(video: Path, index: VideoIndex) -> tuple[float, float]:
    """Seconds, and seconds of processor time, that decoding alone takes in the first pass."""
    times = Times()
    pictures = frames(video, index, np.unique(ticks(index.times)), size=decoded_size(index))
    times.add(lambda: sum(1 for _ in pictures))
    return times.clock_s, times.processor_s


def warm_up(ready: Pipeline) -> None:
    """Every network once on nothing to see: what is chosen and loaded at the first use of a device
    or a size is not what a stage costs."""
    for pixels in (PIXELS, FAR_PIXELS):
        ready.detector.detect(np.zeros((360, 640, 3), np.uint8), pixels)
    ready.estimator.look(np.zeros((ready.estimator.batch, CROP_SIDE, CROP_SIDE, 3), np.uint8))
    count = 2 * PIECE
    nobody = PoseTrack(
        times=np.arange(count) / MODEL_HZ,
        keypoints=np.zeros((count, 17, 3), np.float32),
        boxes=np.zeros((count, 4), np.float32),
        crops=np.zeros((count, 3), np.float32),
        heatmaps=np.zeros((count, 17, HEATMAP_SIDE, HEATMAP_SIDE), np.uint8),
    )
    ready.localizer.propose(ready.extractor.extract(nobody), count / MODEL_HZ)


if __name__ == "__main__":
    print(json.dumps(measure(load_settings(), Path(sys.argv[1]), sys.argv[2])))
