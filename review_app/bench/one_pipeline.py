"""One preset on one video, in a process of its own: `python -m review_app.bench.one_pipeline`.

A process of its own, because the most memory that a process ever had never falls again.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

from inference import presets
from inference.video.clock import MODEL_HZ
from review_app.bench.machine import peak_memory
from review_app.jobs import loaded_models
from review_app.settings import Settings, load_settings


def measure(settings: Settings, video: Path, preset: str) -> dict[str, Any]:
    """Seconds of work a stage and in all, from the file to proposals, and the peak memory.

    Models are loaded before the clock starts, which is told apart.
    """
    torch.set_num_threads(settings.threads)
    start = time.perf_counter()
    ready = loaded_models.pipeline(settings, presets.preset(preset))
    loaded = time.perf_counter()
    result = ready.run(video, folder=settings.artefacts)
    whole = time.perf_counter() - loaded
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
        "whole_s": whole,
        "peak_bytes": peak_memory(),
        "peak_gpu_bytes": gpu,
        "proposals": len(result.proposals),
    }


if __name__ == "__main__":
    print(json.dumps(measure(load_settings(), Path(sys.argv[1]), sys.argv[2])))
