"""From a file to a video of a project."""
