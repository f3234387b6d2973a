"""Remembers in the browser who works on which project, so that a reload does not ask again."""

import streamlit as st

USER_COOKIE = "rehab_review_user"
PROJECT_COOKIE = "rehab_review_project"

_SCRIPT = """
export default function ({ data }) {
  const lasting = "path=/; max-age=31536000; SameSite=Strict"
  for (const [name, value] of Object.entries(data)) {
    document.cookie = `${name}=${encodeURIComponent(value)}; ${lasting}`
  }
}
"""

_write_cookies = st.components.v2.component("rehab_review_remember", js=_SCRIPT)


def remember(*, user_id: int, project_id: int) -> None:
    """Write both choices into the browser's cookies."""
    _write_cookies(data={USER_COOKIE: user_id, PROJECT_COOKIE: project_id}, key="remember")


def remembered(cookie: str) -> int | None:
    """The id this browser chose last, or None."""
    value = st.context.cookies.get(cookie, "")
    return int(value) if value.isdecimal() else None
