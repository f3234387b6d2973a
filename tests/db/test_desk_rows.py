"""What is seen, locks, preferences, sittings, classes and the log, as the desk needs them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db import annotations, classes, history, layers, locks, preferences, projects, sittings, videos
from db.engine import reading, session
from tests.db.desk import (
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
)
from tests.db.store import store_model


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = set_up(fresh_engine(tmp_path))
    yield made
    made.engine.dispose()


def test_what_was_seen_only_grows(desk: Desk) -> None:
    layer = annotation(desk)
    for spans, seen in (
        ([(10, 20)], [[10, 20]]),
        ([(0, 5), (15, 30)], [[0, 5], [10, 30]]),
        ([], [[0, 5], [10, 30]]),
        ([(12, 13)], [[0, 5], [10, 30]]),
        ([(5, 10)], [[0, 30]]),
    ):
        with session(desk.engine) as opened:
            assert annotations.add_seen(opened, layer, spans) == seen
    with reading(desk.engine) as opened:
        assert layers.as_json(opened, layer)["seen"] == [[0, 30]]


def test_the_flag_is_kept_with_the_segment(desk: Desk) -> None:
    layer = annotation(desk)
    apply(desk, layer, edit(put(desk, 0, 5, unsure=True), put(desk, 5, 9)))
    with reading(desk.engine) as opened:
        segments = layers.as_json(opened, layer)["segments"]
    assert [segment["unsure"] for segment in segments] == [True, False]


def test_the_log_is_read_page_by_page(desk: Desk) -> None:
    layer, other = annotation(desk), annotation(desk, user=1)
    sent = [edit(put(desk, n, n + 5), base=n) for n in range(5)]
    for message in sent:
        apply(desk, layer, message)
    apply(desk, other, edit(put(desk, 0, 5)), user=1)
    with reading(desk.engine) as opened:
        newest = history.entries_before(opened, layer, None, 2)
        assert [entry["revision"] for entry in newest] == [4, 5]
        older = history.entries_before(opened, layer, 4, 10)
        assert [entry["revision"] for entry in older] == [1, 2, 3]
        since = history.entries_since(opened, {layer: 3, other: 0})
        assert {key: [e["revision"] for e in log] for key, log in since.items()} == {
            layer: [4, 5],
            other: [1],
        }
        entry = newest[1]
    assert (entry["id"], entry["author"], entry["kind"]) == (sent[4]["id"], "Ann", "add")
    assert entry["user_id"] == desk.user_ids[0]
    assert entry["inverse"][0]["op"] == "remove"
    assert datetime.fromisoformat(entry["created_at"]).tzinfo is not None


def lock(desk: Desk, layer: int, user: int, *, keeper: bool = False, tier: int = 0) -> None:
    with session(desk.engine) as opened:
        locks.take_lock(
            opened,
            annotation_id=layer,
            tier_id=tier or desk.tier_id,
            user_id=desk.user_ids[user],
            may_take_over=keeper,
        )


def test_a_locked_tier_is_not_changed_by_anybody(desk: Desk) -> None:
    with session(desk.engine) as opened:
        layer = annotations.ensure_result(opened, desk.video_id).id
        phases = projects.list_tiers(opened, desk.project_id)[1]
        going_out = next(
            kind
            for kind in projects.list_classes(opened, desk.project_id)
            if kind.tier_id == phases.id
        )
    segment = new_id()
    first = edit(put(desk, 0, 5, segment_id=segment))
    apply(desk, layer, first)
    lock(desk, layer, user=1)
    there = put(desk, 5, 9)
    there["segment"].update(class_id=going_out.id, tier_id=phases.id)
    away = put(desk, 0, 5, segment_id=segment, expects=first["id"])
    away["segment"].update(class_id=going_out.id, tier_id=phases.id)
    for change in (put(desk, 20, 30), away, remove(segment, first["id"])):
        refused = apply(desk, layer, edit(change, base=1))
        assert (refused.status, refused.revision) == ("refused", 1)
        assert refused.message.startswith("Ben holds “repetitions”")
    assert apply(desk, layer, first).status == "duplicate"
    assert apply(desk, layer, edit(there, base=1)).status == "applied"
    own = apply(desk, layer, edit(put(desk, 20, 30), base=2), user=1)
    assert own.status == "refused" and own.message.startswith("You have locked")
    with pytest.raises(locks.LockError, match="Ben holds"):
        lock(desk, layer, user=0)
    lock(desk, layer, user=0, keeper=True)
    with reading(desk.engine) as opened:
        (held,) = locks.list_locks(opened, desk.video_id)
    assert (held["annotation_id"], held["name"]) == (layer, "Ann")
    with pytest.raises(locks.LockError, match="Ann holds"), session(desk.engine) as opened:
        locks.release_lock(
            opened,
            annotation_id=layer,
            tier_id=desk.tier_id,
            user_id=desk.user_ids[1],
            may_take_over=False,
        )
    for _ in range(2):  # letting go twice is harmless
        with session(desk.engine) as opened:
            locks.release_lock(
                opened,
                annotation_id=layer,
                tier_id=desk.tier_id,
                user_id=desk.user_ids[0],
                may_take_over=False,
            )
    assert apply(desk, layer, edit(put(desk, 20, 30), base=2)).status == "applied"
    with pytest.raises(locks.LockError, match="no such tier"):
        lock(desk, layer, user=0, tier=10**6)


def test_a_lock_leaves_comments_and_other_layers_alone(desk: Desk) -> None:
    mine, other = annotation(desk), annotation(desk, user=1)
    lock(desk, mine, user=0)
    assert apply(desk, mine, edit(say("Done."))).status == "applied"
    assert apply(desk, other, edit(put(desk, 0, 5)), user=1).status == "applied"


def test_preferences_are_a_persons_own(desk: Desk) -> None:
    ann, ben = desk.user_ids
    for user, name, value in (
        (ann, "keys", {"toggle": ["x"]}),
        (ann, "keys", {"toggle": ["y"]}),
        (ben, "reaction", 0.21),
        (ben, "steps", None),
    ):
        with session(desk.engine) as opened:
            preferences.save_preference(opened, user_id=user, name=name, value=value)
    with pytest.raises(preferences.PreferenceError, match=r"\.$"), session(desk.engine) as opened:
        preferences.save_preference(opened, user_id=ann, name="colour", value=1)
    with reading(desk.engine) as opened:
        assert preferences.list_preferences(opened, ann) == {"keys": {"toggle": ["y"]}}
        assert preferences.list_preferences(opened, ben) == {"reaction": 0.21, "steps": None}


def test_running_totals_may_come_late_or_twice(desk: Desk) -> None:
    layer, sitting = annotation(desk), new_id()

    def put_totals(active_s: float, actions: int, segments: int, **changed: Any) -> None:
        fields: dict[str, Any] = {
            "sitting_id": sitting,
            "annotation_id": layer,
            "user_id": desk.user_ids[0],
            "proposals": "shown",
            "began_at": datetime.now(UTC),
        }
        totals = sittings.Totals(active_s, {"accept": actions}, segments)
        with session(desk.engine) as opened:
            sittings.save_sitting(opened, **{**fields, **changed}, totals=totals)

    for totals in ((1.0, 1, 1), (9.0, 7, 3), (9.0, 7, 3), (4.0, 3, 5), (9.0, 8, 2)):
        put_totals(*totals)
    put_totals(1.0, 1, 1, sitting_id=new_id(), proposals="none")
    for changed in ({"proposals": "hidden"}, {"user_id": desk.user_ids[1]}):
        with pytest.raises(sittings.SittingError, match=r"\.$"):
            put_totals(99.0, 99, 99, **changed)
    with reading(desk.engine) as opened:
        rows = sittings.list_sittings(opened, "Knees")
        assert sittings.list_sittings(opened, "Hips") == []
    found = [(row.proposals, row.active_s, row.actions, row.segments) for row in rows]
    assert found == [("shown", 9.0, {"accept": 8}, 2), ("none", 1.0, {"accept": 1}, 1)]


def test_a_video_nobody_labelled_goes_with_its_locks_and_sittings(desk: Desk) -> None:
    video = add_video(desk, "b" * 64)
    layer = annotation(desk, video_id=video)
    lock(desk, layer, user=0)
    with session(desk.engine) as opened:
        sittings.save_sitting(
            opened,
            sitting_id=new_id(),
            annotation_id=layer,
            user_id=desk.user_ids[0],
            proposals="none",
            began_at=datetime.now(UTC),
            totals=sittings.Totals(0.0, {}, 0),
        )
        annotations.ensure_result(opened, video)
        assert videos.delete_video(opened, video) == "b" * 64
    with session(desk.engine) as opened:
        result = annotations.ensure_result(opened, desk.video_id).id
    apply(desk, result, edit(put(desk, 0, 5)))
    with pytest.raises(videos.VideoRowError, match="by Ann"), session(desk.engine) as opened:
        videos.delete_video(opened, desk.video_id)


def test_classes_are_added_and_changed(desk: Desk) -> None:
    store_model(desk)  # it knows deep_squat
    events = desk.tier_id + 2

    def save(class_id: int | None = None, **changed: Any) -> int:
        fields: dict[str, Any] = {
            "tier_id": events,
            "name": "<img src=x onerror=alert(1)>",
            "colour": "#00ff00",
            "key": "ü",
        }
        with session(desk.engine) as opened:
            return classes.save_class(
                opened, project_id=desk.project_id, class_id=class_id, **{**fields, **changed}
            ).id

    stumble = save()
    assert save(stumble, name=" Stumble ", key=None) == stumble
    with reading(desk.engine) as opened:
        kind = projects.list_classes(opened, desk.project_id)[-1]
    assert (kind.name, kind.key, kind.tier_id) == ("Stumble", None, events)
    squat = desk.class_ids[0]
    apply(desk, annotation(desk), edit(put(desk, 0, 5)))
    for class_id, changed, sentence in (
        (None, {"name": "STUMBLE"}, "already a class"),
        (None, {"key": "1"}, "already chooses “deep_squat”"),
        (None, {"key": "12"}, "one letter"),
        (None, {"colour": "red"}, "colour"),
        (None, {"name": " "}, "name"),
        (None, {"name": "half \ud83d"}, "name"),
        (None, {"tier_id": 10**6}, "no such tier"),
        (10**6, {}, "no such class"),
        (squat, {"name": "squat", "tier_id": desk.tier_id, "key": "1"}, "A model proposes"),
        (squat, {"name": "deep_squat", "key": "1"}, "has labels"),
    ):
        with pytest.raises(classes.ClassError, match=sentence):
            save(class_id, **changed)
    assert save(squat, name="deep_squat", tier_id=desk.tier_id, key="1", colour="#010203")
