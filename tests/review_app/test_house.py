"""The house stands as the plan says: floors, folders, no telemetry, bound to this machine."""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

from review_app.settings import ROOT

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def test_no_room_imports_from_a_floor_above() -> None:
    checked = subprocess.run([LINT_IMPORTS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_web_application_stays_on_this_machine_and_reports_to_nobody() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["browser"]["gatherUsageStats"] is False


def test_the_shipped_weights_are_small_and_describe_themselves() -> None:
    weights = sorted((ROOT / "weights").glob("*.safetensors"))
    assert [path.name for path in weights] == ["features.safetensors", "localizer.safetensors"]
    assert sum(path.stat().st_size for path in weights) < 25_000_000
    for path in weights:
        described = json.loads(path.with_suffix(".json").read_text())
        assert described["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_no_file_answers_too_many_questions() -> None:
    sources = [
        path
        for folder in ("pages", "review_app", "inference", "db", "csrc", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".js", ".cpp", ".css"}
    ]
    long = [path for path in sources if len(path.read_text().splitlines()) > 400]
    assert not long
