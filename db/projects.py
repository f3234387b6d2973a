"""Projects with their tiers and classes."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Class, Model, Project, Tier

#: The timeline's first line: one segment per repetition of an exercise.
REPETITIONS = "repetitions"

#: (name, colour, key) of the ten classes the shipped model knows.
TEN_CLASSES: tuple[tuple[str, str, str], ...] = (
    ("deep_squat", "#4e79a7", "1"),
    ("hurdle_step", "#f28e2b", "2"),
    ("inline_lunge", "#59a14f", "3"),
    ("side_lunge", "#e15759", "4"),
    ("sit_to_stand", "#76b7b2", "5"),
    ("standing_active_straight_leg_raise", "#d4a72c", "6"),
    ("standing_shoulder_abduction", "#b07aa1", "7"),
    ("standing_shoulder_extension", "#ff7d8c", "8"),
    ("standing_shoulder_internal_external_rotation", "#9c755f", "9"),
    ("standing_shoulder_scaption", "#8a817c", "0"),
)

#: The lines below it, with their (name, colour) classes, which are chosen without a key: what a
#: repetition is made of, and what happens beside it. Phases follow each other; events may overlap.
PHASES = "phases"
PHASE_CLASSES: tuple[tuple[str, str], ...] = (
    ("going_out", "#2f6f9f"),
    ("holding", "#8a6d1f"),
    ("coming_back", "#3f7f5f"),
)
EVENTS = "events"
EVENT_CLASSES: tuple[tuple[str, str], ...] = (
    ("compensation", "#b2483f"),
    ("loss_of_balance", "#7d4f9e"),
    ("pause", "#6b7280"),
)


class ProjectError(Exception):
    """Why a project cannot be changed that way, as a sentence for people."""


def create_project(
    session: Session,
    *,
    name: str,
    classes: Sequence[tuple[str, str, str | None]] = TEN_CLASSES,
) -> Project:
    """A new project with its three tiers; `classes` are the (name, colour, key) of repetitions.

    ProjectError when the name is empty or taken, or two classes share a name or a key.
    """
    name = name.strip()
    if not name:
        raise ProjectError("Give the project a name.")
    if session.scalar(select(Project).where(Project.name == name)):
        raise ProjectError(f"There is already a project called “{name}”.")
    keyless = [(each, colour, None) for each, colour in (*PHASE_CLASSES, *EVENT_CLASSES)]
    names = [class_name for class_name, _, _ in (*classes, *keyless)]
    keys = [key for _, _, key in classes if key]
    if len(set(names)) < len(names) or len(set(keys)) < len(keys):
        raise ProjectError("Each class needs a name and a key of its own.")
    project = Project(name=name)
    session.add(project)
    session.flush()
    tiers = (
        (REPETITIONS, False, classes),
        (PHASES, False, keyless[: len(PHASE_CLASSES)]),
        (EVENTS, True, keyless[len(PHASE_CLASSES) :]),
    )
    for position, (tier_name, overlaps, of_tier) in enumerate(tiers):
        tier = Tier(project_id=project.id, name=tier_name, position=position, overlaps=overlaps)
        session.add(tier)
        session.flush()
        session.add_all(
            Class(project_id=project.id, tier_id=tier.id, name=each, colour=colour, key=key)
            for each, colour, key in of_tier
        )
    session.flush()
    return project


def list_projects(session: Session) -> Sequence[Project]:
    """All projects, oldest first."""
    return session.scalars(select(Project).order_by(Project.id)).all()


def project_named(session: Session, name: str) -> Project | None:
    return session.scalar(select(Project).where(Project.name == name))


def list_classes(session: Session, project_id: int) -> Sequence[Class]:
    """The project's classes in the order they were made."""
    return session.scalars(
        select(Class).where(Class.project_id == project_id).order_by(Class.id)
    ).all()


def list_tiers(session: Session, project_id: int) -> Sequence[Tier]:
    """The project's tiers from top to bottom."""
    return session.scalars(
        select(Tier).where(Tier.project_id == project_id).order_by(Tier.position, Tier.id)
    ).all()


def choose_model(session: Session, project_id: int, model_id: int | None) -> None:
    """Use this model version for new proposals; None = the shipped one.

    ProjectError when the version belongs to another project.
    """
    if model_id is not None:
        model = session.get(Model, model_id)
        if model is None or model.project_id not in (None, project_id):
            raise ProjectError("This model version does not belong to this project.")
    project = session.get_one(Project, project_id)
    project.active_model_id = model_id
    session.flush()
