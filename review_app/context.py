"""Where the application is: its settings and database, and who works on which project."""

from dataclasses import dataclass

import streamlit as st
from sqlalchemy import Engine

from db.engine import reading
from db.projects import list_projects
from db.users import list_users
from review_app.api.tokens import EDITORS
from review_app.new_project import welcome
from review_app.process import app_engine, app_settings
from review_app.settings import Settings


@dataclass(frozen=True)
class Person:
    """Who is working. role: what this person may do, as in `db.users`."""

    id: int
    name: str
    role: str

    @property
    def may_edit(self) -> bool:
        """Whether this person may change anything; everyone may look."""
        return self.role in EDITORS


@dataclass(frozen=True)
class CurrentProject:
    """The project chosen in the sidebar. active_model_id: None means the shipped model."""

    id: int
    name: str
    active_model_id: int | None


@dataclass(frozen=True)
class Context:
    """What every page needs to know first."""

    settings: Settings
    engine: Engine
    user: Person
    project: CurrentProject


def people() -> list[Person]:
    """Everyone who has ever worked here, in the order they came."""
    with reading(app_engine()) as db:
        return [Person(row.id, row.name, row.role) for row in list_users(db)]


def projects() -> list[CurrentProject]:
    """Every project, the oldest first."""
    with reading(app_engine()) as db:
        return [CurrentProject(row.id, row.name, row.active_model_id) for row in list_projects(db)]


def current() -> Context:
    """The context of the page being drawn; without any project it draws the way to one and stops.

    The choice is made in the sidebar and kept in `st.session_state` (`user_id`, `project_id`);
    without one, the first person and the first project are taken.
    """
    users = {person.id: person for person in people()}
    known = {project.id: project for project in projects()}
    if not users or not known:
        welcome()
        st.stop()
    user = users.get(st.session_state.get("user_id", 0)) or next(iter(users.values()))
    project = known.get(st.session_state.get("project_id", 0)) or next(iter(known.values()))
    return Context(app_settings(), app_engine(), user, project)
