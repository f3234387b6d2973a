"""Edits on the real database: once, whole, in turn, and never on what somebody else changed."""

import multiprocessing
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import annotations, history, layers, runs
from db.edit_json import changes_as_json, parse_changes
from db.engine import create_engine, reading
from db.models import Annotation, Edit
from db.operations import EMPTY, BadEdit, replay, undo_changes
from tests.db.desk import (
    FRAMES,
    TIMES,
    Desk,
    add_video,
    annotation,
    apply,
    edit,
    finish,
    fresh_engine,
    new_id,
    put,
    remove,
    say,
    set_up,
    unsay,
)
from tests.db.store import store_model, store_run


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = set_up(fresh_engine(tmp_path_factory.mktemp("db")))
    yield made
    made.engine.dispose()


@pytest.fixture
def layer(desk: Desk) -> int:
    return annotation(desk, video_id=add_video(desk, new_id() + "x" * 28))


def view(desk: Desk, layer: int) -> dict[str, Any]:
    with reading(desk.engine) as opened:
        return layers.as_json(opened, layer)


def check_log(desk: Desk, layer: int) -> None:
    """The log from nothing gives the tables; its revisions are 1, 2, 3, ..."""
    with reading(desk.engine) as opened:
        log = history.list_edits(opened, layer)
        assert [row.revision for row in log] == list(range(1, len(log) + 1))
        state = annotations.load_state(opened, layer)
        assert replay(history.stored_operation(row) for row in log) == state
        assert view(desk, layer)["revision"] == len(log)


def test_an_edit_is_stored_with_its_seconds(desk: Desk, layer: int) -> None:
    added = edit(put(desk, 3, 10, kind=2), finish([[0, 20], [20, 30]], []))
    assert apply(desk, layer, added) == annotations.Applied("applied", 1)
    with reading(desk.engine) as opened:
        (segment,) = annotations.list_segments(opened, layer)
        assert (segment.start_s, segment.end_s) == (TIMES[3], TIMES[10])
        assert opened.get_one(Annotation, layer).labelled_at is not None
    seen = view(desk, layer)
    assert seen["finished"] == [[0, 30]]
    assert seen["segments"][0]["last_edit"] == added["id"]
    check_log(desk, layer)


def test_the_same_message_again_changes_nothing(desk: Desk, layer: int) -> None:
    first = edit(put(desk, 0, 5))
    second = edit(put(desk, 10, 15), base=1)
    assert apply(desk, layer, first).status == "applied"
    assert apply(desk, layer, second).status == "applied"
    before = view(desk, layer)
    for message in (second, first, first, second):
        assert apply(desk, layer, message).status == "duplicate"
    assert apply(desk, layer, first).revision == 1
    assert view(desk, layer) == before


def test_a_used_id_cannot_carry_another_edit(desk: Desk, layer: int) -> None:
    first = edit(put(desk, 0, 5))
    apply(desk, layer, first)
    with pytest.raises(BadEdit, match="already used"):
        apply(desk, layer, {**first, "changes": [put(desk, 1, 5)]})
    other = annotation(desk, user=1)
    with pytest.raises(BadEdit, match="already used"):
        apply(desk, other, first)
    stolen = put(desk, 1, 5, segment_id=first["changes"][0]["segment"]["id"])
    with pytest.raises(BadEdit, match="another annotation"):
        apply(desk, other, edit(stolen))


def test_what_somebody_changed_first_is_refused_whole(desk: Desk, layer: int) -> None:
    segment = new_id()
    added = edit(put(desk, 0, 5, segment_id=segment))
    apply(desk, layer, added)
    moved = edit(put(desk, 0, 8, segment_id=segment, expects=added["id"]), base=1)
    assert apply(desk, layer, moved, user=1).status == "applied"
    late = edit(put(desk, 50, 60), put(desk, 1, 5, segment_id=segment, expects=added["id"]), base=1)
    answer = apply(desk, layer, late)
    assert (answer.status, answer.revision) == ("refused", 2)
    assert answer.message.endswith(".")
    elsewhere = edit(put(desk, 50, 60), base=1)
    assert apply(desk, layer, elsewhere).status == "applied"  # an old base, but nothing in common
    assert len(view(desk, layer)["segments"]) == 2
    check_log(desk, layer)


def test_an_edit_that_builds_on_a_refused_one_is_refused(desk: Desk, layer: int) -> None:
    missing = edit(put(desk, 0, 5))
    after = edit(finish([[0, 5]], []), base=4)
    assert apply(desk, layer, after).status == "refused"
    undo = edit(remove(missing["changes"][0]["segment"]["id"], missing["id"]), undoes=missing["id"])
    assert apply(desk, layer, undo).status == "refused"


def test_undo_and_redo(desk: Desk, layer: int) -> None:
    segment = new_id()
    added = edit(put(desk, 0, 5, segment_id=segment))
    apply(desk, layer, added)
    undo = edit(remove(segment, added["id"]), base=1, undoes=added["id"])
    assert apply(desk, layer, undo).status == "applied"
    assert view(desk, layer)["segments"] == []
    lie = edit(put(desk, 0, 6, segment_id=segment, expects=undo["id"]), undoes=undo["id"])
    with pytest.raises(BadEdit, match="exactly"):
        apply(desk, layer, lie)
    redo = edit(put(desk, 0, 5, segment_id=segment, expects=undo["id"]), base=2, undoes=undo["id"])
    assert apply(desk, layer, redo).status == "applied"
    assert [s["id"] for s in view(desk, layer)["segments"]] == [segment]
    check_log(desk, layer)


def test_what_cannot_be_is_told_so(desk: Desk, layer: int) -> None:
    wrong_tier = put(desk, 0, 5)
    wrong_tier["segment"]["tier_id"] = 10**6
    for change, sentence in (
        (put(desk, 0, FRAMES + 1), "100 frames"),
        (finish([[0, FRAMES + 1]], []), "100 frames"),
        (put(desk, 0, 5, proposal_id=10**6), "proposal"),
        (wrong_tier, "tier"),
    ):
        with pytest.raises(BadEdit, match=sentence):
            apply(desk, layer, edit(change))
    stranger = put(desk, 0, 5)
    stranger["segment"]["class_id"] = 10**6
    with pytest.raises(BadEdit, match="class"):
        apply(desk, layer, edit(stranger))
    assert view(desk, layer)["revision"] == 0
    whole = edit(put(desk, 0, FRAMES), finish([[0, FRAMES]], []))
    assert apply(desk, layer, whole).status == "applied"


def test_a_label_knows_the_proposal_it_came_from(desk: Desk, model_run: int) -> None:
    layer = annotation(desk)
    with reading(desk.engine) as opened:
        proposal = runs.list_proposals(opened, model_run)[0]
    accepted = edit(put(desk, 5, 20, proposal_id=proposal.id))
    assert apply(desk, layer, accepted).status == "applied"
    assert view(desk, layer)["segments"][0]["proposal_id"] == proposal.id


@pytest.fixture
def model_run(desk: Desk) -> int:
    return store_run(desk, store_model(desk))


actions = st.tuples(
    st.integers(0, 1),  # which of the two clients
    st.sampled_from(
        ["add", "move", "doubt", "remove", "finish", "split", "undo", "say", "resay", "unsay"]
    ),
    st.integers(0, FRAMES - 2),
    st.integers(1, 40),
    st.integers(0, 2),  # how often the network repeats the message
    st.booleans(),  # whether the client sees the newest state before it acts
    st.integers(0, 30),  # which old message arrives once more
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(actions, max_size=20))
def test_two_clients_with_a_bad_network(desk: Desk, script: list[tuple[Any, ...]]) -> None:
    layer = annotation(desk, video_id=add_video(desk, new_id() + "x" * 28))
    views = [view(desk, layer), view(desk, layer)]
    sent: list[dict[str, Any]] = []
    applied: list[dict[str, Any]] = []
    for client, action, start, length, repeats, looks, old in script:
        if looks:
            views[client] = view(desk, layer)
        message = make(desk, views[client], action, start, length, applied)
        if message is None:
            continue
        sent.append(message)
        answers = [apply(desk, layer, message, user=client).status for _ in range(repeats + 1)]
        assert answers[0] in ("applied", "refused")
        repeated = "duplicate" if answers[0] == "applied" else "refused"
        assert answers[1:] == [repeated] * repeats
        if answers[0] == "applied":
            applied.append(message)
        if looks:
            assert answers[0] == "applied"  # whoever sees the newest state is never refused
        before = view(desk, layer)
        again = sent[old % len(sent)]
        if again in applied:
            assert apply(desk, layer, again).status == "duplicate"
            assert view(desk, layer) == before
        check_log(desk, layer)
    undo_everything(desk, layer)
    check_log(desk, layer)


def make(
    desk: Desk,
    seen: dict[str, Any],
    action: str,
    start: int,
    length: int,
    applied: list[dict[str, Any]],
) -> dict[str, Any] | None:
    """The message a client that sees `seen` would send."""
    end = min(FRAMES, start + length)
    segments = seen["segments"]
    chosen = segments[start % len(segments)] if segments else None
    base = seen["revision"]
    if action == "add":
        return edit(put(desk, start, end), base=base)
    if action == "finish":
        return edit(finish([[start, end]], seen["finished"]), base=base)
    comments = seen["comments"]
    if action == "say":
        return edit(
            say("Look.", start=start, end=end, segment_id=chosen and chosen["id"]), base=base
        )
    if action in ("resay", "unsay"):
        if not comments:
            return None
        said = comments[start % len(comments)]
        key, expects = said["id"], said["last_edit"]
        if action == "unsay":
            return edit(unsay(key, expects), base=base)
        again = say(f"From {start}.", start=start, end=end, comment_id=key, expects=expects)
        return edit(again, base=base)
    if chosen is None:
        return None
    expects = chosen["last_edit"]
    if action == "doubt":
        first, last = chosen["start_frame"], chosen["end_frame"]
        unsure = not chosen["unsure"]
        doubted = put(desk, first, last, segment_id=chosen["id"], expects=expects, unsure=unsure)
        return edit(doubted, base=base)
    if action == "move":
        return edit(put(desk, start, end, segment_id=chosen["id"], expects=expects), base=base)
    if action == "remove":
        return edit(remove(chosen["id"], expects), base=base)
    if action == "undo":
        added = next((old for old in applied if old["id"] == expects), None)
        if added is None or len(added["changes"]) > 1 or added["changes"][0]["expects"]:
            return None
        return edit(remove(chosen["id"], expects), base=base, undoes=expects)
    first, last = chosen["start_frame"], chosen["end_frame"]
    if last - first < 2:
        return None
    middle = (first + last) // 2
    return edit(
        put(desk, first, middle, segment_id=chosen["id"], expects=expects),
        put(desk, middle, last),
        base=base,
    )


def undo_everything(desk: Desk, layer: int) -> None:
    with reading(desk.engine) as opened:
        log = history.list_edits(opened, layer)
    for row in reversed(log):
        with reading(desk.engine) as opened:
            state = annotations.load_state(opened, layer)
        changes = changes_as_json(undo_changes(parse_changes(row.inverse), state))
        undo = edit(*changes, base=len(log), undoes=row.id)
        assert apply(desk, layer, undo).status == "applied"
    with reading(desk.engine) as opened:
        assert annotations.load_state(opened, layer).visible() == EMPTY.visible()


def _edit_in_a_process(url: str, desk: Desk, layer: int, user: int, shared: str) -> None:
    desk = Desk(**{**desk.__dict__, "engine": create_engine(url)})
    for number in range(15):
        seen = view(desk, layer)
        expects = next(s["last_edit"] for s in seen["segments"] if s["id"] == shared)
        base = seen["revision"]
        moved = put(desk, number, number + 10, segment_id=shared, expects=expects)
        apply(desk, layer, edit(moved, base=base), user=user)
        apply(desk, layer, edit(put(desk, number, number + 5), base=base), user=user)
    desk.engine.dispose()


def test_two_processes_take_turns(desk: Desk, layer: int) -> None:
    shared = new_id()
    apply(desk, layer, edit(put(desk, 0, 5, segment_id=shared)))
    context = multiprocessing.get_context("spawn")
    plain = Desk(**{**desk.__dict__, "engine": None})
    url = str(desk.engine.url)
    workers = [
        context.Process(target=_edit_in_a_process, args=(url, plain, layer, user, shared))
        for user in (0, 1)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    check_log(desk, layer)
    with reading(desk.engine) as opened:
        added = [row for row in history.list_edits(opened, layer) if len(_ids(row) - {shared})]
    assert len(added) == 30  # none of the additions was refused or lost


def _ids(row: Edit) -> set[str]:
    return {change["segment"]["id"] for change in row.operation["changes"]}
