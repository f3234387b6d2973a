"""Every HTTP route of the application, in the order they are tried."""

from starlette.routing import BaseRoute

from review_app.api import edits, media, movement, pose, static, timeline, uploads

routes: list[BaseRoute] = [
    *static.routes,
    *media.routes,
    *pose.routes,
    *movement.routes,
    *timeline.routes,
    *edits.routes,
    *uploads.routes,
]
