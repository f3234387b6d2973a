"""What is said to a person when a file cannot be used."""


class VideoError(Exception):
    """The file is no usable video; the message is a plain sentence that says what to do."""
