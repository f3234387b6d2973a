"""The desk's JavaScript writes no markup, and its pure parts do what they should in Node.js.

The same tests of the pure parts are run in the browser by tests/browser/test_modules.py.
"""

import re
import subprocess

from review_app.settings import ROOT
from tests.review_app.typescript import node

STATIC = ROOT / "review_app" / "timeline" / "static"
TESTS = sorted((ROOT / "tests" / "review_app").glob("*/*.test.js"))


def test_untrusted_text_can_only_become_text() -> None:
    for module in STATIC.rglob("*.js"):
        source = module.read_text()
        found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", source)
        assert not found, f"{module.name} uses {found[0]}"


def test_the_pure_parts_in_node() -> None:
    command = [node(), "--test", *map(str, TESTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
