"""Proposing on files from the command line: the same pipeline, no database."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from rich.table import Table

from inference.localize.proposal import Proposal
from inference.pipeline import PipelineResult
from inference.presets import Preset
from inference.video.clock import seconds_to_frames
from inference.video.errors import VideoError
from review_app.jobs import loaded_models
from review_app.settings import Settings
from review_app.terminal import Bars, table


def propose_file(
    settings: Settings, video: Path, *, preset: Preset, localizer: Path | None, person: int | None
) -> PipelineResult:
    """The three stages on one file, with a progress bar per stage.

    localizer: None = the preset's own. What was computed before for the same content is taken from
    the data folder. Raises the errors of the stages, each with a sentence.
    """
    if video.is_dir():
        raise VideoError(f"{video} is a folder. Name the video files in it.")
    if not video.is_file():
        raise VideoError(f"There is no file {video}.")
    torch.set_num_threads(settings.threads)
    with Bars(video.name) as bars:
        ready = loaded_models.pipeline(settings, preset, localizer, bars("weights"))
        return ready.run(video, folder=settings.artefacts, person=person, progress=bars)


def as_dict(video: Path, result: PipelineResult, min_score: float) -> dict[str, Any]:
    """What `--json` prints of one video: seconds, and half-open displayed frames."""
    times = result.index.times
    rows = []
    for proposal in sure(result, min_score):
        start, end = seconds_to_frames(times, proposal.start_s, proposal.end_s)
        rows.append({**asdict(proposal), "start_frame": start, "end_frame": end})
    return {
        "video": str(video),
        "sha256": result.index.sha256,
        "duration_s": result.index.duration,
        "frame_count": result.index.frame_count,
        "person": result.person,
        "proposals": rows,
        "seconds_of_work": result.timings,
        "video_seconds_per_second": {
            stage: result.index.duration / max(seconds, 1e-3)
            for stage, seconds in result.timings.items()
        },
    }


def proposals_table(video: Path, result: PipelineResult, min_score: float) -> Table:
    shown = table("start", "end", "exercise", "score")
    shown.title = str(video)
    for proposal in sure(result, min_score):
        shown.add_row(
            f"{proposal.start_s:.2f} s",
            f"{proposal.end_s:.2f} s",
            proposal.label.replace("_", " "),
            f"{proposal.score:.2f}",
        )
    return shown


def sure(result: PipelineResult, min_score: float) -> list[Proposal]:
    """The proposals of at least this score, in order of time."""
    return [proposal for proposal in result.proposals if proposal.score >= min_score]
