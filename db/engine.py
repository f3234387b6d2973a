"""Connections and transactions, the same on SQLite and PostgreSQL.

SQLite is set up so that nothing acknowledged is ever lost and nobody waits for a reader:
- WAL: readers see a consistent past and never block the writer.
- synchronous=FULL: a commit is on the disk before it returns. NORMAL would be a few milliseconds
  quicker, but a power cut could then take back edits the browser has already crossed off.
- Writing transactions begin IMMEDIATE: they queue for the write lock (busy_timeout) at the start.
  A deferred transaction that reads first and writes later fails at once when another process has
  written in between.
"""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

BUSY_TIMEOUT_MS = 30_000
_MIGRATION_LOCK = 7_203_114_905  # any fixed number: PostgreSQL's advisory locks are numbered


def create_engine(url: str) -> Engine:
    """An engine on `sqlite:///path` or `postgresql+psycopg://...`."""
    return _engine(url, foreign_keys=True)


@contextmanager
def session(engine: Engine) -> Iterator[Session]:
    """One writing transaction: committed at the end of the block, rolled back on an exception.

    Keep it short: on SQLite it holds the write lock from its first statement.
    """
    with Session(engine, expire_on_commit=False) as opened, opened.begin():
        yield opened


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One read-only transaction over a consistent state; it never waits for a writer.

    Objects read in it stay usable after the block. Writing in it raises.
    """
    with Session(engine, expire_on_commit=False) as opened, opened.begin():
        opened.connection(
            execution_options={"sqlite_begin": "DEFERRED", "postgresql_readonly": True}
        )
        yield opened


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema; creates it (and its folder) on SQLite.

    Safe to call from several processes at once: one migrates, the others wait and find it done.
    """
    database = sqlalchemy.make_url(url).database
    if url.startswith("sqlite") and database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    # Rebuilding a SQLite table drops it, which with foreign keys on would empty its children.
    engine = _engine(url, foreign_keys=False)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(
                    text("select pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK}
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _engine(url: str, *, foreign_keys: bool) -> Engine:
    engine = sqlalchemy.create_engine(url, json_serializer=_json)
    if engine.dialect.name == "sqlite":
        _set_up_sqlite(engine, foreign_keys=foreign_keys)
    return engine


def _json(value: Any) -> str:
    """JSON has no NaN and no infinity (PostgreSQL refuses them): a number that is none is null."""
    return json.dumps(_finite(value), allow_nan=False, ensure_ascii=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def _set_up_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if mode == 'DEFERRED' else 'OFF'}")
        connection.exec_driver_sql(f"BEGIN {mode}")
