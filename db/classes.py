"""The classes of a project: what a segment can be, added and changed while people label."""

import re

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.edit_json import storable
from db.models import Class, Model, Project, Segment, Tier
from db.projects import list_classes

LONGEST_NAME = 200


class ClassError(Exception):
    """Why a class cannot be made or changed that way, as a sentence for people."""


def save_class(
    session: Session,
    *,
    project_id: int,
    class_id: int | None,
    tier_id: int,
    name: str,
    colour: str,
    key: str | None,
) -> Class:
    """A new class (class_id None), or the known one with this tier, name, colour and key.

    ClassError says what stands against it.
    """
    # Two people may give out the same key at the same moment.
    session.scalar(select(Project.id).where(Project.id == project_id).with_for_update())
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not storable(name):
        raise ClassError(f"Give the class a name of at most {LONGEST_NAME} characters.")
    if not re.fullmatch("#[0-9a-f]{6}", colour):
        raise ClassError("A colour is written like #4e79a7.")
    if key is not None and (len(key) != 1 or not key.isprintable() or key.isspace()):
        raise ClassError("A key is one letter, digit or sign.")
    tier = session.get(Tier, tier_id)
    if tier is None or tier.project_id != project_id:
        raise ClassError("There is no such tier in this project.")
    others = {each.id: each for each in list_classes(session, project_id)}
    kind = others.pop(class_id, None) if class_id is not None else None
    if class_id is not None and kind is None:
        raise ClassError("There is no such class in this project.")
    for other in others.values():
        if other.name.casefold() == name.casefold():
            raise ClassError(f"There is already a class called “{name}”.")
        if key is not None and other.key == key:
            raise ClassError(f"The key {key} already chooses “{other.name}”.")
    if kind is None:
        kind = Class(project_id=project_id)
        session.add(kind)
    else:
        _check_change(session, kind, name=name, tier_id=tier_id)
    kind.tier_id, kind.name, kind.colour, kind.key = tier_id, name, colour, key
    session.flush()
    return kind


def _check_change(session: Session, kind: Class, *, name: str, tier_id: int) -> None:
    if name != kind.name:
        known = session.scalars(
            select(Model.classes).where(
                or_(Model.project_id == kind.project_id, Model.project_id.is_(None))
            )
        )
        if any(kind.name in names for names in known):
            raise ClassError(
                f"A model proposes “{kind.name}” by this name, so the name stays. "
                "Add a new class instead."
            )
    if tier_id != kind.tier_id and session.scalar(
        select(Segment.id).where(Segment.class_id == kind.id).limit(1)
    ):
        raise ClassError(f"“{kind.name}” has labels, so it stays on its tier.")
