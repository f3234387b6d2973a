"""The review desk as a Streamlit component: a mount for the ES modules in static/.

Python hands over ids, a token and what may be done; everything else the desk fetches from /api.
Playing, stepping and dragging never come here.
"""

from collections.abc import Callable

import streamlit as st

from inference.localize.proposal import SURE_SCORE

# The modules are served as they are, so the component itself only fetches and calls them.
_MOUNT = """
export default function (component) {
  import(new URL("api/ui/timeline/index.js", document.baseURI).href)
    .then((desk) => desk.default(component))
    .catch(() => {
      component.parentElement.textContent = "The review desk could not be loaded. Reload the page.";
    });
}
"""

_desk = st.components.v2.component("rehab_review_desk", js=_MOUNT)


def review_desk(
    *,
    video_id: int,
    user_id: int,
    model_id: int | None,
    token: str,
    can_edit: bool,
    seen: str,
    on_news: Callable[[], None],
) -> None:
    """Show the desk for one video.

    model_id: whose proposals; None = those of the project's model. seen: changes whenever the
    server has news the desk should fetch, such as a finished job. on_news: called before the page
    reruns because the desk needs a fresh token or has started a job.
    """
    _desk(
        key="review_desk",
        data={
            "video_id": video_id,
            "user_id": user_id,
            "model_id": model_id,
            "token": token,
            "can_edit": can_edit,
            "sure_score": SURE_SCORE,
            "seen": seen,
        },
        on_signed_out_change=on_news,
        on_job_started_change=on_news,
    )
