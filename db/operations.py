"""What an edit does to an annotation: pure, without a database.

An edit is a list of changes made at once. Each change says what its author believed to be there
(`expects`: the edit that last touched the segment or comment); where that is no longer so, the
whole edit is a conflict. Edits that touch different things therefore merge in any order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

Span = tuple[int, int]


class BadEdit(Exception):
    """The edit makes no sense, whatever the state. The message is a sentence for people."""


class Conflict(Exception):
    """Somebody else changed the same thing first. The message is a sentence for people."""


@dataclass(frozen=True)
class Piece:
    """A segment as edits see it. unsure: its author wants somebody to look at it again.

    last_edit: the edit that gave it this form.
    """

    id: str
    class_id: int
    tier_id: int
    start_frame: int
    end_frame: int
    proposal_id: int | None
    unsure: bool = False
    last_edit: str = ""
    deleted: bool = False


@dataclass(frozen=True)
class Remark:
    """A comment as edits see it: on a span, perhaps on a segment of any layer, perhaps a reply.

    resolves: it settles what it answers. last_edit: the edit that gave it this form.
    """

    id: str
    segment_id: str | None
    start_frame: int
    end_frame: int
    reply_to: str | None
    resolves: bool
    text: str
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
    """Set what is marked as finished: the whole list of spans."""

    spans: tuple[Span, ...]
    expects_spans: tuple[Span, ...]


@dataclass(frozen=True)
class Say:
    """Make the comment, or give it this form; a deleted one comes back."""

    remark: Remark
    expects: str | None


@dataclass(frozen=True)
class Unsay:
    """Delete the comment; a tombstone stays."""

    comment_id: str
    expects: str | None


Change = Put | Remove | Finish | Say | Unsay
Row = TypeVar("Row", Piece, Remark)


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
    """An annotation: its segments and comments by id (tombstones too) and the finished spans."""

    segments: Mapping[str, Piece]
    finished: tuple[Span, ...] = ()
    comments: Mapping[str, Remark] = field(default_factory=dict)

    def visible(self) -> "State":
        """What a person sees: no tombstones, and not who edited last."""
        return State(
            {
                key: replace(piece, last_edit="")
                for key, piece in self.segments.items()
                if not piece.deleted
            },
            self.finished,
            {
                key: replace(remark, last_edit="")
                for key, remark in self.comments.items()
                if not remark.deleted
            },
        )


EMPTY = State({})


def target(change: Change) -> str:
    """What a change is about: the id of a segment or comment, or "finished"."""
    match change:
        case Put(piece):
            return piece.id
        case Remove(segment_id):
            return segment_id
        case Say(remark):
            return remark.id
        case Unsay(comment_id):
            return comment_id
        case Finish():
            return "finished"


def only_comments(edit: Edit) -> bool:
    """Whether the edit leaves every label and every finished span as it is."""
    return all(isinstance(change, Say | Unsay) for change in edit.changes)


def apply(state: State, edit: Edit) -> tuple[State, tuple[Change, ...]]:
    """The state after the edit, and the changes that take it back. Conflict when it is stale."""
    segments, comments = dict(state.segments), dict(state.comments)
    finished = state.finished
    inverse: list[Change] = []
    for change in edit.changes:
        match change:
            case Finish(spans, expected):
                if expected != finished:
                    raise Conflict("What is marked as finished was changed in the meantime.")
                inverse.append(Finish(finished, spans))
                finished = spans
            case Put() | Remove():
                inverse.append(_on_segment(segments, change, edit.id))
            case Say() | Unsay():
                inverse.append(_on_comment(comments, change, edit.id))
    return State(segments, finished, comments), tuple(reversed(inverse))


def _on_segment(segments: dict[str, Piece], change: Put | Remove, edit_id: str) -> Change:
    """Make the change; -> the one that takes it back."""
    key, new = target(change), change.piece if isinstance(change, Put) else None
    before = _written(segments, key, new, change.expects, edit_id, "segment")
    return Put(before, edit_id) if before else Remove(key, edit_id)


def _on_comment(comments: dict[str, Remark], change: Say | Unsay, edit_id: str) -> Change:
    """The same for a comment."""
    key, new = target(change), change.remark if isinstance(change, Say) else None
    before = _written(comments, key, new, change.expects, edit_id, "comment")
    return Say(before, edit_id) if before else Unsay(key, edit_id)


def _written(
    known: dict[str, Row], key: str, new: Row | None, expects: str | None, edit_id: str, what: str
) -> Row | None:
    """Write `new`, or delete where it is None; -> what was there to be seen before."""
    before = known.get(key)
    if (before.last_edit if before else None) != expects:
        raise Conflict(f"This {what} was changed in the meantime.")
    there = None if before is None or before.deleted else before
    if new is not None:
        known[key] = replace(new, last_edit=edit_id, deleted=False)
    elif there is None:
        raise Conflict(f"This {what} is already deleted.")
    else:
        known[key] = replace(there, last_edit=edit_id, deleted=True)
    return there


def undo_changes(inverse: Iterable[Change], state: State) -> tuple[Change, ...]:
    """The inverse of an older edit, with `expects` as the state is now."""
    bound: list[Change] = []
    for change in inverse:
        if isinstance(change, Finish):
            bound.append(replace(change, expects_spans=state.finished))
            continue
        things = state.segments if isinstance(change, Put | Remove) else state.comments
        known = things.get(target(change))
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


def _effects(changes: Iterable[Change]) -> set[Change]:
    """The changes without what they expect and without who changed last."""
    effects: set[Change] = set()
    for change in changes:
        match change:
            case Put(piece):
                effects.add(Put(replace(piece, last_edit="", deleted=False), None))
            case Say(remark):
                effects.add(Say(replace(remark, last_edit="", deleted=False), None))
            case Finish(spans):
                effects.add(Finish(spans, ()))
            case Remove() | Unsay():
                effects.add(replace(change, expects=None))
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
