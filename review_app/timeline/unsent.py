"""Says on pages without a desk that edits still wait in this browser for their recording."""

import streamlit as st

_MOUNT = """
export default function (component) {
  import(new URL("api/ui/timeline/sync/unsent.js", document.baseURI).href)
    .then((unsent) => unsent.default(component))
    .catch(() => {});
}
"""

_notice = st.components.v2.component("rehab_review_unsent_edits", js=_MOUNT)


def unsent_edits() -> None:
    """One sentence for each recording with edits that the server does not have yet."""
    _notice(key="unsent_edits")
