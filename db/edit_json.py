"""Edits as JSON, as browsers send them and as the log keeps them."""

import uuid
from collections.abc import Iterable
from typing import Any

from db.operations import (
    BadEdit,
    Change,
    Edit,
    Finish,
    Piece,
    Put,
    Remark,
    Remove,
    Say,
    Span,
    Unsay,
    merge_spans,
    target,
)

MOST_CHANGES = 10_000
LONGEST_COMMENT = 2000
_LARGEST = 2**31 - 1  # what an integer column holds on every database


def parse_edit(message: Any) -> Edit:
    """An edit from a client's JSON. BadEdit when it is not one.

    {id, base_revision, kind, changes: [
        {op: "put", segment: {id, class_id, tier_id, start_frame, end_frame, proposal_id, unsure},
         expects}
        {op: "remove", segment_id, expects}
        {op: "finish", spans: [[a, b], ...], expects_spans: [[a, b], ...]}
        {op: "say", comment: {id, segment_id, start_frame, end_frame, reply_to, resolves, text},
         expects}
        {op: "unsay", comment_id, expects}], undoes}

    `unsure` and `resolves` may be left out where they are false.
    """
    if not isinstance(message, dict):
        raise BadEdit("An edit is an object.")
    kind = message.get("kind")
    if not isinstance(kind, str) or not 0 < len(kind) <= 40 or not storable(kind):
        raise BadEdit("An edit says what kind it is in at most 40 characters.")
    changes = parse_changes(message.get("changes"))
    if len(changes) > MOST_CHANGES:
        raise BadEdit(f"An edit makes at most {MOST_CHANGES} changes.")
    touched = [target(change) for change in changes]
    if len(set(touched)) < len(touched):
        raise BadEdit("An edit changes each segment and each comment at most once.")
    return Edit(
        id=_uuid(message.get("id"), "An edit"),
        base_revision=_number(message.get("base_revision"), "base_revision"),
        kind=kind,
        changes=changes,
        undoes=_uuid_or_none(message.get("undoes"), "The edit to undo"),
    )


def parse_changes(changes: Any) -> tuple[Change, ...]:
    """Changes from JSON. BadEdit when they are none."""
    if not isinstance(changes, list) or not changes:
        raise BadEdit("An edit has at least one change.")
    return tuple(_parse_change(change) for change in changes)


def changes_as_json(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """The JSON that `parse_changes` reads."""
    return [_change_as_json(change) for change in changes]


def storable(text: str) -> bool:
    """Whether every database can keep the text: no zero characters, no half characters."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def _change_as_json(change: Change) -> dict[str, Any]:
    match change:
        case Put(piece, expects):
            return {"op": "put", "segment": _piece_as_json(piece), "expects": expects}
        case Remove(segment_id, expects):
            return {"op": "remove", "segment_id": segment_id, "expects": expects}
        case Say(remark, expects):
            return {"op": "say", "comment": _remark_as_json(remark), "expects": expects}
        case Unsay(comment_id, expects):
            return {"op": "unsay", "comment_id": comment_id, "expects": expects}
        case Finish(spans, expected):
            return {
                "op": "finish",
                "spans": [list(span) for span in spans],
                "expects_spans": [list(span) for span in expected],
            }


def _piece_as_json(piece: Piece) -> dict[str, Any]:
    segment = {
        "id": piece.id,
        "class_id": piece.class_id,
        "tier_id": piece.tier_id,
        "start_frame": piece.start_frame,
        "end_frame": piece.end_frame,
        "proposal_id": piece.proposal_id,
    }
    # Only where it says something: edits from before there was the flag stay what they were.
    return {**segment, "unsure": True} if piece.unsure else segment


def _remark_as_json(remark: Remark) -> dict[str, Any]:
    return {
        "id": remark.id,
        "segment_id": remark.segment_id,
        "start_frame": remark.start_frame,
        "end_frame": remark.end_frame,
        "reply_to": remark.reply_to,
        "resolves": remark.resolves,
        "text": remark.text,
    }


def _parse_change(change: Any) -> Change:
    op = change.get("op") if isinstance(change, dict) else None
    if op == "put":
        return Put(_parse_piece(change.get("segment")), _expects(change))
    if op == "remove":
        return Remove(_uuid(change.get("segment_id"), "A segment"), _expects(change))
    if op == "finish":
        return Finish(parse_spans(change.get("spans")), parse_spans(change.get("expects_spans")))
    if op == "say":
        return Say(_parse_remark(change.get("comment")), _expects(change))
    if op == "unsay":
        return Unsay(_uuid(change.get("comment_id"), "A comment"), _expects(change))
    raise BadEdit("A change is a put, a remove, a finish, a say or an unsay.")


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
        unsure=_flag(segment, "unsure"),
    )


def _parse_remark(comment: Any) -> Remark:
    if not isinstance(comment, dict):
        raise BadEdit("A say carries a comment.")
    start, end = _span(comment.get("start_frame"), comment.get("end_frame"))
    text = comment.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_COMMENT:
        raise BadEdit(f"A comment has 1 to {LONGEST_COMMENT} characters.")
    if not storable(text):
        raise BadEdit("A character of this comment cannot be stored. Type it again.")
    return Remark(
        id=_uuid(comment.get("id"), "A comment"),
        segment_id=_uuid_or_none(comment.get("segment_id"), "The segment of a comment"),
        start_frame=start,
        end_frame=end,
        reply_to=_uuid_or_none(comment.get("reply_to"), "The comment a reply answers"),
        resolves=_flag(comment, "resolves"),
        text=text,
    )


def parse_spans(spans: Any) -> tuple[Span, ...]:
    """Half-open spans of frames from JSON, merged. BadEdit when they are none."""
    if not isinstance(spans, list) or len(spans) > MOST_CHANGES:
        raise BadEdit("Spans are a list of [start, end).")
    for span in spans:
        if not isinstance(span, list | tuple) or len(span) != 2:
            raise BadEdit("Spans are a list of [start, end).")
    return merge_spans(_span(start, end) for start, end in spans)


def _expects(change: dict[str, Any]) -> str | None:
    return _uuid_or_none(change.get("expects"), "The edit a change expects")


def _flag(thing: dict[str, Any], name: str) -> bool:
    value = thing.get(name, False)
    if not isinstance(value, bool):
        raise BadEdit(f"“{name}” is true or false.")
    return value


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


def _uuid_or_none(value: Any, what: str) -> str | None:
    return None if value is None else _uuid(value, what)
