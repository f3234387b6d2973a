"""Names, file names and errors as text: nothing in them is markup."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def plain(text: str) -> str:
    """Text for a Streamlit element that reads Markdown; an image link in it would be fetched."""
    return _MARKDOWN.sub(r"\\\1", text)
