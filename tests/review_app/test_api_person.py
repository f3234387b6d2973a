"""What the desk keeps for a person, how long work took, and classes added while labelling."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from db.engine import reading
from db.sittings import list_sittings
from review_app.api.classes import PAGE_KEYS
from review_app.settings import ROOT
from tests.review_app.api_world import World, served_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served_world(tmp_path_factory.mktemp("person")) as made:
        yield made


def test_preferences_come_back_with_the_page(world: World) -> None:
    ann, ben = world.person(), world.person("therapist")
    ann.got("PUT", "preferences/keys", json={"value": {"toggle": ["x", "<b>"]}})
    ann.got("PUT", "preferences/reaction", json={"value": 0.21})
    ann.got("PUT", "preferences/reaction", json={"value": 0.25})
    ben.got("PUT", "preferences/layout", json={"value": ["curves"]})
    assert ann.open()["preferences"] == {"keys": {"toggle": ["x", "<b>"]}, "reaction": 0.25}
    assert ben.open()["preferences"] == {"layout": ["curves"]}


def test_a_preference_that_cannot_be_kept_is_a_sentence(world: World) -> None:
    ann = world.person()
    assert "keys" in ann.refused(404, "PUT", "preferences/password", json={"value": 1})
    ann.refused(413, "PUT", "preferences/keys", json={"value": "x" * 70_000})
    for content in (b"", b"[]", b"{}", b'{"value": "\\ud83d"}', b'{"value": ' + b"[" * 60_000):
        assert ann.refused(422, "PUT", "preferences/keys", content=content).endswith(".")


def test_a_sitting_is_counted_once_however_often_it_is_told(world: World) -> None:
    ann, ben = world.person(), world.person("therapist")
    sitting = str(uuid4())
    body: dict[str, Any] = {
        "annotation_id": ann.own()["id"],
        "proposals": "shown",
        "began_at": "2026-01-31T12:00:00.000Z",
        "active_s": 12.5,
        "actions": {"accept": 4},
        "segments": 4,
    }
    later = {**body, "active_s": 20, "actions": {"accept": 6, "undo": 1}, "segments": 5}
    for message in (body, later, later, body):
        ann.got("PUT", f"sittings/{sitting}", json=message)
    with reading(world.engine) as db:
        (row,) = list_sittings(db)
    assert (row.active_s, row.actions, row.segments) == (20.0, {"accept": 6, "undo": 1}, 5)
    ben.refused(403, "PUT", f"sittings/{sitting}", json=body)
    strange = world.person()
    strange.refused(403, "PUT", f"sittings/{sitting}", json=body)
    own = {**body, "annotation_id": strange.own()["id"]}
    assert "already used" in strange.refused(409, "PUT", f"sittings/{sitting}", json=own)


@pytest.mark.parametrize(
    "changed",
    [
        {"proposals": "some"},
        {"proposals": ["shown"]},
        {"began_at": "yesterday"},
        {"began_at": 5},
        {"active_s": -1},
        {"active_s": "5"},
        {"active_s": 10**9},
        {"actions": [1]},
        {"actions": {"x": 0.5}},
        {"actions": {"x" * 61: 1}},
        {"actions": {"x\x00": 1}},
        {"segments": None},
        {"segments": -1},
    ],
)
def test_a_sitting_that_makes_no_sense_is_a_sentence(
    world: World, changed: dict[str, object]
) -> None:
    ann = world.person()
    body = {
        "annotation_id": ann.own()["id"],
        "proposals": "none",
        "began_at": "2026-01-31T12:00:00Z",
        "active_s": 1,
        "actions": {},
        "segments": 0,
    }
    path = f"sittings/{uuid4()}"
    assert ann.refused(422, "PUT", path, json={**body, **changed}).endswith(".")


def test_classes_are_added_and_changed_from_the_desk(world: World) -> None:
    ann = world.person()
    events = ann.open()["tiers"][2]["id"]
    new = {"id": None, "tier_id": events, "colour": "#00FF00", "key": ""}
    added = ann.got("POST", "classes", json={**new, "title": "Stumble"})["classes"][-1]
    assert (added["name"], added["colour"], added["key"]) == ("Stumble", "#00ff00", None)
    changed = ann.got("POST", "classes", json={**added, "name": "stumble_twice", "key": "Ä"})
    assert changed["classes"] == ann.open()["classes"]
    assert changed["classes"][-1]["title"] == "Stumble twice"
    assert changed["classes"][-1]["key"] == "ä"
    first = changed["classes"][0]
    sent_back = {**first, "colour": "#123456"}
    del sent_back["name"]
    kept = ann.got("POST", "classes", json=sent_back)["classes"][0]
    assert (kept["name"], kept["colour"]) == (first["name"], "#123456")
    for wrong, sentence in (
        ({"title": "Other", "key": "1"}, "already chooses"),
        ({"title": "Other", "key": " "}, "one letter"),
        ({"title": "Other", "key": "k"}, "The page itself uses the key k."),
        ({"title": "Other", "colour": "red"}, "colour"),
        ({"title": "stumble_twice"}, "already a class"),
    ):
        assert sentence in ann.refused(409, "POST", "classes", json={**new, **wrong})
    nonsense: list[dict[str, Any]] = [{}, {"title": 3}, {"title": "x", "id": True}]
    for odd in (*nonsense, {"title": "x", "tier_id": "1"}):
        ann.refused(422, "POST", "classes", json={**new, **odd})
    ann.refused(422, "POST", "classes", json={**new, "title": "x", "key": 3})
    world.person("therapist").refused(403, "POST", "classes", json=new)


def test_the_keys_of_the_page_are_those_of_its_key_map() -> None:
    """A new one-sign key in keys.js is also refused to classes: add it to PAGE_KEYS."""
    script = (
        "import { KEY_MAP } from './keys.js';"
        "console.log(JSON.stringify(KEY_MAP.flatMap((g) => g.bindings.flatMap((b) => b.keys))));"
    )
    printed = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        cwd=ROOT / "review_app" / "timeline" / "static" / "keys",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert {key for key in json.loads(printed.stdout) if len(key) == 1} == PAGE_KEYS
