"""The migrated schema is the one the models describe, and history cannot be rewritten."""

import threading
from operator import itemgetter
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

import db
from db import users
from db.base import Base
from db.engine import create_engine, migrate, reading, session
from db.models import DEFAULT_PRESET, Model
from tests.db.desk import annotation, apply, edit, fresh_engine, put, set_up
from tests.db.store import store_model, store_run


def test_the_migrated_schema_equals_the_models(tmp_path: Path) -> None:
    engine = fresh_engine(tmp_path)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    described = create_engine(f"sqlite:///{tmp_path / 'described.sqlite'}")
    Base.metadata.create_all(described)
    for table in Base.metadata.tables:
        migrated = inspect(engine).get_check_constraints(table)
        wanted = inspect(described).get_check_constraints(table)
        by_name = itemgetter("name")
        assert sorted(migrated, key=by_name) == sorted(wanted, key=by_name)
    described.dispose()
    engine.dispose()


def test_migrating_again_keeps_everything(tmp_path: Path) -> None:
    engine = fresh_engine(tmp_path)
    with session(engine) as opened:
        users.create_user(opened, name="Ann")
    migrate(str(engine.url))
    with reading(engine) as opened:
        assert [user.name for user in users.list_users(opened)] == ["Ann"]
    engine.dispose()


def test_versions_from_before_there_were_presets_are_of_the_first_one(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'rehab.sqlite'}")
    config = Config()
    config.set_main_option("script_location", str(Path(db.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(
            text(
                "insert into models (name, sha256, settings, metrics, classes, created_at) "
                "values ('shipped', 'abc', '{}', '{}', '[]', '2026-01-01 00:00:00')"
            )
        )
    migrate(str(engine.url))
    with reading(engine) as opened:
        (model,) = opened.query(Model).all()
    assert (model.name, model.preset) == ("shipped", DEFAULT_PRESET)
    engine.dispose()


def test_several_may_migrate_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new folder' / 'rehab.sqlite'}"
    failures: list[BaseException] = []

    def run() -> None:
        try:
            migrate(url)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_sqlite_is_set_up_to_lose_nothing(tmp_path: Path) -> None:
    engine = fresh_engine(tmp_path)
    with engine.connect() as connection:
        pragmas = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }
    engine.dispose()


def test_the_log_cannot_be_rewritten(tmp_path: Path) -> None:
    desk = set_up(fresh_engine(tmp_path))
    layer = annotation(desk)
    assert apply(desk, layer, edit(put(desk, 1, 9))).status == "applied"
    for statement in ("update edits set revision = 7", "delete from edits"):
        with pytest.raises(DatabaseError, match="append-only"), session(desk.engine) as opened:
            opened.execute(text(statement))
    store_run(desk, store_model(desk))
    with pytest.raises(DatabaseError, match="immutable"), session(desk.engine) as opened:
        opened.execute(text("update proposals set score = 1"))
    desk.engine.dispose()


def test_a_reading_session_cannot_write_and_does_not_wait(tmp_path: Path) -> None:
    engine = fresh_engine(tmp_path)
    with pytest.raises(OperationalError, match="readonly"), reading(engine) as opened:
        users.create_user(opened, name="Ann")
    with session(engine) as writing:
        users.create_user(writing, name="Ann")
        with reading(engine) as opened:
            assert users.list_users(opened) == []
    with reading(engine) as opened:
        assert len(users.list_users(opened)) == 1
    engine.dispose()


def test_an_exception_takes_the_whole_transaction_back(tmp_path: Path) -> None:
    engine = create_engine(str(fresh_engine(tmp_path).url))
    with pytest.raises(ZeroDivisionError), session(engine) as opened:
        users.create_user(opened, name="Ann")
        raise ZeroDivisionError
    with reading(engine) as opened:
        assert users.list_users(opened) == []
    engine.dispose()
