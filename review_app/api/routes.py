"""Every HTTP route of the application, in the order they are tried."""

from starlette.routing import BaseRoute

from review_app.api import (
    classes,
    edits,
    layers,
    media,
    movement,
    news,
    person,
    pose,
    static,
    timeline,
    uploads,
)

routes: list[BaseRoute] = [
    *static.routes,
    *media.routes,
    *pose.routes,
    *movement.routes,
    *timeline.routes,
    *news.routes,
    *edits.routes,
    *layers.routes,
    *person.routes,
    *classes.routes,
    *uploads.routes,
]
