"""Users, projects, patients, videos, model versions and snapshots."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError, StatementError

from db import jobs, model_versions, patients, projects, runs, snapshots, users, videos
from db.engine import reading, session
from db.models import DEFAULT_PRESET, SPLITS, Job, Model, Proposal
from db.snapshots import SnapshotVideo
from tests.db.desk import (
    Desk,
    add_video,
    annotation,
    apply,
    edit,
    fresh_engine,
    put,
    set_up,
)
from tests.db.store import store_model, store_run


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = set_up(fresh_engine(tmp_path))
    yield made
    made.engine.dispose()


def test_users_have_a_name_of_their_own_and_a_known_role(desk: Desk) -> None:
    with session(desk.engine) as opened:
        for name, role in (("  ", "admin"), ("Ann", "admin"), ("Eve", "boss")):
            with pytest.raises(users.UserError, match=r"\.$"):
                users.create_user(opened, name=name, role=role)
        assert [user.name for user in users.list_users(opened)] == ["Ann", "Ben"]


def test_a_project_starts_with_three_tiers_and_their_classes(desk: Desk) -> None:
    with session(desk.engine) as opened:
        classes = projects.list_classes(opened, desk.project_id)
        tiers = projects.list_tiers(opened, desk.project_id)
        assert [(tier.name, tier.overlaps) for tier in tiers] == [
            ("repetitions", False),
            ("phases", False),
            ("events", True),
        ]
        of_tier = [[kind for kind in classes if kind.tier_id == tier.id] for tier in tiers]
        assert [len(kinds) for kinds in of_tier] == [10, 3, 3]
        assert len({kind.key for kind in of_tier[0]}) == 10
        assert all(kind.key is None for kinds in of_tier[1:] for kind in kinds)
        assert len({kind.colour for kind in classes}) == 16
        own = projects.create_project(opened, name="Own", classes=[("bend", "#111111", None)])
        assert projects.list_classes(opened, own.id)[0].name == "bend"
        for name, wrong in (
            ("Knees", projects.TEN_CLASSES),
            ("", projects.TEN_CLASSES),
            ("Twice", [("bend", "#111111", "1"), ("turn", "#222222", "1")]),
            ("As a phase", [("holding", "#111111", "1")]),
        ):
            with pytest.raises(projects.ProjectError, match=r"\.$"):
                projects.create_project(opened, name=name, classes=wrong)


def test_the_first_patients_fill_train_validation_test_in_turn(desk: Desk) -> None:
    with session(desk.engine) as opened:
        made = [
            patients.create_patient(opened, project_id=desk.project_id, pseudonym=f"P{n}").split
            for n in range(2, 11)
        ]
    everyone = ["train", *made]
    assert everyone[:3] == ["train", "validation", "test"]
    assert [everyone.count(split) for split in SPLITS] == [6, 2, 2]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = fresh_engine(tmp_path_factory.mktemp("splits"))
    yield made
    made.dispose()


@settings(max_examples=40, deadline=None)
@given(given_splits=st.lists(st.sampled_from(SPLITS), max_size=12))
def test_the_split_chosen_lies_furthest_below_its_share(
    engine: Engine, given_splits: list[str]
) -> None:
    with session(engine) as opened:
        number = len(projects.list_projects(opened))
        project = projects.create_project(opened, name=f"Project {number}", classes=[])
        for n, split in enumerate(given_splits):
            patients.create_patient(opened, project_id=project.id, pseudonym=f"P{n}", split=split)
        chosen = patients.next_split(opened, project.id)
    share = {s: given_splits.count(s) / max(1, len(given_splits)) for s in SPLITS}
    below = {s: goal - share[s] for s, goal in zip(SPLITS, (0.6, 0.2, 0.2), strict=True)}
    assert below[chosen] == pytest.approx(max(below.values()))


def test_a_patient_has_a_pseudonym_of_their_own_and_one_known_split(desk: Desk) -> None:
    with session(desk.engine) as opened:
        for pseudonym, split in ((" ", None), (" P1 ", None), ("P3", "all")):
            with pytest.raises(patients.PatientError, match=r"\.$"):
                patients.create_patient(
                    opened, project_id=desk.project_id, pseudonym=pseudonym, split=split
                )


def test_the_same_file_is_in_a_project_once(desk: Desk) -> None:
    with session(desk.engine) as opened:
        known = videos.find_video(opened, desk.project_id, "a" * 64)
        assert known is not None and known.patient.pseudonym == "P1"
        other = projects.create_project(opened, name="Other")
        for project_id in (desk.project_id, other.id):
            with pytest.raises(videos.VideoRowError, match=r"\.$"):
                videos.create_video(
                    opened,
                    project_id=project_id,
                    patient_id=desk.patient_id,
                    sha256="a" * 64,
                    original_name="x.mp4",
                    file="x",
                    size_bytes=1,
                )


def test_a_video_with_labels_stays(desk: Desk) -> None:
    store_run(desk, store_model(desk))
    annotation(desk)  # opened, but nothing labelled
    with session(desk.engine) as opened:
        jobs.create(
            opened, id="a", kind="propose", project_id=desk.project_id, video_id=desk.video_id
        )
        with pytest.raises(videos.VideoRowError, match="Cancel its job"):
            videos.delete_video(opened, desk.video_id)
        jobs.request_cancel(opened, "a")
        assert videos.delete_video(opened, desk.video_id) == "a" * 64
        assert videos.list_videos(opened, desk.project_id) == []
    labelled = add_video(desk, "b" * 64)
    apply(desk, annotation(desk, video_id=labelled), edit(put(desk, 0, 5)))
    with (
        pytest.raises(videos.VideoRowError, match="labels or comments by Ann"),
        session(desk.engine) as opened,
    ):
        videos.delete_video(opened, labelled)


def test_what_is_deleted_leaves_its_ids_unused(desk: Desk) -> None:
    """A browser may still send edits of a deleted video: they must not land on the next one."""
    model_id = store_model(desk)
    first = desk.video_id, store_run(desk, model_id), annotation(desk)
    with session(desk.engine) as opened:
        videos.delete_video(opened, desk.video_id)
    desk = replace(desk, video_id=add_video(desk, "b" * 64))
    second = desk.video_id, store_run(desk, model_id), annotation(desk)
    assert all(new > old for old, new in zip(first, second, strict=True))


def test_a_failed_import_says_why_until_it_is_tried_again(desk: Desk) -> None:
    with session(desk.engine) as opened:
        videos.set_failed(opened, desk.video_id, "The file is empty.")
    with session(desk.engine) as opened:
        video = videos.get_video(opened, desk.video_id)
        assert video is not None and (video.state, video.message) == (
            "failed",
            "The file is empty.",
        )
        videos.set_importing(opened, desk.video_id)
        videos.set_person(opened, desk.video_id, 3, {"tick": 7, "box": [1, 2, 3, 4]})
        opened.refresh(video)
        assert (video.state, video.message, video.person) == ("importing", None, 3)
        assert video.person_seen == {"tick": 7, "box": [1, 2, 3, 4]}


def test_a_run_is_stored_with_its_proposals_or_not_at_all(desk: Desk) -> None:
    model = store_model(desk)
    first = store_run(desk, model)
    with pytest.raises(IntegrityError):
        store_run(desk, model, start=20, end=20)
    second = store_run(desk, model, start=7, end=9)
    with reading(desk.engine) as opened:
        latest = runs.latest_run(opened, desk.video_id)
        assert latest is not None and latest.id == second and latest.model.name == "shipped"
        assert runs.latest_run(opened, desk.video_id, model_id=model + 1) is None
        assert runs.latest_models(opened, desk.project_id) == {desk.video_id: model}
        assert [p.start_frame for p in runs.list_proposals(opened, first)] == [5]
        assert opened.query(Proposal).count() == 2


def content(revision: int) -> list[SnapshotVideo]:
    return [
        {
            "video": sha * 64,
            "patient": "P1",
            "split": "train",
            "annotation_id": 1,
            "revision": revision,
            "segments": [],
            "finished": [[0, 10]],
        }
        for sha in "ba"
    ]


def test_versions_know_where_they_come_from_and_propose_only_when_chosen(desk: Desk) -> None:
    shipped = store_model(desk)
    assert store_model(desk) == shipped
    made: list[Model] = []
    with session(desk.engine) as opened:
        snapshot = snapshots.store_snapshot(
            opened, project_id=desk.project_id, content=content(revision=4)
        )
        for parent in (shipped, None):
            made.append(
                model_versions.add_version(
                    opened,
                    project_id=desk.project_id,
                    parent_id=parent if parent else made[-1].id,
                    snapshot_id=snapshot.id,
                    sha256=f"{len(made)}" * 64,
                    settings={"epochs": 3},
                    metrics={"map": 0.5},
                    classes=["deep_squat"],
                    created_by=desk.user_ids[0],
                    preset=DEFAULT_PRESET,
                )
            )
        assert [version.name for version in made] == ["version 1", "version 2"]
        active = model_versions.active_model(opened, desk.project_id)
        assert active is not None and active.id == shipped
        projects.choose_model(opened, desk.project_id, made[1].id)
        active = model_versions.active_model(opened, desk.project_id)
        assert active is not None and active.id == made[1].id
        line = [model.id for model in model_versions.lineage(opened, made[1].id)]
        assert line == [made[1].id, made[0].id, shipped]
        other = projects.create_project(opened, name="Other")
        with pytest.raises(projects.ProjectError, match="not belong"):
            projects.choose_model(opened, other.id, made[0].id)
        assert [m.id for m in model_versions.list_versions(opened, other.id)] == [shipped]


def test_a_snapshot_is_its_content(desk: Desk) -> None:
    with session(desk.engine) as opened:
        stored = [
            snapshots.store_snapshot(opened, project_id=desk.project_id, content=labels)
            for labels in (content(1), list(reversed(content(1))), content(2))
        ]
        assert stored[0].id == stored[1].id != stored[2].id
        assert snapshots.digest(stored[0].content) == stored[0].sha256
        assert [video["video"][0] for video in stored[0].content] == ["a", "b"]


def test_times_are_utc(desk: Desk) -> None:
    east = timezone(timedelta(hours=9))
    with session(desk.engine) as opened:
        moment = datetime(2026, 1, 2, 3, tzinfo=east)
        opened.add(Job(id="1", kind="import", project_id=desk.project_id, created_at=moment))
        opened.flush()
        opened.expire_all()
        stored = opened.get_one(Job, "1").created_at
        assert stored == moment and stored.tzinfo is UTC
    with pytest.raises(StatementError, match="time zone"), session(desk.engine) as opened:
        naive = datetime(2026, 1, 2)
        opened.add(Job(id="2", kind="import", project_id=desk.project_id, created_at=naive))
