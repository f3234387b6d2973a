"""All routes of the application behind a real server, and how a test asks them."""

import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from review_app import process
from review_app.api import tokens
from review_app.api.routes import routes
from review_app.settings import Settings
from tests.review_app.desk_files import DeskProject


@contextmanager
def this_process(settings: Settings) -> Iterator[None]:
    """Inside, the application of this process works on the data folder of `settings`."""
    before = os.environ.get("REHAB_REVIEW_DATA_FOLDER")
    os.environ["REHAB_REVIEW_DATA_FOLDER"] = str(settings.data_folder)
    process.app_settings.cache_clear()
    process.app_engine.cache_clear()
    try:
        yield
    finally:
        process.app_engine().dispose()
        process.app_settings.cache_clear()
        process.app_engine.cache_clear()
        if before is None:
            del os.environ["REHAB_REVIEW_DATA_FOLDER"]
        else:
            os.environ["REHAB_REVIEW_DATA_FOLDER"] = before


@contextmanager
def serving() -> Iterator[httpx.Client]:
    """A client of a server on a free port, which runs in a thread."""
    app = Starlette(routes=routes)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as opened:
        yield opened
    server.should_exit = True
    thread.join()


def token(settings: Settings, made: DeskProject, **changed: Any) -> str:
    """A token as the review page gets it, with some claims changed."""
    claims: dict[str, Any] = {
        "user_id": made.user_id,
        "project_id": made.project_id,
        "video_id": made.video_id,
        "role": "annotator",
    }
    return tokens.issue(settings, **{**claims, **changed})


def signed(settings: Settings, made: DeskProject, **changed: Any) -> dict[str, str]:
    """The header that carries it."""
    return {"Authorization": f"Bearer {token(settings, made, **changed)}"}


def add_edit(opened: dict[str, Any], **segment: Any) -> dict[str, Any]:
    """An edit that adds a segment. opened: what /timeline answered."""
    kind = opened["classes"][0]
    fields = {
        "id": str(uuid.uuid4()),
        "class_id": kind["id"],
        "tier_id": kind["tier_id"],
        "start_frame": 10,
        "end_frame": 30,
        "proposal_id": None,
    }
    return {
        "id": str(uuid.uuid4()),
        "base_revision": 0,
        "kind": "add",
        "changes": [{"op": "put", "segment": {**fields, **segment}, "expects": None}],
        "undoes": None,
    }


def own_layer(opened: dict[str, Any]) -> dict[str, Any]:
    """The layer of the person who asked. opened: what /timeline answered."""
    return next(layer for layer in opened["layers"] if layer["own"])
