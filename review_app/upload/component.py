"""The drop zone as a Streamlit component: a mount for the ES modules in static/.

The files go to /api/uploads, never through Streamlit; uploads go on while another page is open.
"""

from collections.abc import Callable, Sequence

import streamlit as st

# The modules are served as they are, so the component itself only fetches and calls them.
_MOUNT = """
export default function (component) {
  import(new URL("api/ui/upload/index.js", document.baseURI).href)
    .then((uploads) => uploads.default(component))
    .catch(() => {
      component.parentElement.textContent = "The drop zone could not be loaded. Reload the page.";
    });
}
"""

# Keeps the place while the modules load, so that the page does not jump; they replace it.
_PLACE = '<div class="place"></div>'
_PLACE_STYLE = """
.place {
  height: 75px;
  border: 1.5px dashed var(--st-border-color);
  border-radius: var(--st-base-radius, 8px);
}
"""

_drop_zone = st.components.v2.component(
    "rehab_review_uploads", html=_PLACE, css=_PLACE_STYLE, js=_MOUNT
)


def drop_zone(
    *,
    token: str,
    project_id: int,
    patients: Sequence[tuple[int, str]],
    largest_gb: float,
    on_imported: Callable[[], None],
) -> None:
    """Show the drop zone and the uploads under way.

    patients: (id, pseudonym) to choose from. on_imported: called before the page reruns because a
    file has arrived.
    """
    _drop_zone(
        key="drop_zone",
        data={
            "token": token,
            "project_id": project_id,
            "patients": [{"id": id, "pseudonym": pseudonym} for id, pseudonym in patients],
            "largest_gb": largest_gb,
        },
        on_imported_change=on_imported,
        on_signed_out_change=lambda: None,
    )
