"""The desk's JavaScript writes no markup; its tests are run by tests/browser/test_modules.py."""

import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "review_app" / "timeline" / "static"


def test_untrusted_text_can_only_become_text() -> None:
    for module in STATIC.rglob("*.js"):
        source = module.read_text()
        found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", source)
        assert not found, f"{module.name} uses {found[0]}"
