"""The same code on a real PostgreSQL server, where one can be started."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from db import annotations, classes, history, jobs, layers, locks, preferences, sittings, users
from db.base import Base
from db.engine import create_engine, migrate, reading, session
from db.operations import replay
from tests.db.desk import Desk, annotation, apply, edit, new_id, put, say, set_up
from tests.db.postgresql import postgresql_server
from tests.db.store import store_model, store_run


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgresql_server() as running:
        yield running


def test_the_whole_story_on_postgresql(url: str) -> None:
    threads = [threading.Thread(target=migrate, args=(url,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []

    desk = set_up(engine)
    layer = annotation(desk)
    shared = new_id()
    first = edit(put(desk, 0, 5, segment_id=shared))
    assert apply(desk, layer, first).status == "applied"
    assert apply(desk, layer, first).status == "duplicate"
    assert apply(desk, layer, edit(put(desk, 1, 5, segment_id=shared))).status == "refused"

    def add_ten(user: int) -> None:
        for number in range(10):
            assert apply(desk, layer, edit(put(desk, number, 20)), user=user).status == "applied"

    clients = [threading.Thread(target=add_ten, args=(user,)) for user in (0, 1)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    with reading(engine) as opened:
        log = history.list_edits(opened, layer)
        assert [row.revision for row in log] == list(range(1, 22))
        state = annotations.load_state(opened, layer)
        assert replay(history.stored_operation(row) for row in log) == state

    store_run(desk, store_model(desk))
    with session(engine) as opened:
        jobs.create(opened, id="a", kind="train", project_id=desk.project_id)
        jobs.started(opened, "a")
        jobs.add_metrics(opened, "a", {"epoch": 0, "loss": float("nan")})
        jobs.report(opened, "a", stage="training", done=1, total=2)
    for statement, sentence in (
        ("update edits set revision = 7", "append-only"),
        ("delete from edits", "append-only"),
        ("update proposals set score = 1", "immutable"),
    ):
        with pytest.raises(DatabaseError, match=sentence), session(engine) as opened:
            opened.execute(text(statement))
    with pytest.raises(DatabaseError, match="read-only"), reading(engine) as opened:
        users.create_user(opened, name="Eve")
    the_desk_beside_its_labels(desk, layer, shared)
    engine.dispose()


def the_desk_beside_its_labels(desk: Desk, layer: int, segment: str) -> None:
    """Comments, locks, the result, preferences, sittings and classes."""
    question = say("A ∞ 😀 question?", segment_id=segment)
    answer = say("Yes.", reply_to=question["comment"]["id"])
    assert apply(desk, layer, edit(question, answer)).status == "applied"
    with session(desk.engine) as opened:
        assert len(layers.as_json(opened, layer)["comments"]) == 2
        assert annotations.add_seen(opened, layer, [(0, 5), (5, 9)]) == [[0, 9]]
        result = annotations.ensure_result(opened, desk.video_id).id
        assert annotations.ensure_result(opened, desk.video_id).id == result
        for annotation_id in (layer, result):
            locks.take_lock(
                opened,
                annotation_id=annotation_id,
                tier_id=desk.tier_id,
                user_id=desk.user_ids[1],
                may_take_over=False,
            )
        assert len(locks.list_locks(opened, desk.video_id)) == 2
    assert apply(desk, result, edit(put(desk, 0, 5))).message.startswith("Ben holds")
    for value in ({"a": 1}, None):
        with session(desk.engine) as opened:
            preferences.save_preference(opened, user_id=desk.user_ids[0], name="keys", value=value)
            assert preferences.list_preferences(opened, desk.user_ids[0]) == {"keys": value}
    sitting = new_id()
    for active_s in (2.0, 1.0):
        with session(desk.engine) as opened:
            sittings.save_sitting(
                opened,
                sitting_id=sitting,
                annotation_id=layer,
                user_id=desk.user_ids[0],
                proposals="none",
                began_at=datetime.now(UTC),
                totals=sittings.Totals(active_s, {"add": 1}, 1),
            )
    with session(desk.engine) as opened:
        assert [row.active_s for row in sittings.list_sittings(opened)] == [2.0]
        kind = classes.save_class(
            opened,
            project_id=desk.project_id,
            class_id=None,
            tier_id=desk.tier_id,
            name="heel raise",
            colour="#123456",
            key="x",
        )
        assert kind.id
