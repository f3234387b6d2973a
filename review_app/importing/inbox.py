"""Importing from a folder on the machine that runs the application."""

from dataclasses import dataclass
from pathlib import Path

from review_app.settings import Settings

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".3gp")


class FolderError(Exception):
    """The folder or file may not be used; the message is a sentence for people."""


@dataclass(frozen=True)
class FoundFile:
    """A file that could be imported. name: its path below the folder that was searched."""

    path: Path
    name: str
    size_bytes: int


def allowed_folders(settings: Settings) -> tuple[Path, ...]:
    """The folders people may import from: the data folder's inbox and those of the settings."""
    return (settings.inbox, *settings.import_folders)


def inside(settings: Settings, path: Path | str) -> Path:
    """The real path, once symlinks and `..` are followed; FolderError if it leaves the folders."""
    try:
        real = Path(path).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise FolderError(
            f"There is no “{path}” on this machine. It was moved, or its name is another."
        ) from None
    roots = [root.expanduser().resolve() for root in allowed_folders(settings)]
    if not any(real == root or real.is_relative_to(root) for root in roots):
        raise FolderError(
            f"“{path}” is outside the folders that may be imported from. Move the file into "
            f"{settings.inbox}, or add its folder to import_folders in the settings."
        )
    return real


def find_videos(settings: Settings, folder: Path | str) -> list[FoundFile]:
    """Every file below `folder` that is named like a video, by name. FolderError."""
    root = inside(settings, folder)
    if not root.is_dir():
        raise FolderError(f"“{folder}” is not a folder. Give the folder that holds the videos.")
    found = []
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() not in VIDEO_SUFFIXES or path.name.startswith("."):
            continue
        try:
            real = inside(settings, path)
        except FolderError:
            continue  # a link that leads elsewhere
        if real.is_file():
            name = path.relative_to(root).as_posix()
            found.append(FoundFile(real, name, real.stat().st_size))
    return found
