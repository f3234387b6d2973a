"""What an edit does to an annotation: pure, without a database.

An edit is a list of changes made at once. Each change says what its author believed to be there
(`expects`: the edit that last touched the segment); where that is no longer so, the whole edit is
a conflict. Edits that touch different segments therefore merge in any order.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

Span = tuple[int, int]

_LARGEST = 2**31 - 1  # what an integer column holds on every database


class BadEdit(Exception):
    """The edit makes no sense, whatever the state. The message is a sentence for people."""


class Conflict(Exception):
    """Somebody else changed the same thing first. The message is a sentence for people."""


@dataclass(frozen=True)
class Piece:
    """A segment as edits see it. last_edit: the edit that gave it this form."""

    id: str
    class_id: int
    tier_id: int
    start_frame: int
    end_frame: int
    proposal_id: int | None
    last_edit: str = ""
    deleted: bool = False


@dataclass(frozen=True)
class Put:
    """Make the segment, or give it this form; a deleted one comes back."""

    piece: Piece
    expects: str | None


@dataclass(frozen=True)
class Remove:
    """Delete the segment; a tombstone stays."""

    segment_id: str
    expects: str | None


@dataclass(frozen=True)
class Finish:
    """Set what has been looked at: the whole list of spans."""

    spans: tuple[Span, ...]
    expects_spans: tuple[Span, ...]


Change = Put | Remove | Finish


@dataclass(frozen=True)
class Edit:
    """A list of changes applied together. undoes: the edit this one takes back."""

    id: str
    base_revision: int
    kind: str
    changes: tuple[Change, ...]
    undoes: str | None = None


@dataclass(frozen=True)
class State:
    """An annotation: its segments by id (tombstones too) and the finished spans."""

    segments: Mapping[str, Piece]
    finished: tuple[Span, ...] = ()

    def visible(self) -> tuple[dict[str, Piece], tuple[Span, ...]]:
        """What a person sees: no tombstones, and not who edited last."""
        live = {
            key: replace(piece, last_edit="")
            for key, piece in self.segments.items()
            if not piece.deleted
        }
        return live, self.finished


EMPTY = State({})


def apply(state: State, edit: Edit) -> tuple[State, tuple[Change, ...]]:
    """The state after the edit, and the changes that take it back. Conflict when it is stale."""
    segments = dict(state.segments)
    finished = state.finished
    inverse: list[Change] = []
    for change in edit.changes:
        if isinstance(change, Finish):
            if change.expects_spans != finished:
                raise Conflict("What is marked as finished was changed in the meantime.")
            inverse.append(Finish(finished, change.spans))
            finished = change.spans
            continue
        key = change.piece.id if isinstance(change, Put) else change.segment_id
        before = segments.get(key)
        if (before.last_edit if before else None) != change.expects:
            raise Conflict("This segment was changed in the meantime.")
        if isinstance(change, Put):
            segments[key] = replace(change.piece, last_edit=edit.id, deleted=False)
        else:
            if before is None or before.deleted:
                raise Conflict("This segment is already deleted.")
            segments[key] = replace(before, last_edit=edit.id, deleted=True)
        inverse.append(
            Remove(key, edit.id) if before is None or before.deleted else Put(before, edit.id)
        )
    return State(segments, finished), tuple(reversed(inverse))


def undo_changes(inverse: Iterable[Change], state: State) -> tuple[Change, ...]:
    """The inverse of an older edit, with `expects` as the state is now."""
    bound: list[Change] = []
    for change in inverse:
        if isinstance(change, Finish):
            bound.append(replace(change, expects_spans=state.finished))
        else:
            key = change.piece.id if isinstance(change, Put) else change.segment_id
            known = state.segments.get(key)
            bound.append(replace(change, expects=known.last_edit if known else None))
    return tuple(bound)


def replay(edits: Iterable[Edit]) -> State:
    """The state a log leads to from nothing."""
    state = EMPTY
    for edit in edits:
        state, _ = apply(state, edit)
    return state


def same_effect(first: Iterable[Change], second: Iterable[Change]) -> bool:
    """Whether two lists of changes ask for the same, whatever they expect and in any order."""
    return _effects(first) == _effects(second)


def _effects(changes: Iterable[Change]) -> set[tuple[object, ...]]:
    effects: set[tuple[object, ...]] = set()
    for change in changes:
        if isinstance(change, Put):
            effects.add(("put", replace(change.piece, last_edit="", deleted=False)))
        elif isinstance(change, Remove):
            effects.add(("remove", change.segment_id))
        else:
            effects.add(("finish", change.spans))
    return effects


def merge_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Sorted, touching and overlapping spans joined."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def parse_edit(message: Any) -> Edit:
    """An edit from a client's JSON. BadEdit when it is not one.

    {id, base_revision, kind, changes: [
        {op: "put", segment: {id, class_id, tier_id, start_frame, end_frame, proposal_id}, expects}
        {op: "remove", segment_id, expects}
        {op: "finish", spans: [[a, b], ...], expects_spans: [[a, b], ...]}], undoes}
    """
    if not isinstance(message, dict):
        raise BadEdit("An edit is an object.")
    kind = message.get("kind")
    if not isinstance(kind, str) or not 0 < len(kind) <= 40:
        raise BadEdit("An edit says what kind it is in at most 40 characters.")
    changes = parse_changes(message.get("changes"))
    touched = [_target(change) for change in changes]
    if len(set(touched)) < len(touched):
        raise BadEdit("An edit changes each segment at most once.")
    undoes = message.get("undoes")
    return Edit(
        id=_uuid(message.get("id"), "An edit"),
        base_revision=_number(message.get("base_revision"), "base_revision"),
        kind=kind,
        changes=changes,
        undoes=None if undoes is None else _uuid(undoes, "The edit to undo"),
    )


def parse_changes(changes: Any) -> tuple[Change, ...]:
    """Changes from JSON. BadEdit when they are none."""
    if not isinstance(changes, list) or not changes:
        raise BadEdit("An edit has at least one change.")
    return tuple(_parse_change(change) for change in changes)


def changes_as_json(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """The JSON that `parse_changes` reads."""
    return [_change_as_json(change) for change in changes]


def _change_as_json(change: Change) -> dict[str, Any]:
    if isinstance(change, Remove):
        return {"op": "remove", "segment_id": change.segment_id, "expects": change.expects}
    if isinstance(change, Finish):
        return {
            "op": "finish",
            "spans": [list(span) for span in change.spans],
            "expects_spans": [list(span) for span in change.expects_spans],
        }
    piece = change.piece
    segment = {
        "id": piece.id,
        "class_id": piece.class_id,
        "tier_id": piece.tier_id,
        "start_frame": piece.start_frame,
        "end_frame": piece.end_frame,
        "proposal_id": piece.proposal_id,
    }
    return {"op": "put", "segment": segment, "expects": change.expects}


def _target(change: Change) -> str:
    if isinstance(change, Finish):
        return "finished"
    return change.piece.id if isinstance(change, Put) else change.segment_id


def _parse_change(change: Any) -> Change:
    op = change.get("op") if isinstance(change, dict) else None
    if op == "put":
        return Put(_parse_piece(change.get("segment")), _expects(change))
    if op == "remove":
        return Remove(_uuid(change.get("segment_id"), "A segment"), _expects(change))
    if op == "finish":
        return Finish(
            merge_spans(_spans(change.get("spans"))),
            merge_spans(_spans(change.get("expects_spans"))),
        )
    raise BadEdit("A change is a put, a remove or a finish.")


def _parse_piece(segment: Any) -> Piece:
    if not isinstance(segment, dict):
        raise BadEdit("A put carries a segment.")
    start, end = _span(segment.get("start_frame"), segment.get("end_frame"))
    proposal = segment.get("proposal_id")
    return Piece(
        id=_uuid(segment.get("id"), "A segment"),
        class_id=_number(segment.get("class_id"), "class_id"),
        tier_id=_number(segment.get("tier_id"), "tier_id"),
        start_frame=start,
        end_frame=end,
        proposal_id=None if proposal is None else _number(proposal, "proposal_id"),
    )


def _expects(change: dict[str, Any]) -> str | None:
    expects = change.get("expects")
    return None if expects is None else _uuid(expects, "The edit a change expects")


def _spans(spans: Any) -> list[Span]:
    if not isinstance(spans, list):
        raise BadEdit("Finished spans are a list of [start, end).")
    for span in spans:
        if not isinstance(span, list | tuple) or len(span) != 2:
            raise BadEdit("Finished spans are a list of [start, end).")
    return [_span(start, end) for start, end in spans]


def _span(start: Any, end: Any) -> Span:
    first, last = _number(start, "start_frame"), _number(end, "end_frame")
    if first >= last:
        raise BadEdit("A segment starts before it ends.")
    return first, last


def _number(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise BadEdit(f"{name} is a whole number from 0 up.")
    return value


def _uuid(value: Any, what: str) -> str:
    try:
        if isinstance(value, str) and str(uuid.UUID(value)) == value:
            return value
    except ValueError:
        pass
    raise BadEdit(f"{what} has a UUID in lower case as its id.")
