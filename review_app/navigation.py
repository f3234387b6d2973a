"""The pages of the application, so that each can be linked from the others."""

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from review_app.settings import ROOT


@dataclass(frozen=True)
class PageName:
    """A page's file below pages/, and how the navigation shows it."""

    file: str
    title: str
    icon: str


LIBRARY = PageName("library.py", "Videos", ":material/video_library:")
REVIEW = PageName("review.py", "Review", ":material/view_timeline:")
TRAINING = PageName("training.py", "Training", ":material/model_training:")
HELP = PageName("help.py", "Help", ":material/help:")


def page(name: PageName) -> StreamlitPage:
    """For `st.navigation`, `st.page_link` and `st.switch_page`, which need the file's full path."""
    path = ROOT / "pages" / name.file
    return st.Page(path, title=name.title, icon=name.icon, default=name is LIBRARY)
