"""How close the proposals for the demo recordings come to what is really done in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Proposal as ProposalRow
from db.models import Video
from db.projects import project_named
from db.runs import latest_run, list_proposals
from inference.evaluation.evaluate import Evaluation, evaluate
from inference.localize.proposal import Proposal
from inference.synthesis.motion import Label
from review_app import demo
from review_app.settings import Settings


@dataclass(frozen=True)
class Comparison:
    """videos: recording -> its own evaluation. total: all of them together.

    waiting: recordings without proposals yet. Values as in `Evaluation`.
    """

    videos: dict[str, Evaluation]
    total: Evaluation
    waiting: tuple[str, ...]


def compare(session: Session, settings: Settings) -> Comparison:
    """Newest proposals of each demo recording against its exact labels. Raises demo.DemoError."""
    project = project_named(session, demo.PROJECT)
    if project is None:
        raise demo.DemoError(
            f"There is no project called {demo.PROJECT}. Run `rehab-review demo` first."
        )
    videos = {
        video.original_name.removesuffix(".mp4"): video
        for video in session.scalars(select(Video).where(Video.project_id == project.id))
    }
    truth: dict[str, Sequence[Label]] = {}
    found: dict[str, list[Proposal]] = {}
    waiting, seconds = [], {}
    for name in demo.session_names():
        if name == demo.REAL_CLIP:
            continue
        video = videos.get(name)
        run = latest_run(session, video.id) if video else None
        if video is None or run is None:
            waiting.append(name)
            continue
        truth[name] = demo.exact_labels(settings, name)
        found[name] = [_proposal(row) for row in list_proposals(session, run.id)]
        seconds[name] = video.duration_s or 0.0
    if not truth:
        raise demo.DemoError("No demo recording has proposals yet. Wait until the first is ready.")
    return Comparison(
        videos={
            name: evaluate({name: truth[name]}, {name: found[name]}, minutes=seconds[name] / 60)
            for name in truth
        },
        total=evaluate(truth, found, minutes=sum(seconds.values()) / 60),
        waiting=tuple(waiting),
    )


def _proposal(row: ProposalRow) -> Proposal:
    return Proposal(
        label=row.class_name,
        start_s=row.start_s,
        end_s=row.end_s,
        score=row.score,
        start_spread_s=row.start_spread_s,
        end_spread_s=row.end_spread_s,
        model=str(row.run_id),
    )
