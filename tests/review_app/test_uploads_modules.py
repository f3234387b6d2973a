"""The drop zone's JavaScript writes no markup; its tests: tests/browser/test_modules.py."""

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "review_app" / "upload" / "static"


@pytest.mark.parametrize("module", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_untrusted_text_can_only_become_text(module: Path) -> None:
    found = re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", module.read_text()
    )
    assert not found
