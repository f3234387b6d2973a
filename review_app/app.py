"""The web application: Streamlit pages with the HTTP routes of `review_app.api` beside them."""

from pathlib import Path

import streamlit as st

from review_app.api.routes import routes

app = st.App(Path(__file__).with_name("main.py"), routes=routes)
