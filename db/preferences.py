"""How a person wants the page: each preference is a name and any JSON."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.desk_models import Preference

NAMES = ("keys", "layout", "reaction", "steps")


class PreferenceError(Exception):
    """Why a preference cannot be kept, as a sentence for people."""


def save_preference(session: Session, *, user_id: int, name: str, value: Any) -> None:
    """Keep it, in place of what was there. PreferenceError when there is none of that name."""
    if name not in NAMES:
        raise PreferenceError(f"There is no preference “{name}”; there are {', '.join(NAMES)}.")
    known = session.get(Preference, (user_id, name), with_for_update=True)
    if known is None:
        try:
            with session.begin_nested():
                session.add(Preference(user_id=user_id, name=name, value=value))
            return
        except IntegrityError:  # another page of the same person was quicker
            known = session.get_one(Preference, (user_id, name), with_for_update=True)
    known.value = value
    session.flush()


def list_preferences(session: Session, user_id: int) -> dict[str, Any]:
    """All of a person's preferences, by name."""
    rows = session.execute(
        select(Preference.name, Preference.value).where(Preference.user_id == user_id)
    )
    return {name: value for name, value in rows}
