"""Proposals for demo recordings against their exact labels."""

from typing import Any

import pytest
from sqlalchemy import Engine, select

from db.engine import session
from db.models import Model, Video
from db.runs import store_run
from inference.progress import silent
from inference.synthesis.motion import Label
from review_app import demo, demo_compare
from review_app.settings import Settings
from tests.review_app.test_demo import SHORT


def _row(label: Label, late: float) -> dict[str, Any]:
    return {
        "class_name": label.name,
        "start_frame": round(label.start_s * 25),
        "end_frame": round(label.end_s * 25),
        "start_s": label.start_s + late,
        "end_s": label.end_s + late,
        "score": 0.9,
        "start_spread_s": 0.1,
        "end_spread_s": 0.1,
    }


@pytest.mark.parametrize(("late", "precision"), [(0.0, 1.0), (9.0, 0.0)])
def test_the_newest_proposals_are_compared(
    settings: Settings, engine: Engine, late: float, precision: float
) -> None:
    with session(engine) as db:
        project_id = demo.create(db, settings)
    video_id = demo.film_session(settings, engine, project_id, SHORT, silent)
    with session(engine) as db:
        db.get_one(Video, video_id).duration_s = 1.0
        model = db.scalars(select(Model)).first()
        if model is None:
            model = Model(name="test", sha256="0" * 64, settings={}, metrics={}, classes=[])
            db.add(model)
            db.flush()
        store_run(
            db,
            video_id=video_id,
            model_id=model.id,
            person=None,
            settings={},
            timings={},
            proposals=[_row(label, late) for label in SHORT.motion.labels],
        )
    with session(engine) as db:
        result = demo_compare.compare(db, settings)
    assert result.total.at(0.5) == precision == result.videos[SHORT.name].at(0.5)
    assert len(result.waiting) == len(demo.session_names()) - 2


def test_before_anything_is_ready_a_sentence_says_so(settings: Settings, engine: Engine) -> None:
    with session(engine) as db, pytest.raises(demo.DemoError, match="no project called Demo"):
        demo_compare.compare(db, settings)
    with session(engine) as db:
        demo.create(db, settings)
    with session(engine) as db, pytest.raises(demo.DemoError, match="has proposals yet"):
        demo_compare.compare(db, settings)
