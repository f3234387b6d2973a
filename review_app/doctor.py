"""Checks what the application needs and says what to do about what is missing."""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from review_app.settings import ROOT, SHIPPED_WEIGHTS, Settings

ENOUGH_DISK_GB = 5.0
DEVICE_TIMEOUT_S = 60.0  # importing PyTorch and starting a GPU take seconds


@dataclass(frozen=True)
class Finding:
    """The result of one check. advice: what to do; empty when all is well."""

    subject: str
    state: Literal["ok", "warning", "problem"]
    found: str
    advice: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order a person would put things right."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python,
        _native_module,
        _device,
        _shipped_weights,
        _fetched_weights,
        _presets,
        _codecs,
        _disk,
        _database,
        _port,
    )
    return [check(settings) for check in checks]


def _python(settings: Settings) -> Finding:
    found = "Python {}.{}.{}".format(*sys.version_info[:3])
    if sys.version_info[:2] == (3, 11):
        return Finding("Python", "ok", found)
    return Finding("Python", "warning", found, "Only Python 3.11 is tested; install it.")


def _native_module(settings: Settings) -> Finding:
    try:
        import segment_kernels
    except ImportError as error:
        return Finding(
            "Native module", "problem", f"segment_kernels: {error}", "Run `make app` to build it."
        )
    return Finding("Native module", "ok", str(segment_kernels.__name__))


def _device(settings: Settings) -> Finding:
    # In a process of its own: whoever asks a GPU for its name holds memory on it until the end.
    command = [sys.executable, "-m", "review_app.device", settings.device]
    unusable = f"{settings.device} cannot be used"
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=DEVICE_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        advice = (
            "Its driver does not answer: check `nvidia-smi`, or set REHAB_REVIEW_DEVICE to cpu."
        )
        return Finding("Device", "problem", unusable, advice)
    if asked.returncode:
        said = asked.stderr.strip().splitlines() or [
            f"PyTorch stopped with code {asked.returncode} and said nothing. Install it again, or "
            "set REHAB_REVIEW_DEVICE to cpu."
        ]
        return Finding("Device", "problem", unusable, said[-1])
    return Finding("Device", "ok", f"{asked.stdout.strip()}, set to {settings.device}")


def _shipped_weights(settings: Settings) -> Finding:
    from inference.weights.kept import State, kept_weights

    states = {kept.path.stem: kept.state for kept in kept_weights(SHIPPED_WEIGHTS)}
    for name in ("features", "localizer"):
        state = states.get(name, State.MISSING)
        if state is not State.PRESENT:
            advice = "Check out the repository's weights folder again."
            return Finding("Shipped weights", "problem", f"{name}.safetensors is {state}", advice)
    return Finding("Shipped weights", "ok", f"features and localizer in {SHIPPED_WEIGHTS}")


def _fetched_weights(settings: Settings) -> Finding:
    from inference.weights.fetched import MOVENET, NEEDED, status
    from inference.weights.kept import State

    missing = [
        item
        for item in status(settings.weights)
        if item.weight in NEEDED and item.state is not State.PRESENT
    ]
    if missing:
        names = ", ".join(f"{item.weight.name} is {item.state}" for item in missing)
        needed = any(item.weight is MOVENET for item in missing)  # the rest is for the demo
        state: Literal["problem", "warning"] = "problem" if needed else "warning"
        return Finding("Fetched weights", state, names, "Run `rehab-review weights fetch`.")
    return Finding("Fetched weights", "ok", f"all in {settings.weights}")


def _presets(settings: Settings) -> Finding:
    from inference.presets import PRESETS
    from review_app.preset_models import missing

    ready = [preset.name for preset in PRESETS if not missing(settings, preset)]
    found = f"{len(ready)} of {len(PRESETS)} can be used: {', '.join(ready)}"
    return Finding("Presets", "ok" if ready else "warning", found)


def _codecs(settings: Settings) -> Finding:
    import av
    from av.codec.codec import UnknownCodecError

    missing = []
    for name in ("h264", "hevc", "mpeg4", "mjpeg", "vp9", "av1", "libx264"):
        try:
            av.Codec(name, "w" if name == "libx264" else "r")
        except UnknownCodecError:
            missing.append(name)
    if missing:
        return Finding(
            "Video codecs",
            "problem",
            f"not available: {', '.join(missing)}",
            "Install PyAV from its wheel: pip install --only-binary=:all: --force-reinstall av",
        )
    return Finding("Video codecs", "ok", f"PyAV {av.__version__} reads all and writes H.264")


def _disk(settings: Settings) -> Finding:
    folder = settings.data_folder
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    found = f"{free:.1f} GB free at {settings.data_folder}"
    if free < ENOUGH_DISK_GB:
        return Finding(
            "Disk",
            "warning",
            found,
            "Free some space, or choose another data folder with REHAB_REVIEW_DATA_FOLDER.",
        )
    return Finding("Disk", "ok", found)


def _database(settings: Settings) -> Finding:
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    from db.engine import create_engine, reading
    from db.projects import list_projects

    url = make_url(settings.labels_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Finding("Database", "warning", "not made yet", "Run `rehab-review migrate`.")
    engine = create_engine(settings.labels_url)
    try:
        with reading(engine) as db:
            count = len(list_projects(db))
    except SQLAlchemyError as error:
        found = str(error.__cause__ or error).splitlines()[0]
        return Finding("Database", "problem", found, "Run `rehab-review migrate`.")
    finally:
        engine.dispose()
    return Finding("Database", "ok", f"{count} project{'s' if count != 1 else ''}")


def _port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        probe.settimeout(1)
        used = probe.connect_ex((settings.host, settings.port)) == 0
    if used:
        return Finding("Address", "ok", f"something answers at {settings.address}")
    return Finding("Address", "ok", f"{settings.address} is free")
