"""The pure parts of the desk's JavaScript, tested by `node --test` where Node is installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "review_app" / "timeline" / "static"


def test_modules_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed; it is needed only for these tests.")
    ran = subprocess.run(
        [node, "--test", str(Path(__file__).with_name("desk"))],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]


def test_untrusted_text_can_only_become_text() -> None:
    for module in STATIC.glob("*.js"):
        source = module.read_text()
        found = re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", source)
        assert not found, f"{module.name} uses {found[0]}"
