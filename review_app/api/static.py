"""The pages' own JavaScript and CSS, served as plain ES modules."""

from pathlib import Path

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_REVIEW_APP = Path(__file__).resolve().parent.parent


class Revalidated(StaticFiles):
    """Files the browser asks about each time: modules of two versions must never mix."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


routes: list[BaseRoute] = [
    Mount("/api/ui/timeline", Revalidated(directory=_REVIEW_APP / "timeline" / "static")),
    Mount("/api/ui/upload", Revalidated(directory=_REVIEW_APP / "upload" / "static")),
]
