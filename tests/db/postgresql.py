"""A PostgreSQL server for a test, where one can be started."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _programs() -> Path | None:
    found = shutil.which("initdb")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(
        (p for p in candidates if (p / "initdb").exists() and (p / "pg_ctl").exists()), None
    )


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The URL of a server of our own, on a socket in a folder of our own; skips without one."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian package postgresql).")
    pytest.importorskip("psycopg", reason="psycopg is not installed.")
    as_user = None
    if os.geteuid() == 0:  # the server refuses to run as root
        as_user = "postgres" if _user_exists("postgres") else "nobody"
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/pg-XXXXXX"], text=True).strip())
    if as_user is not None:
        shutil.chown(folder, user=as_user)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, user=as_user, cwd=folder, stdout=subprocess.DEVNULL, timeout=60
        )

    run(f"{programs}/initdb", "-D", f"{data}", "-U", "rehab", "-A", "trust", "-N", "-E", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run(f"{programs}/pg_ctl", "-D", f"{data}", "-o", options, "-l", f"{folder}/log", "-w", "start")
    try:
        yield f"postgresql+psycopg://rehab@/postgres?host={folder}"
    finally:
        run(f"{programs}/pg_ctl", "-D", f"{data}", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


def _user_exists(name: str) -> bool:
    return subprocess.run(["id", name], capture_output=True, check=False).returncode == 0
