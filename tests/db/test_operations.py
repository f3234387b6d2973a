"""Edits without a database: undo, replay, conflicts, and what is not an edit."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.edit_json import changes_as_json, parse_changes, parse_edit
from db.operations import (
    EMPTY,
    BadEdit,
    Change,
    Conflict,
    Edit,
    Finish,
    Piece,
    Put,
    Remark,
    Remove,
    Say,
    State,
    Unsay,
    apply,
    merge_spans,
    only_comments,
    replay,
    same_effect,
    undo_changes,
)

IDS = [str(uuid.UUID(int=number)) for number in range(1, 7)]
spans = st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda s: (s[0], s[0] + s[1]))
COMMENT_IDS = [str(uuid.UUID(int=number)) for number in range(21, 25)]
pieces = st.builds(
    lambda key, kind, span, proposal, unsure: Piece(
        key, kind, 1, span[0], span[1], proposal, unsure=unsure
    ),
    st.sampled_from(IDS),
    st.integers(1, 3),
    spans,
    st.none() | st.integers(1, 9),
    st.booleans(),
)
remarks = st.builds(
    lambda key, segment, span, reply, resolves, text: Remark(
        key, segment, span[0], span[1], reply, resolves, text
    ),
    st.sampled_from(COMMENT_IDS),
    st.none() | st.sampled_from(IDS),
    spans,
    st.none() | st.sampled_from(COMMENT_IDS),
    st.booleans(),
    st.sampled_from(["Look here.", "Yes.", "<b>no</b>"]),
)
wishes = st.lists(
    st.one_of(
        pieces,
        remarks,
        st.sampled_from(IDS + COMMENT_IDS),
        st.lists(spans, max_size=3).map(merge_spans),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda wish: wish.id if isinstance(wish, Piece | Remark) else str(wish),
)


def as_edit(state: State, wish: list[Any], number: int) -> Edit | None:
    """The edit somebody who sees `state` would make of these wishes."""
    changes: dict[str, Change] = {}
    for thing in wish:
        if isinstance(thing, Piece):
            known = state.segments.get(thing.id)
            changes[thing.id] = Put(thing, known.last_edit if known else None)
        elif isinstance(thing, Remark):
            said = state.comments.get(thing.id)
            changes[thing.id] = Say(thing, said.last_edit if said else None)
        elif isinstance(thing, str):
            known, said = state.segments.get(thing), state.comments.get(thing)
            if known and not known.deleted:
                changes[thing] = Remove(thing, known.last_edit)
            elif said and not said.deleted:
                changes[thing] = Unsay(thing, said.last_edit)
        else:
            changes["finished"] = Finish(thing, state.finished)
    edit_id = str(uuid.UUID(int=1000 + number))
    return Edit(edit_id, number, "test", tuple(changes.values())) if changes else None


@given(st.lists(wishes, max_size=12))
def test_undoing_everything_gives_the_start(script: list[list[Any]]) -> None:
    state, log, inverses = EMPTY, [], []
    for number, wish in enumerate(script):
        if (edit := as_edit(state, wish, number)) is not None:
            state, inverse = apply(state, edit)
            log.append(edit)
            inverses.append(inverse)
    for number, inverse in enumerate(reversed(inverses)):
        edit = Edit(str(uuid.UUID(int=5000 + number)), number, "undo", undo_changes(inverse, state))
        state, _ = apply(state, edit)
        log.append(edit)
    assert state.visible() == EMPTY.visible()
    assert replay(log) == state


@given(wishes, wishes)
def test_each_undo_gives_what_was_there_before(first: list[Any], second: list[Any]) -> None:
    state = EMPTY
    for number, wish in enumerate((first, second)):
        if (edit := as_edit(state, wish, number)) is None:
            continue
        after, inverse = apply(state, edit)
        undo = Edit(str(uuid.UUID(int=7000 + number)), 0, "undo", inverse, undoes=edit.id)
        undone, again = apply(after, undo)  # valid as stored while nobody touched it since
        assert undone.visible() == state.visible()
        redone, _ = apply(undone, replace(undo, id=str(uuid.UUID(int=8000)), changes=again))
        assert redone.visible() == after.visible()
        state = after


@given(wishes)
def test_changes_survive_json(wish: list[Any]) -> None:
    state, _ = apply(EMPTY, Edit(IDS[0], 0, "x", (Put(Piece(IDS[0], 1, 1, 0, 5, None), None),)))
    if (edit := as_edit(state, wish, 1)) is not None:
        again = parse_changes(changes_as_json(edit.changes))
        assert again == edit.changes
        assert same_effect(again, edit.changes)


@given(pieces, pieces)
def test_edits_of_different_segments_merge_in_either_order(one: Piece, other: Piece) -> None:
    other = replace(other, id=str(uuid.UUID(int=99)))
    first = Edit(str(uuid.UUID(int=501)), 0, "add", (Put(one, None),))
    second = Edit(str(uuid.UUID(int=502)), 0, "add", (Put(other, None),))
    assert replay([first, second]) == replay([second, first])


def test_a_stale_edit_is_a_conflict_and_changes_nothing() -> None:
    piece = Piece(IDS[0], 1, 1, 0, 10, None)
    added = Edit(str(uuid.UUID(int=501)), 0, "add", (Put(piece, None),))
    state, _ = apply(EMPTY, added)
    other = Piece(IDS[1], 1, 1, 20, 30, None)
    stale = Edit(
        str(uuid.UUID(int=502)),
        0,
        "move",
        (Put(other, None), Put(replace(piece, end_frame=12), None)),
    )
    with pytest.raises(Conflict):
        apply(state, stale)
    assert set(state.segments) == {IDS[0]}
    for change in (Remove(IDS[1], None), Finish(((0, 5),), ((0, 4),))):
        with pytest.raises(Conflict):
            apply(state, replace(stale, changes=(change,)))


def test_touching_spans_become_one() -> None:
    assert merge_spans([(5, 9), (0, 3), (3, 5), (20, 30), (22, 25)]) == ((0, 9), (20, 30))


GOOD = {
    "id": IDS[0],
    "base_revision": 0,
    "kind": "add",
    "changes": [{"op": "finish", "spans": [[0, 5]], "expects_spans": []}],
    "undoes": None,
}
PIECE = {"id": IDS[0], "class_id": 1, "tier_id": 1, "start_frame": 0, "end_frame": 5}


REMARK = {
    "id": IDS[1],
    "segment_id": IDS[0],
    "start_frame": 0,
    "end_frame": 5,
    "reply_to": None,
    "resolves": False,
    "text": "Does the heel lift?",
}


def test_a_good_edit_is_read() -> None:
    assert parse_edit(GOOD).changes == (Finish(((0, 5),), ()),)
    said = parse_edit({**GOOD, "changes": [{"op": "say", "comment": REMARK, "expects": None}]})
    assert only_comments(said) and not only_comments(parse_edit(GOOD))
    assert changes_as_json(said.changes)[0]["comment"] == REMARK


def test_the_flag_is_stored_only_where_it_is_set() -> None:
    """Otherwise an edit from before there was the flag would not be the same edit when resent."""
    for given_flag, kept in (({}, {}), ({"unsure": False}, {}), ({"unsure": True},) * 2):
        put = {"op": "put", "segment": {**PIECE, "proposal_id": None, **given_flag}}
        (stored,) = changes_as_json(parse_changes([{**put, "expects": None}]))
        assert stored["segment"] == {**PIECE, "proposal_id": None, **kept}


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {**GOOD, "id": "1"},
        {**GOOD, "id": IDS[0].upper().replace("0", "A")},
        {**GOOD, "id": "{" + IDS[0] + "}"},
        {**GOOD, "base_revision": -1},
        {**GOOD, "base_revision": True},
        {**GOOD, "base_revision": 1.0},
        {**GOOD, "base_revision": 2**40},
        {**GOOD, "kind": ""},
        {**GOOD, "kind": "x" * 41},
        {**GOOD, "kind": 5},
        {**GOOD, "undoes": "never"},
        {**GOOD, "changes": []},
        {**GOOD, "changes": {}},
        {**GOOD, "changes": ["put"]},
        {**GOOD, "changes": [{"op": "drop"}]},
        {**GOOD, "changes": [{"op": "put", "segment": None, "expects": None}]},
        {**GOOD, "changes": [{"op": "put", "segment": {**PIECE, "end_frame": 0}}]},
        {**GOOD, "changes": [{"op": "put", "segment": {**PIECE, "start_frame": -1}}]},
        {**GOOD, "changes": [{"op": "put", "segment": {**PIECE, "class_id": "1"}}]},
        {**GOOD, "changes": [{"op": "put", "segment": {**PIECE, "proposal_id": 10**30}}]},
        {**GOOD, "changes": [{"op": "put", "segment": PIECE, "expects": 3}]},
        {**GOOD, "changes": [{"op": "remove", "segment_id": None, "expects": None}]},
        {**GOOD, "changes": [{"op": "remove", "segment_id": IDS[0], "expects": None}] * 2},
        {**GOOD, "changes": [{"op": "finish", "spans": [[0, 5, 6]], "expects_spans": []}]},
        {**GOOD, "changes": [{"op": "finish", "spans": 5, "expects_spans": []}]},
        {**GOOD, "kind": "zero \0"},
        {**GOOD, "kind": "half \ud83d"},
        {**GOOD, "changes": [{"op": "put", "segment": {**PIECE, "unsure": 1}, "expects": None}]},
        {**GOOD, "changes": [{"op": "say", "comment": None}]},
        {**GOOD, "changes": [{"op": "say", "comment": {**REMARK, "text": " "}}]},
        {**GOOD, "changes": [{"op": "say", "comment": {**REMARK, "text": "x" * 2001}}]},
        {**GOOD, "changes": [{"op": "say", "comment": {**REMARK, "text": "\ud83d"}}]},
        {**GOOD, "changes": [{"op": "say", "comment": {**REMARK, "resolves": None}}]},
        {**GOOD, "changes": [{"op": "say", "comment": {**REMARK, "reply_to": 3}}]},
        {**GOOD, "changes": [{"op": "unsay", "comment_id": None}]},
        {
            **GOOD,
            "changes": [
                {"op": "remove", "segment_id": str(uuid.UUID(int=number)), "expects": None}
                for number in range(10_001)
            ],
        },
        {**GOOD, "changes": [{"op": "finish", "spans": [[0, float("nan")]], "expects_spans": []}]},
    ],
)
def test_what_is_no_edit_is_told_so(wrong: Any) -> None:
    with pytest.raises(BadEdit, match=r"\.$"):
        parse_edit(wrong)
