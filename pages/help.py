"""How to work here, and whether everything the application needs is in place."""

from importlib.metadata import version

import streamlit as st

from review_app.doctor import examine
from review_app.process import app_settings

STEPS = """
1. **Videos**: choose the project in the sidebar, give the patient a pseudonym and drop the
   recordings. Each is read, then the model proposes where every repetition starts and ends.
2. **Review**: accept, move or delete proposals and add what is missing. Press `?` there for the
   keyboard. Mark what you have looked at as finished: only finished parts teach the model what is
   *not* an exercise.
3. **Training**: retrain the model from the corrected labels, look at its curves, and choose the
   preset and the version that propose from now on. A model never changes a label.
"""

st.title("Help")
st.markdown(STEPS)

st.subheader("This installation")
settings = app_settings()
st.write(f"Rehab Review {version('rehab-review')}, data folder `{settings.data_folder}`")
marks = {
    "ok": ":material/check_circle:",
    "warning": ":material/warning:",
    "problem": ":red[problem]",
}
with st.spinner("Looking"):
    findings = examine(settings)
for finding in findings:
    name, found, advice = st.columns([1, 3, 3])
    name.write(f"{marks[finding.state]} {finding.subject}")
    found.text(finding.found)
    advice.text(finding.advice)
st.caption(
    "Videos and labels stay on this machine; nothing is sent anywhere. MIT licence; the licences "
    "of the models' weights are listed by `rehab-review weights`."
)
