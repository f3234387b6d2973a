"""News: what one page learns of the others, and what asking costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, insert, update

from db.engine import session
from db.models import Annotation, Edit, Segment
from review_app import process
from review_app.api.presence import GONE_S, Presence
from tests.review_app.api_world import Person, World, served_world
from tests.review_app.desk_files import store_proposals
from tests.review_app.desk_server import add_edit


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served_world(tmp_path_factory.mktemp("news")) as made:
        yield made


def news(person: Person, known: dict[int, int]) -> dict[str, Any]:
    layers = ",".join(f"{layer}:{revision}" for layer, revision in known.items())
    path = f"videos/{person.world.made.video_id}/news"
    found: dict[str, Any] = person.got("GET", path, params={"layers": layers, "run": 1})
    return found


def known_to(person: Person) -> dict[int, int]:
    return {layer["id"]: layer["revision"] for layer in person.open()["layers"]}


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that the server sends to the database meanwhile."""
    statements: list[str] = []

    def note(*called: Any) -> None:
        statements.append(called[2])

    event.listen(process.app_engine(), "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(process.app_engine(), "before_cursor_execute", note)


def test_only_what_changed_or_is_new(world: World) -> None:
    ann, ben = world.person(), world.person()
    opened = ann.open()
    own = ann.own()["id"]
    known = known_to(ben)
    assert own not in known
    assert news(ben, known)["layers"] == []
    first, second = add_edit(opened), add_edit(opened)
    ann.edit(own, first)
    (new,) = news(ben, known)["layers"]
    assert (new["id"], new["author"], new["own"], new["may_edit"]) == (own, ann.name, False, False)
    assert [segment["last_edit"] for segment in new["state"]["segments"]] == [first["id"]]
    ann.edit(own, second)
    (changed,) = news(ben, {**known, own: 1})["layers"]
    assert changed["revision"] == 2 and "state" not in changed
    assert [entry["id"] for entry in changed["log"]] == [second["id"]]
    assert news(ben, {**known, own: 2})["layers"] == []
    (ahead,) = news(ben, {**known, own: 9})["layers"]  # a backup was restored meanwhile
    assert ahead["state"]["revision"] == 2


def test_proposals_locks_and_people(world: World) -> None:
    ann, ben, eve = world.person(), world.person(), world.person("therapist")
    before = news(ann, {})["run"]
    store_proposals(world.settings, world.engine, world.made, [("deep_squat", 0.4, 1.2, 0.9)])
    runs = ann.open()["runs"]
    after = news(ann, {})
    assert before is None and after["run"] == runs[0]["id"]
    path = f"videos/{world.made.video_id}/proposals"
    shown = eve.got("GET", path, params={"run": runs[0]["id"]})
    assert shown == ann.open()["run"] and len(shown["proposals"]) == 1
    news(eve, {})
    assert {ann.name, eve.name} <= set(news(ben, {})["people"])
    assert ben.name not in news(ben, {})["people"]
    tier = ann.open()["tiers"][1]["id"]
    ann.got("PUT", f"annotations/{ann.own()['id']}/locks/{tier}")
    (held,) = news(ben, {})["locks"]
    assert (held["tier_id"], held["name"]) == (tier, ann.name)
    ann.got("DELETE", f"annotations/{ann.own()['id']}/locks/{tier}")


def test_people_who_stop_asking_are_gone() -> None:
    here = Presence()
    assert here.note(1, 7, "Ann", moment=0.0) == []
    assert here.note(1, 8, "Ben", moment=1.0) == ["Ann"]
    assert here.note(2, 9, "Eve", moment=1.0) == []
    assert here.note(1, 8, "Ben", moment=GONE_S + 0.5) == []
    assert here.note(1, 7, "Ann", moment=GONE_S + 1.0) == ["Ben"]


@pytest.mark.parametrize("layers", ["x", "3", "3:", "3:x", "3:-1", "1:1," * 501])
def test_a_question_nobody_understands_is_a_sentence(world: World, layers: str) -> None:
    path = f"videos/{world.made.video_id}/news"
    assert world.person().refused(422, "GET", path, params={"layers": layers}).endswith(".")


def test_far_behind_means_the_whole_state(world: World) -> None:
    ann, ben = world.person(), world.person()
    own = ann.own()["id"]
    _many_edits(world, own, ann.user_id, 1001)
    known = {**known_to(ben), own: 1}
    (changed,) = news(ben, known)["layers"]
    assert len(changed["log"]) == 1000
    (changed,) = news(ben, {**known, own: 0})["layers"]
    assert changed["state"]["revision"] == 1001
    answer = ann.edit(own, since=0)
    assert "log" not in answer and answer["state"]["revision"] == 1001


def test_what_it_costs_does_not_grow_with_layers_or_segments(world: World) -> None:
    """Six layers of 5,000 segments in all: a fixed number of statements, whatever changed."""
    ann = world.person()
    ann.open()
    path = f"videos/{world.made.video_id}"
    with counted() as asking:
        news(ann, {})
    with counted() as opening:
        ann.got("GET", f"{path}/timeline")
    others = [world.person() for _ in range(6)]
    for person in others:
        own = person.own()["id"]
        edit_id = _many_edits(world, own, person.user_id, 3)
        _many_segments(world, ann.open(), own, edit_id, 834)
    known = known_to(ann)
    with counted() as asking_again:
        assert news(ann, known)["layers"] == []
    with counted() as behind:
        changed = news(ann, {layer: 0 for layer in known})["layers"]
    with counted() as opening_again:
        opened = ann.got("GET", f"{path}/timeline")
    assert len(changed) >= 6
    assert sum(len(layer["segments"]) for layer in opened["layers"]) >= 5000
    assert len(asking_again) <= len(asking) <= 10
    assert len(behind) <= len(asking_again) + 3
    assert len(opening_again) <= len(opening) <= 25


def test_an_edit_of_many_segments_asks_in_sets(world: World) -> None:
    ann = world.person()
    opened, own = ann.open(), ann.own()["id"]
    one, many = add_edit(opened), add_edit(opened)
    many["changes"] = [change for _ in range(400) for change in add_edit(opened)["changes"]]
    with counted() as single:
        ann.edit(own, one)
    with counted() as several:
        assert ann.edit(own, many)["results"][0]["status"] == "applied"
    assert len(several) <= len(single) + 2  # rows are written in a few batches, not one by one


def _many_edits(world: World, layer: int, user_id: int, count: int) -> str:
    """Grow a layer's log quickly: edits that finish nothing. -> the id of the last one"""
    operation: dict[str, Any] = {"kind": "finish", "changes": [], "undoes": None}
    rows = [
        {
            "id": str(uuid4()),
            "annotation_id": layer,
            "revision": revision,
            "base_revision": 0,
            "user_id": user_id,
            "operation": operation,
            "inverse": [],
        }
        for revision in range(1, count + 1)
    ]
    with session(world.engine) as db:
        db.execute(insert(Edit), rows)
        db.execute(update(Annotation).where(Annotation.id == layer).values(revision=count))
    return str(rows[-1]["id"])


def _many_segments(
    world: World, opened: dict[str, Any], layer: int, edit_id: str, count: int
) -> None:
    kind = opened["classes"][0]
    rows = [
        {
            "id": str(uuid4()),
            "annotation_id": layer,
            "tier_id": kind["tier_id"],
            "class_id": kind["id"],
            "start_frame": number % 90,
            "end_frame": number % 90 + 5,
            "start_s": 0.0,
            "end_s": 1.0,
            "last_edit": edit_id,
        }
        for number in range(count)
    ]
    with session(world.engine) as db:
        db.execute(insert(Segment), rows)
