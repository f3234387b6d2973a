"""A model version and a run of it, as the jobs store them."""

from db import model_versions, runs
from db.engine import session
from db.models import DEFAULT_PRESET
from tests.db.desk import TIMES, Desk


def store_model(desk: Desk) -> int:
    with session(desk.engine) as opened:
        return model_versions.register_shipped(
            opened,
            name="shipped",
            preset=DEFAULT_PRESET,
            sha256="m" * 64,
            settings={},
            metrics={},
            classes=["deep_squat"],
        ).id


def store_run(desk: Desk, model_id: int, *, start: int = 5, end: int = 20) -> int:
    with session(desk.engine) as opened:
        return runs.store_run(
            opened,
            video_id=desk.video_id,
            model_id=model_id,
            person=None,
            settings={},
            timings={"pose": 1.5},
            proposals=[
                {
                    "class_name": "deep_squat",
                    "start_frame": start,
                    "end_frame": end,
                    "start_s": TIMES[start],
                    "end_s": TIMES[end],
                    "score": 0.8,
                    "start_spread_s": 0.1,
                    "end_spread_s": 0.2,
                }
            ],
        )
