"""Every HTTP route of the application, in the order they are tried."""

from starlette.routing import BaseRoute

from review_app.api import edits, media, pose, timeline, uploads

routes: list[BaseRoute] = [
    *media.routes,
    *pose.routes,
    *timeline.routes,
    *edits.routes,
    *uploads.routes,
]
