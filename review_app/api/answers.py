"""How every endpoint refuses: a status and one plain sentence, {"message": ...}."""

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Refusal(Exception):
    """The request is not answered with what it asks for; the message says why, for people."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status

    def response(self) -> JSONResponse:
        return JSONResponse({"message": str(self)}, self.status)


def answered(work: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """A plain endpoint, which Starlette runs in a thread, whose Refusal becomes the answer."""

    @wraps(work)
    def endpoint(request: Request) -> Response:
        try:
            return work(request)
        except Refusal as refusal:
            return refusal.response()

    return endpoint


def answered_async(
    work: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The same for an endpoint that awaits the request's body."""

    @wraps(work)
    async def endpoint(request: Request) -> Response:
        try:
            return await work(request)
        except Refusal as refusal:
            return refusal.response()

    return endpoint
