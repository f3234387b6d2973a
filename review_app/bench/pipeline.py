"""Every preset on a recording, from the file to proposals: speed of each stage and memory."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from rich.console import Group, RenderableType

from inference import presets
from inference.pipeline import STAGES
from inference.presets import Preset
from inference.progress import Progress, silent
from inference.synthesis.demo import demo_sessions
from inference.weights.fetched import MOVENET, fetch
from review_app.bench.machine import machine, machine_line
from review_app.bench.random_weights import completed
from review_app.preset_models import preset_files
from review_app.settings import Settings
from review_app.terminal import table

RENDERED = "mannequin.mp4"


class PipelineFailedError(Exception):
    """A preset could not be run on the recording; the message is what it said."""


def run(
    settings: Settings,
    video: Path | None,
    *,
    chosen: Sequence[Preset] = presets.PRESETS,
    progress: Callable[[str], Progress] = lambda what: silent,
) -> dict[str, Any]:
    """Each preset on the processor, and on the GPU where there is one, with nothing kept before.

    Without a video a mannequin is filmed: one person, 1280 x 720, 30 frames a second. Weights that
    are absent are replaced by random ones. Raises PipelineFailedError, PresetError, WeightsError
    and what `progress` raises.
    """
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as scratch:
        if video is None:
            video = film(Path(scratch) / RENDERED, progress("filming a mannequin"))
        fetch(MOVENET, settings.weights, progress("fetching MoveNet"))
        runs = [(device, preset) for device in devices for preset in chosen]
        shown = progress("measuring")
        for number, (device, preset) in enumerate(runs):
            shown(number, len(runs))
            with TemporaryDirectory(dir=scratch) as folder:
                rows.append(_measured(settings, video, preset, device, Path(folder)))
        shown(len(runs), len(runs))
    return {"machine": {**machine(), "threads": settings.threads}, "presets": rows}


def report(figures: dict[str, Any]) -> RenderableType:
    """A row for each preset and device."""
    rows = figures["presets"]
    shown = table("preset", "device", *STAGES, "all", "x real time", "GB")
    shown.columns[0].no_wrap = True
    shown.title = "analysed frames a second (15 for each second of video)"
    for row in rows:
        speeds = (f"{row['ticks'] / max(row['stage_s'][stage], 1e-3):.0f}" for stage in STAGES)
        memory = f"{row['peak_bytes'] / 1e9:.2f}"
        if row["device"] == "cuda":
            memory += f" + {row['peak_gpu_bytes'] / 1e9:.2f} (GPU)"
        whole, real_time = row["ticks"] / row["whole_s"], row["video_s"] / row["whole_s"]
        mark = " *" if row["random"] else ""
        shown.add_row(
            row["preset"] + mark, row["device"], *speeds, f"{whole:.0f}", f"{real_time:.2f}", memory
        )
    first = rows[0]
    notes = (
        f"{first['video']}: {first['width']} x {first['height']}, {first['video_s']:.1f} s, "
        f"{first['frames']} frames, people followed: {first['people']}. "
        "Models loaded and warm before."
    )
    if any(row["random"] for row in rows):
        notes += " * Random weights where none are present, which cost the same."
    return Group(shown, notes, machine_line(figures["machine"]))


def film(out: Path, progress: Progress = silent) -> Path:
    """The shortest session of the demo project, larger."""
    session = demo_sessions()[0]
    camera = replace(session.camera, width=1280, height=720)
    replace(session, camera=camera, fps=30).render(out, progress)
    return out


def _measured(
    settings: Settings, video: Path, preset: Preset, device: str, folder: Path
) -> dict[str, Any]:
    """The preset in a new process whose data folder is `folder`."""
    own = settings.model_copy(update={"data_folder": folder})
    random = completed(preset, preset_files(settings, preset), preset_files(own, preset))
    movenet = own.weights / MOVENET.file_name
    if not movenet.exists():
        movenet.parent.mkdir(parents=True, exist_ok=True)
        movenet.symlink_to(settings.weights / MOVENET.file_name)
    environment = {
        **os.environ,
        "REHAB_REVIEW_DATA_FOLDER": str(folder),
        "REHAB_REVIEW_DEVICE": device,
        "REHAB_REVIEW_THREADS": str(settings.threads),
    }
    command = [sys.executable, "-m", "review_app.bench.one_pipeline", str(video), preset.name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"it stopped with code {done.returncode}"]
        raise PipelineFailedError(f"{preset.name} could not be run on {video.name}: {said[-1]}")
    return {
        "preset": preset.name,
        "device": device,
        "video": video.name,
        "random": list(random),
        **json.loads(done.stdout),
    }
