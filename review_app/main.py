"""What surrounds every page: navigation, and in the sidebar who works on which project."""

from pathlib import Path

import streamlit as st

from db.engine import session
from db.users import UserError, create_user
from review_app.context import people, projects
from review_app.navigation import HELP, LIBRARY, REVIEW, TRAINING, page
from review_app.new_project import project_form
from review_app.plain_text import plain
from review_app.process import app_engine
from review_app.remember import PROJECT_COOKIE, USER_COOKIE, remember, remembered


@st.dialog("New project")
def new_project() -> None:
    st.write("A project holds videos, patients, exercise classes and its own model versions.")
    project_form("new_project")


@st.dialog("Someone new")
def new_person() -> None:
    st.write("Labels carry the name of the person who made them.")
    with st.form("new_person", border=False):
        name = st.text_input("Name or initials", max_chars=60)
        role = st.radio("Role", ["annotator", "therapist", "researcher"], horizontal=True)
        wanted = st.form_submit_button("Add", type="primary")
    if wanted:
        try:
            with session(app_engine()) as db:
                st.session_state.user_id = create_user(db, name=name, role=role).id
        except UserError as error:
            st.error(plain(str(error)))
        else:
            st.rerun()


def chosen(state: str, cookie: str, known: list[int]) -> int:
    """The id in the session, else the one this browser used last, else the first."""
    for candidate in (st.session_state.get(state), remembered(cookie)):
        if candidate in known:
            return known.index(candidate)
    return 0


def sidebar() -> None:
    known_projects, known_people = projects(), people()
    with st.sidebar:
        if known_projects:
            project = st.selectbox(
                "Project",
                known_projects,
                index=chosen("project_id", PROJECT_COOKIE, [p.id for p in known_projects]),
                format_func=lambda project: project.name,
            )
            st.session_state.project_id = project.id
        if st.button("New project", icon=":material/add:", type="tertiary"):
            new_project()
        if known_people:
            person = st.selectbox(
                "Who is working",
                known_people,
                index=chosen("user_id", USER_COOKIE, [p.id for p in known_people]),
                format_func=lambda person: f"{person.name} ({person.role})",
            )
            st.session_state.user_id = person.id
        if st.button("Someone new", icon=":material/person_add:", type="tertiary"):
            new_person()
        if known_projects and known_people:
            remember(user_id=person.id, project_id=project.id)


ICON = Path(__file__).with_name("icon.png")  # an icon by name would be fetched from outside
st.set_page_config(page_title="Rehab Review", page_icon=str(ICON), layout="wide")
chosen_page = st.navigation([page(name) for name in (LIBRARY, REVIEW, TRAINING, HELP)])
sidebar()
chosen_page.run()
