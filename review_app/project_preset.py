"""The preset of a project: which one proposes, and choosing another."""

import streamlit as st

from db.engine import reading, session
from db.model_versions import active_model
from inference import presets
from inference.presets import Preset
from review_app.context import Context
from review_app.preset_choice import select_preset
from review_app.preset_models import use_preset


def preset_in_use(context: Context) -> Preset:
    """The preset of the version that proposes in the project."""
    with reading(context.engine) as db:
        model = active_model(db, context.project.id)
    return presets.preset(model.preset) if model is not None else presets.DEFAULT


def change_preset(context: Context, *, key: str) -> bool:
    """The list and the button that makes the selected preset the one of the project.

    True when it just was: the page is to be drawn again.
    """
    current = preset_in_use(context)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choice = select_preset(context.settings, key=f"{key}_{current.name}", in_use=current)
        possible = not choice.absent and choice.preset != current and context.user.may_edit
        pressed = st.button(
            "Use this preset",
            type="primary",
            disabled=not possible,
            help="It is already in use." if choice.preset == current else None,
            key=f"{key}_use",
        )
    choice.explain()
    if pressed and possible:
        with session(context.engine) as db:
            use_preset(db, context.settings, context.project.id, choice.preset)
        return True
    return False
