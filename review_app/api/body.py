"""A request's body, up to a limit that also holds when its length was not announced."""

import json
from typing import Any

from starlette.requests import ClientDisconnect, Request

from review_app.api.answers import Refusal


async def limited(request: Request, most: int) -> bytes:
    """The whole body. Refusal 413 as soon as more than `most` bytes have come, 400 when cut off."""
    body = bytearray()
    try:
        async for block in request.stream():
            body += block
            if len(body) > most:
                raise Refusal(413, "This is too much for one message.")
    except ClientDisconnect:
        raise Refusal(400, "The message broke off.") from None
    return bytes(body)


async def json_object(request: Request, most: int) -> dict[str, Any]:
    """The body as a JSON object; Refusal as in `limited`, and 422 when it is none."""
    try:
        message = json.loads(await limited(request, most))
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        raise Refusal(422, "The message is not a JSON object.")
    return message
