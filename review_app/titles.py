"""The names of classes as people read them."""


def title_of(name: str) -> str:
    """deep_squat -> Deep squat; capitals within a name stay as they are."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
