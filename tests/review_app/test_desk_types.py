"""The types in the comments of the pages' JavaScript hold: TypeScript reads them, strictly."""

import shutil
from pathlib import Path

from review_app.settings import ROOT
from tests.review_app.typescript import complaints

PROJECT = ROOT / "review_app" / "tsconfig.json"


def test_the_front_end_is_what_its_types_say(tmp_path: Path) -> None:
    found = complaints(PROJECT, tmp_path)
    assert not found, found


def test_a_wrong_type_would_be_found(tmp_path: Path) -> None:
    shutil.copy(PROJECT, tmp_path / "project.json")
    folder = tmp_path / "timeline" / "static"
    folder.mkdir(parents=True)
    clock = (ROOT / "review_app" / "timeline" / "static" / "time" / "clock.js").read_text()
    (folder / "clock.js").write_text(clock)
    (folder / "wrong.js").write_text(
        'import { midpoint } from "./clock.js";\nexport const at = midpoint([0, 1], "first");\n'
    )
    found = complaints(tmp_path / "project.json", tmp_path)
    assert found.splitlines()[0].startswith("timeline/static/wrong.js(2,"), found
