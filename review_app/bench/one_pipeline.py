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
from inference.pose.find import DECODED_SIDE
from inference.progress import Progress, silent
from inference.video.clock import MODEL_HZ, ticks
from inference.video.decode import frames
from inference.video.index import VideoIndex
from review_app.bench.machine import peak_memory
from review_app.jobs import loaded_models
from review_app.settings import Settings, load_settings


def measure(settings: Settings, video: Path, preset: str) -> dict[str, Any]:
    """Seconds a stage and in all, from the file to proposals, and the peak memory.

    Models are loaded before the clock starts, which is told apart. stage_cpu_s: seconds of
    processor time, of all cores together; divided by the seconds they say how many were busy.
    decode_s, decode_cpu_s: reading the frames of the first pass, and nothing else.
    """
    torch.set_num_threads(settings.threads)
    start = time.perf_counter()
    ready = loaded_models.pipeline(settings, presets.named(preset))
    loaded = time.perf_counter()
    begun: dict[str, float] = {}

    def stage(name: str) -> Progress:
        begun[name] = time.process_time()
        return silent

    result = ready.run(video, folder=settings.artefacts, progress=stage)
    whole = time.perf_counter() - loaded
    ends = [*begun.values(), time.process_time()]
    peak = peak_memory()
    decode_s, decode_cpu_s = decoding(video, result.index)
    gpu = torch.cuda.max_memory_reserved() if torch.cuda.is_available() else 0
    return {
        "video_s": result.index.duration,
        "width": result.index.width,
        "height": result.index.height,
        "frames": result.index.frame_count,
        "people": len(result.people.person_ids),
        "ticks": round(result.index.duration * MODEL_HZ),
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
    scale = min(1.0, DECODED_SIDE / max(index.width, index.height))
    size = (round(index.width * scale / 2) * 2, round(index.height * scale / 2) * 2)
    start, start_cpu = time.perf_counter(), time.process_time()
    for _ in frames(video, index, np.unique(ticks(index.times)), size=size):
        pass
    return time.perf_counter() - start, time.process_time() - start_cpu


if __name__ == "__main__":
    print(json.dumps(measure(load_settings(), Path(sys.argv[1]), sys.argv[2])))
