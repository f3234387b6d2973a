"""The drop zone's JavaScript: its pure parts by `node --test`, and that it writes no markup."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "review_app" / "upload" / "static"


def test_modules_pass_their_own_tests() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed; it is needed only for these tests.")
    folder = Path(__file__).with_name("upload")
    ran = subprocess.run([node, "--test", str(folder)], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]


@pytest.mark.parametrize("module", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_untrusted_text_can_only_become_text(module: Path) -> None:
    found = re.findall(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", module.read_text()
    )
    assert not found
