"""What all tables have in common: names of constraints, column types, ids."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, MetaData
from sqlalchemy.orm import DeclarativeBase

from db.types import UtcDateTime

# Rows that can be deleted. SQLite would give their ids to new rows, and what a browser still has to
# say about the old one would land on the new.
NO_ID_TWICE = {"sqlite_autoincrement": True}


def one_of(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    """The column holds one of the values."""
    return CheckConstraint(f"{column} in ({', '.join(repr(v) for v in values)})", name=name)


class Base(DeclarativeBase):
    """Every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }
