"""How far a job is, in the same words on every page."""

from db.models import Job
from review_app.units import clock, file_size

# The stages of an import. Copying and reading are counted in bytes of the file.
MAKING = "Making the recording"
COPYING = "Copying the file"
READING = "Reading the video"


def share(job: Job) -> float:
    """How much of its present stage is done, 0 to 1."""
    return min(1.0, max(0.0, job.done / job.total)) if job.total else 0.0


def progress_text(job: Job) -> str:
    """Stage, percentage, speed and remaining time of a job that is under way."""
    if job.cancel_requested:
        return "Stopping"
    if job.state == "queued":
        return "Waiting for its turn"
    words = [job.stage or "Starting", f"{share(job):.0%}"]
    if job.metrics:
        words.append("epoch {epoch} of {epochs} done".format_map(job.metrics[-1]))
    if job.speed and job.kind == "propose":
        words.append(f"{job.speed:.1f}x real time")
    if job.speed and job.stage in (COPYING, READING):
        words.append(f"{file_size(job.speed)}/s")
    if job.remaining_s is not None:
        words.append(f"{clock(job.remaining_s)} left")
    return " · ".join(words)
