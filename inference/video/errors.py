"""What is said to a person when a file cannot be used."""


class VideoError(Exception):
    """The file cannot be read as a video; the message is one plain sentence that says what to do."""
