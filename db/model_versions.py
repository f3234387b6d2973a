"""Model versions: what was trained from what, and which one proposes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.models import DEFAULT_PRESET, Model, Project


def register_shipped(
    session: Session,
    *,
    name: str,
    sha256: str,
    settings: dict[str, Any],
    metrics: dict[str, Any],
    classes: list[str],
    preset: str,
) -> Model:
    """A model of this installation, shipped or trained here; once for each preset and content."""
    known = session.scalar(
        select(Model).where(
            Model.project_id.is_(None), Model.preset == preset, Model.sha256 == sha256
        )
    )
    if known is not None:
        return known
    model = Model(
        project_id=None,
        name=name,
        preset=preset,
        sha256=sha256,
        settings=settings,
        metrics=metrics,
        classes=classes,
    )
    session.add(model)
    session.flush()
    return model


def shipped(session: Session) -> Model | None:
    """The newest model of the default preset that belongs to the installation."""
    return session.scalars(
        select(Model)
        .where(Model.project_id.is_(None), Model.preset == DEFAULT_PRESET)
        .order_by(Model.id.desc())
        .limit(1)
    ).first()


def add_version(
    session: Session,
    *,
    project_id: int,
    parent_id: int | None,
    snapshot_id: int,
    sha256: str,
    settings: dict[str, Any],
    metrics: dict[str, Any],
    classes: list[str],
    created_by: int | None,
    preset: str,
) -> Model:
    """A version trained in this project, named "version 1", "version 2", ...

    It proposes nothing until `db.projects.choose_model` chooses it.
    """
    session.scalar(select(Project.id).where(Project.id == project_id).with_for_update())
    count = session.scalar(
        select(func.count()).select_from(Model).where(Model.project_id == project_id)
    )
    model = Model(
        project_id=project_id,
        name=f"version {(count or 0) + 1}",
        preset=preset,
        parent_id=parent_id,
        snapshot_id=snapshot_id,
        sha256=sha256,
        settings=settings,
        metrics=metrics,
        classes=classes,
        created_by=created_by,
    )
    session.add(model)
    session.flush()
    return model


def get_model(session: Session, model_id: int) -> Model | None:
    return session.get(Model, model_id)


def list_versions(session: Session, project_id: int) -> Sequence[Model]:
    """The project's versions and the installation's models, newest first."""
    return session.scalars(
        select(Model)
        .where(or_(Model.project_id == project_id, Model.project_id.is_(None)))
        .order_by(Model.id.desc())
    ).all()


def version_from_snapshot(
    session: Session, *, project_id: int, snapshot_id: int, sha256: str
) -> Model | None:
    """The version with this content trained from this snapshot, if it is already stored."""
    return session.scalar(
        select(Model).where(
            Model.project_id == project_id,
            Model.snapshot_id == snapshot_id,
            Model.sha256 == sha256,
        )
    )


def active_model(session: Session, project_id: int) -> Model | None:
    """The version that makes new proposals in this project: the chosen one, else the shipped."""
    chosen = session.get_one(Project, project_id).active_model_id
    return session.get(Model, chosen) if chosen is not None else shipped(session)


def lineage(session: Session, model_id: int) -> list[Model]:
    """The version, its parent, and so on to the first."""
    line: list[Model] = []
    model = session.get(Model, model_id)
    while model is not None:
        line.append(model)
        model = session.get(Model, model.parent_id) if model.parent_id is not None else None
    return line
