"""Layers of several people on one recording: history, seen, the result, locks and comments."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.review_app.api_world import Person, World, served_world
from tests.review_app.desk_server import add_edit


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served_world(tmp_path_factory.mktemp("layers")) as made:
        yield made


def say_edit(text: str, **comment: Any) -> dict[str, Any]:
    fields = {
        "id": str(uuid4()),
        "segment_id": None,
        "start_frame": 0,
        "end_frame": 5,
        "reply_to": None,
        "resolves": False,
        "text": text,
    }
    return {
        "id": str(uuid4()),
        "base_revision": 0,
        "kind": "say",
        "changes": [{"op": "say", "comment": {**fields, **comment}, "expects": None}],
        "undoes": None,
    }


def layer_of(opened: dict[str, Any], author: Person) -> dict[str, Any]:
    return next(layer for layer in opened["layers"] if layer["author"] == author.name)


def test_everybody_sees_every_layer_that_says_something(world: World) -> None:
    ann, ben, idle = world.person(), world.person(), world.person()
    idle.open()
    opened = ann.open()
    assert opened["user"] == {"id": ann.user_id, "name": ann.name, "role": "annotator"}
    assert [tier["overlaps"] for tier in opened["tiers"]] == [False, False, True]
    own = layer_of(opened, ann)
    assert (own["kind"], own["own"], own["may_edit"], own["log"]) == ("own", True, True, [])
    added = add_edit(opened, unsure=True)
    ann.edit(own["id"], added, say_edit("Look."))
    seen = layer_of(ben.open(), ann)
    assert (seen["own"], seen["may_edit"], seen["revision"]) == (False, False, 2)
    assert (seen["segments"][0]["unsure"], seen["comments"][0]["text"]) == (True, "Look.")
    assert "log" not in seen
    assert idle.name not in [layer["author"] for layer in ben.open()["layers"]]
    log = ann.own()["log"]
    assert [(entry["revision"], entry["author"]) for entry in log] == [(1, ann.name), (2, ann.name)]
    assert log[0]["changes"][0]["segment"] == added["changes"][0]["segment"]


def test_the_history_comes_page_by_page_to_whoever_may_look(world: World) -> None:
    ann, ben = world.person(), world.person("therapist")
    opened = ann.open()
    layer = ann.own()["id"]
    ann.edit(layer, *(add_edit(opened) for _ in range(5)))
    path = f"annotations/{layer}/history"
    newest = ben.got("GET", path, params={"count": 2})
    assert [entry["revision"] for entry in newest["edits"]] == [4, 5] and newest["more"]
    rest = ben.got("GET", path, params={"before": 4})
    assert [entry["revision"] for entry in rest["edits"]] == [1, 2, 3] and not rest["more"]
    assert ben.got("GET", path, params={"before": 1}) == {"edits": [], "more": False}
    for wrong in ({"count": 0}, {"count": 1001}, {"before": "x"}):
        ben.refused(422, "GET", path, params=wrong)
    ben.refused(404, "GET", "annotations/99999/history")


def test_a_page_that_is_behind_gets_the_log(world: World) -> None:
    ann = world.person()
    opened = ann.open()
    layer = ann.own()["id"]
    edits = [add_edit(opened) for _ in range(3)]
    assert "log" not in ann.edit(layer, edits[0], since=0)
    behind = ann.edit(layer, edits[1], edits[2], since=0)
    assert [entry["id"] for entry in behind["log"]] == [edit["id"] for edit in edits]
    for since in (None, 17):  # unknown, or ahead of the server
        whole = ann.edit(layer, since=since)
        assert "log" not in whole and whole["state"]["revision"] == 3
    assert "state" not in behind
    refused = ann.edit(layer, {**add_edit(opened), "base_revision": 9}, since=3)
    assert refused["log"] == [] and refused["results"][0]["status"] == "refused"


def test_seen_is_kept_with_the_own_layer_and_only_grows(world: World) -> None:
    ann, ben = world.person(), world.person("therapist")
    layer = ann.own()["id"]
    path = f"annotations/{layer}/seen"
    assert ann.got("PUT", path, json={"spans": [[0, 10]]}) == {"seen": [[0, 10]]}
    assert ann.got("PUT", path, json={"spans": [[5, 20]]}) == {"seen": [[0, 20]]}
    assert ann.own()["seen"] == [[0, 20]]
    nonsense: list[Any] = [[[0, 101]], [[5, 5]], "all", [[0, True]]]
    for wrong in nonsense:
        assert ann.refused(422, "PUT", path, json={"spans": wrong}).endswith(".")
    ben.refused(403, "PUT", path, json={"spans": [[0, 10]]})
    theirs = f"annotations/{ben.own()['id']}/seen"
    assert ben.got("PUT", theirs, json={"spans": [[1, 2]]}) == {"seen": [[1, 2]]}


def test_a_therapist_comments_but_changes_no_label(world: World) -> None:
    ann, ben = world.person(), world.person("therapist")
    opened = ann.open()
    added = add_edit(opened)
    ann.edit(ann.own()["id"], added)
    own = ben.own()
    assert (own["may_edit"], own["log"]) == (False, [])
    path = f"annotations/{own['id']}/edits"
    both = {**say_edit("x"), "changes": say_edit("x")["changes"] + add_edit(opened)["changes"]}
    label, odd = add_edit(opened), dict[str, Any]()
    for wrong in ([label], [say_edit("x"), label], [both], ["x"], [odd]):
        ben.refused(403, "POST", path, json={"edits": wrong})
    segment = added["changes"][0]["segment"]["id"]
    answer = ben.edit(own["id"], say_edit("A bit late.", segment_id=segment))
    assert answer["results"][0]["status"] == "applied"
    assert layer_of(ann.open(), ben)["comments"][0]["segment_id"] == segment
    ben.refused(403, "POST", f"annotations/{ann.own()['id']}/edits", json={"edits": []})


def test_the_result_belongs_to_all_editors(world: World) -> None:
    ann, ben, eve = world.person(), world.person("researcher"), world.person("therapist")
    path = f"videos/{world.made.video_id}/result"
    result = ann.got("POST", path)["id"]
    assert ben.got("POST", path)["id"] == result
    eve.refused(403, "POST", path)
    opened = ann.open()
    ann.edit(result, add_edit(opened))
    ben.edit(result, add_edit(opened))
    found = next(layer for layer in ben.open()["layers"] if layer["kind"] == "result")
    assert (found["id"], found["author"], found["own"], found["may_edit"]) == (
        result,
        None,
        False,
        True,
    )
    assert [entry["author"] for entry in found["log"]] == [ann.name, ben.name]
    assert [entry["user_id"] for entry in found["log"]] == [ann.user_id, ben.user_id]
    eve.refused(403, "POST", f"annotations/{result}/edits", json={"edits": [say_edit("x")]})
    ann.refused(403, "PUT", f"annotations/{result}/seen", json={"spans": [[0, 5]]})


def test_a_lock_is_shown_to_all_and_taken_over_by_few(world: World) -> None:
    ann, ben, eve = world.person(), world.person(), world.person("admin")
    result = ann.got("POST", f"videos/{world.made.video_id}/result")["id"]
    opened = ann.open()
    tier = opened["tiers"][0]["id"]
    path = f"annotations/{result}/locks/{tier}"
    (held,) = ann.got("PUT", path)["locks"]
    assert (held["annotation_id"], held["tier_id"], held["name"]) == (result, tier, ann.name)
    assert ben.open()["locks"] == [held]
    assert f"{ann.name} holds" in ben.refused(409, "PUT", path)
    refused = ben.edit(result, add_edit(opened))
    assert refused["results"][0]["message"].startswith(f"{ann.name} holds “repetitions”")
    ben.refused(409, "DELETE", path)
    assert eve.got("PUT", path)["locks"][0]["name"] == eve.name
    assert eve.got("DELETE", path)["locks"] == []
    assert ben.edit(result, add_edit(opened))["results"][0]["status"] == "applied"
    own = ann.own()["id"]
    ben.refused(403, "PUT", f"annotations/{own}/locks/{tier}")
    assert eve.got("PUT", f"annotations/{own}/locks/{tier}")["locks"]
    eve.got("DELETE", f"annotations/{own}/locks/{tier}")
    ann.refused(409, "PUT", f"annotations/{own}/locks/{10**9}")
    ann.refused(409, "PUT", f"annotations/{own}/locks/{10**30}")
