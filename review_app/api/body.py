"""A request's body, up to a limit that also holds when its length was not announced."""

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
