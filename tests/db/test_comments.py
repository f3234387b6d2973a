"""Comments and replies are edits of their author's own layer, and outlive what they are about."""

from collections.abc import Iterator
from typing import Any

import pytest

from db import history, layers
from db.annotations import ensure_result, load_state
from db.engine import reading, session
from db.labels import labelled_layers
from db.operations import BadEdit, replay
from tests.db.desk import (
    FRAMES,
    Desk,
    add_video,
    annotation,
    apply,
    edit,
    fresh_engine,
    new_id,
    put,
    remove,
    say,
    set_up,
    unsay,
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = set_up(fresh_engine(tmp_path_factory.mktemp("db")))
    yield made
    made.engine.dispose()


@pytest.fixture
def video(desk: Desk) -> int:
    return add_video(desk, new_id() + "x" * 28)


def comments(desk: Desk, layer: int) -> list[dict[str, Any]]:
    with reading(desk.engine) as opened:
        log = history.list_edits(opened, layer)
        assert replay(map(history.stored_operation, log)) == load_state(opened, layer)
        found: list[dict[str, Any]] = layers.as_json(opened, layer)["comments"]
        return found


def test_a_comment_on_a_colleagues_segment_and_its_reply(desk: Desk, video: int) -> None:
    ann, ben = annotation(desk, video_id=video), annotation(desk, video_id=video, user=1)
    segment = new_id()
    apply(desk, ann, edit(put(desk, 3, 10, segment_id=segment)))
    question = say("Is this a squat?", segment_id=segment)
    asked = edit(question)
    assert apply(desk, ben, asked, user=1).status == "applied"
    answer = say("It is.", reply_to=question["comment"]["id"], resolves=True)
    assert apply(desk, ann, edit(answer, base=1)).status == "applied"
    (shown,) = comments(desk, ben)
    assert shown == {
        **question["comment"],
        "author": "Ben",
        "created_at": shown["created_at"],
        "last_edit": asked["id"],
    }
    assert comments(desk, ann)[0]["resolves"] is True
    taken_back = edit(remove(segment, apply_id(desk, ann, segment)), base=2)
    assert apply(desk, ann, taken_back).status == "applied"
    assert len(comments(desk, ben)) == 1  # what was said stays, also about what is deleted


def apply_id(desk: Desk, layer: int, segment: str) -> str:
    with reading(desk.engine) as opened:
        return load_state(opened, layer).segments[segment].last_edit


def test_a_comment_is_changed_taken_back_and_said_again(desk: Desk, video: int) -> None:
    layer = annotation(desk, video_id=video)
    first = say("Look here.")
    key = first["comment"]["id"]
    said = edit(first)
    apply(desk, layer, said)
    better = edit(say("Look there.", comment_id=key, expects=said["id"]), base=1)
    assert apply(desk, layer, better).status == "applied"
    late = edit(say("No.", comment_id=key, expects=said["id"]), base=1)
    assert apply(desk, layer, late).status == "refused"
    gone = edit(unsay(key, better["id"]), base=2)
    assert apply(desk, layer, gone).status == "applied"
    assert comments(desk, layer) == []
    again = edit(say("Look there.", comment_id=key, expects=gone["id"]), base=3, undoes=gone["id"])
    assert apply(desk, layer, again).status == "applied"
    assert [each["text"] for each in comments(desk, layer)] == ["Look there."]


def test_what_a_comment_names_must_be_there(desk: Desk, video: int) -> None:
    layer = annotation(desk, video_id=video)
    elsewhere = annotation(desk, video_id=add_video(desk, new_id() + "x" * 28))
    segment, thread = new_id(), say("Elsewhere.")
    apply(desk, elsewhere, edit(put(desk, 0, 5, segment_id=segment), thread))
    for wrong in (
        say("x", segment_id=new_id()),
        say("x", segment_id=segment),
        say("x", reply_to=new_id()),
        say("x", reply_to=thread["comment"]["id"]),
    ):
        assert apply(desk, layer, edit(wrong)).status == "refused"
    with pytest.raises(BadEdit, match="100 frames"):
        apply(desk, layer, edit(say("x", end=FRAMES + 1)))
    with pytest.raises(BadEdit, match="another annotation"):
        apply(desk, layer, edit(say("x", comment_id=thread["comment"]["id"])))
    question = say("Both at once?", segment_id=(mine := new_id()))
    whole = edit(
        put(desk, 0, 5, segment_id=mine),
        question,
        say("Yes.", reply_to=question["comment"]["id"]),
    )
    assert apply(desk, layer, whole).status == "applied"


def test_the_result_holds_no_comments(desk: Desk, video: int) -> None:
    with session(desk.engine) as opened:
        result = ensure_result(opened, video).id
        assert ensure_result(opened, video).id == result
    with pytest.raises(BadEdit, match="your own labels"):
        apply(desk, result, edit(say("x")))
    assert apply(desk, result, edit(put(desk, 0, 5)), user=1).status == "applied"


def test_a_comment_does_not_make_older_labels_the_newest(desk: Desk, video: int) -> None:
    ann, ben = annotation(desk, video_id=video), annotation(desk, video_id=video, user=1)
    apply(desk, ann, edit(put(desk, 0, 5)))
    apply(desk, ben, edit(put(desk, 0, 9)), user=1)
    apply(desk, ann, edit(say("Fine, Ben."), base=1))

    def counts() -> tuple[str | None, tuple[str, ...]]:
        with reading(desk.engine) as opened:
            layer = next(
                each for each in labelled_layers(opened, desk.project_id) if each.video.id == video
            )
        return layer.author, layer.others

    assert counts() == ("Ben", ("Ann",))
    with session(desk.engine) as opened:
        result = ensure_result(opened, video).id
    assert counts() == ("Ben", ("Ann",))  # an empty result says nothing
    apply(desk, result, edit(put(desk, 0, 7)))
    apply(desk, ben, edit(put(desk, 20, 29), base=1), user=1)
    assert counts() == (None, ("Ben", "Ann"))
