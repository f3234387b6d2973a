"""The preset of a project on a page: which one proposes, and choosing another.

A preset that lacks weights says how to get them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from db.engine import reading, session
from db.model_versions import active_model
from inference import presets
from inference.presets import Missing, Preset
from review_app.plain_text import plain
from review_app.preset_models import missing, use_preset
from review_app.settings import Settings

if TYPE_CHECKING:  # which asks here for the preset of a new project
    from review_app.context import Context


@dataclass(frozen=True)
class Choice:
    """The preset that is selected on the page, and what its weights lack."""

    preset: Preset
    absent: tuple[Missing, ...]

    def explain(self) -> None:
        """What the preset is for, and how to get what is missing."""
        st.caption(self.preset.about)
        if self.absent:
            show_missing(self.absent)


def select_preset(settings: Settings, *, key: str, in_use: Preset | None = None) -> Choice:
    """A list of the presets with `in_use` selected."""
    absent = {preset.name: missing(settings, preset) for preset in presets.PRESETS}

    def described(preset: Preset) -> str:
        words = [preset.name, preset.title]
        if preset == in_use:
            words.append("in use")
        elif absent[preset.name]:
            words.append("weights missing")
        return " · ".join(words)

    chosen: Preset = st.selectbox(
        "Preset",
        presets.PRESETS,
        index=presets.PRESETS.index(in_use or presets.DEFAULT),
        format_func=described,
        help="Which networks look at the patient, read the movement and find the repetitions.",
        key=key,
    )
    return Choice(chosen, absent[chosen.name])


def show_missing(absent: tuple[Missing, ...]) -> None:
    """How to get the weights, step by step, with commands to copy."""
    with st.container(border=True):
        st.markdown(
            "**Some of its weights are not on this machine yet.** Run these commands where the "
            "application is installed, in this order; then it can be chosen here."
        )
        for number, each in enumerate(absent, start=1):
            words = (
                f"{number}\\. Stage {each.stage}, {plain(each.part)}: `{each.file.name}` "
                f"{plain(each.problem)}"
            )
            if each.download is not None:
                words += (
                    f". Download `{each.download.file_name}` "
                    f"(about {each.download.megabytes:.0f} MB, {plain(each.download.licence)}) "
                    f"from {each.download.page}, then"
                )
            st.markdown(words)
            st.code("\n".join(each.commands), language=None, wrap_lines=True)
        st.caption(
            "FILE.npz and FILE.json hold the recorded motions to train on and their labels. The "
            "features train for hours on a processor, and on a GPU where there is one."
        )


def preset_in_use(context: "Context") -> Preset:
    """The preset of the version that proposes in the project."""
    with reading(context.engine) as db:
        model = active_model(db, context.project.id)
    return presets.named(model.preset) if model is not None else presets.DEFAULT


def change_preset(context: "Context", *, key: str) -> bool:
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
