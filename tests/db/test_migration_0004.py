"""The desk's migration keeps what was labelled before it, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from db import annotations, history, layers, projects, users
from db.edit_json import changes_as_json, parse_changes
from db.engine import create_engine, migrate, reading, session
from db.models import Annotation, Patient, Video
from db.operations import replay
from tests.db.desk import TIMES, new_id
from tests.db.postgresql import postgresql_server
from tests.db.scene_0003 import EDIT, SEGMENT, make_0003


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        made = create_engine(f"sqlite:///{tmp_path / 'rehab.sqlite'}")
        make_0003(made)
        migrate(str(made.url))
        yield made
        made.dispose()
        return
    with postgresql_server() as url:
        made = create_engine(url)
        make_0003(made)
        migrate(url)
        yield made
        made.dispose()


def test_labels_from_before_are_kept_and_go_on(engine: Engine) -> None:
    with reading(engine) as opened:
        layer = opened.get_one(Annotation, 1)
        assert (layer.kind, layer.seen, layer.finished) == ("own", [], [[0, 20]])
        assert layer.labelled_at == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
        shown = layers.as_json(opened, 1)
        assert [(s["id"], s["unsure"]) for s in shown["segments"]] == [(SEGMENT, False)]
        (row,) = history.list_edits(opened, 1)
        assert replay([history.stored_operation(row)]) == annotations.load_state(opened, 1)
        inverse = changes_as_json(parse_changes(row.inverse))
        resent = {**row.operation, "id": row.id, "base_revision": 0}
    undo = {
        "id": new_id(),
        "base_revision": 1,
        "kind": "undo",
        "changes": inverse,
        "undoes": EDIT,
    }
    with session(engine) as opened:
        assert annotations.apply_edit(opened, 1, 1, resent, TIMES).status == "duplicate"
        assert annotations.apply_edit(opened, 1, 1, undo, TIMES).status == "applied"
        assert layers.as_json(opened, 1)["segments"] == []


def test_projects_get_the_new_tiers_and_classes_once(engine: Engine) -> None:
    with reading(engine) as opened:
        for project_id, phases, events in (
            (1, 3, ["compensation", "loss_of_balance", "pause"]),
            (2, 3, ["compensation", "loss_of_balance"]),  # it has a pause of its own
        ):
            tiers = projects.list_tiers(opened, project_id)
            assert [(tier.name, tier.position, tier.overlaps) for tier in tiers] == [
                ("repetitions", 0, True),
                ("phases", 1, False),
                ("events", 2, True),
            ]
            kinds = projects.list_classes(opened, project_id)
            of_tier = [[kind for kind in kinds if kind.tier_id == tier.id] for tier in tiers]
            assert [kind.name for kind in of_tier[2]] == events
            assert len(of_tier[1]) == phases
        fresh = {
            "phases": [(name, colour) for name, colour in projects.PHASE_CLASSES],
            "events": [(name, colour) for name, colour in projects.EVENT_CLASSES],
        }
        kinds = projects.list_classes(opened, 1)
        for tier in projects.list_tiers(opened, 1)[1:]:
            made = [(kind.name, kind.colour) for kind in kinds if kind.tier_id == tier.id]
            assert made == fresh[tier.name]


def test_a_video_has_one_result_and_every_other_layer_an_author(engine: Engine) -> None:
    with session(engine) as opened:
        # The migration has not given out the id of a deleted layer again.
        assert annotations.ensure_result(opened, 1).id > 2
        ben = users.create_user(opened, name="Ben")
        video = Video(
            project_id=1,
            patient_id=opened.query(Patient).one().id,
            sha256="new",
            original_name="new.mp4",
            file="x",
            size_bytes=1,
        )
        opened.add(video)
        opened.flush()
        annotations.ensure_annotation(opened, video_id=video.id, user_id=ben.id)
    for wrong in ("1, 'result', null", "1, 'own', null", "1, 'result', 1", "1, 'other', 1"):
        with pytest.raises(DatabaseError), session(engine) as opened:
            opened.execute(
                text(
                    "insert into annotations (video_id, kind, user_id, revision, finished, seen) "
                    f"values ({wrong}, 0, '[]', '[]')"
                )
            )
