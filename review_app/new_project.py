"""Making a project: asked for in the sidebar's dialog, and on the first page of an empty house."""

import streamlit as st

from db.engine import session
from db.projects import ProjectError, create_project
from inference import presets
from inference.presets import PresetError
from review_app.plain_text import plain
from review_app.preset_choice import select_preset
from review_app.preset_models import use_preset
from review_app.process import app_engine, app_settings


def project_form(key: str) -> None:
    """Ask for a name and a preset and make the project; it is then the chosen one."""
    name_place = st.container()
    with st.expander("Preset", icon=":material/tune:"):
        choice = select_preset(app_settings(), key=f"{key}_preset")
        choice.explain()
    with name_place, st.form(key, border=False):
        name = st.text_input("Name", max_chars=80, placeholder="For example: knee study 2027")
        wanted = st.form_submit_button(
            "Create project", type="primary", disabled=bool(choice.absent)
        )
    if wanted:
        try:
            with session(app_engine()) as db:
                project = create_project(db, name=name)
                if choice.preset != presets.DEFAULT:
                    use_preset(db, app_settings(), project.id, choice.preset)
            st.session_state.project_id = project.id
        except (ProjectError, PresetError) as error:
            st.error(plain(str(error)))
        else:
            st.rerun()


def welcome() -> None:
    """What a person sees who opens an installation without any project."""
    st.title("Welcome")
    st.write(
        "Rehab Review proposes where each repetition of each exercise starts and ends, you correct "
        "it on a timeline, and the model learns from what you corrected. Videos stay on this "
        "machine."
    )
    own, demo = st.columns(2, gap="large")
    with own:
        st.subheader("Start a project")
        st.write("It holds your videos, patients, exercise classes and model versions.")
        project_form("first_project")
    with demo:
        st.subheader("Look around first")
        st.write("The demo project has recordings of mannequins and one real clip.")
        if st.button("Make the demo project", icon=":material/animation:"):
            make_demo()
            st.rerun()


def make_demo() -> None:
    from review_app.demo import create  # the renderer is not needed by any other page

    with session(app_engine()) as db:
        st.session_state.project_id = create(db, app_settings())
