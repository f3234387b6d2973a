"""People who work here."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ROLES, User


class UserError(Exception):
    """Why a user cannot be made, as a sentence for people."""


def create_user(session: Session, *, name: str, role: str = "annotator") -> User:
    """A new local user. UserError when the name is empty or taken or the role is unknown."""
    name = name.strip()
    if not name:
        raise UserError("Give the person a name.")
    if role not in ROLES:
        raise UserError(f"There is no role “{role}”; choose one of {', '.join(ROLES)}.")
    if session.scalar(select(User).where(User.name == name)):
        raise UserError(f"There is already a person called “{name}”.")
    user = User(name=name, role=role)
    session.add(user)
    session.flush()
    return user


def list_users(session: Session) -> Sequence[User]:
    """Everyone, by name."""
    return session.scalars(select(User).order_by(User.name)).all()
