"""Which files of this machine may be imported."""

from pathlib import Path

import pytest

from review_app.importing.inbox import FolderError, allowed_folders, find_videos, inside
from review_app.settings import Settings


@pytest.fixture
def open_settings(tmp_path: Path) -> Settings:
    (tmp_path / "clinic").mkdir()
    made = Settings(data_folder=tmp_path / "data", import_folders=(tmp_path / "clinic",))
    made.make_folders()
    return made


def test_the_inbox_and_the_folders_of_the_settings(open_settings: Settings, tmp_path: Path) -> None:
    assert allowed_folders(open_settings) == (open_settings.inbox, tmp_path / "clinic")


def test_videos_are_found_by_their_names(open_settings: Settings) -> None:
    visit = open_settings.inbox / "visit 1"
    visit.mkdir()
    for name in ("b.MOV", "a.mp4", "notes.txt", ".hidden.mp4"):
        (visit / name).write_bytes(b"1234")
    (open_settings.inbox / "c.webm").write_bytes(b"12")
    (open_settings.inbox / "folder.mp4").mkdir()
    found = find_videos(open_settings, open_settings.inbox)
    assert [(file.name, file.size_bytes) for file in found] == [
        ("c.webm", 2),
        ("visit 1/a.mp4", 4),
        ("visit 1/b.MOV", 4),
    ]


def test_nothing_outside_is_reached(open_settings: Settings, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "x.mp4").write_bytes(b"1")
    (open_settings.inbox / "link.mp4").symlink_to(secret / "x.mp4")
    (open_settings.inbox / "linked").symlink_to(secret)
    (open_settings.inbox / "round").symlink_to(open_settings.inbox / "round")
    assert find_videos(open_settings, open_settings.inbox) == []
    for path in (
        secret,
        secret / "x.mp4",
        open_settings.inbox / ".." / ".." / "secret",
        open_settings.inbox / "link.mp4",
        open_settings.inbox / "linked" / "x.mp4",
        open_settings.inbox.with_name("inbox2"),
        "/etc",
        "",
        "\0",
    ):
        with pytest.raises(FolderError) as caught:
            inside(open_settings, path)
        assert str(caught.value).endswith(".")


def test_a_link_to_an_allowed_folder_is_followed(open_settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "clinic" / "x.mp4").write_bytes(b"1")
    (open_settings.inbox / "link.mp4").symlink_to(tmp_path / "clinic" / "x.mp4")
    (found,) = find_videos(open_settings, open_settings.inbox)
    assert found.path == (tmp_path / "clinic" / "x.mp4").resolve()


def test_a_file_is_no_folder(open_settings: Settings) -> None:
    (open_settings.inbox / "x.mp4").write_bytes(b"1")
    with pytest.raises(FolderError, match="not a folder"):
        find_videos(open_settings, open_settings.inbox / "x.mp4")
