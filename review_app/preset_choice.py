"""Choosing a preset on a page: what there is, what it is for, and how to get what is missing."""

from dataclasses import dataclass

import streamlit as st

from inference import presets
from inference.presets import Missing, Preset
from review_app.plain_text import plain
from review_app.preset_files import missing
from review_app.settings import Settings


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
            words = f"{number}\\. {plain(each.what.capitalize())}"
            if each.download is not None:
                words += (
                    f": download `{each.download.file_name}` "
                    f"(about {each.download.megabytes:.0f} MB, {plain(each.download.licence)}) "
                    f"from {each.download.page}, then"
                )
            st.markdown(words)
            st.code("\n".join(each.commands), language=None, wrap_lines=True)
        st.caption(
            "FOLDER is the folder with the recorded motions to train on: recordings.json and one "
            ".npz. Training takes hours on a processor; a GPU is used where there is one."
        )
