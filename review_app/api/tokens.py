"""Who may ask: the signed, short-lived tokens that the pages put into every request to /api."""

import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request

from review_app.api.answers import Refusal
from review_app.settings import Settings

LIFETIME_S = 12 * 3600
#: Those who may change labels; everyone else may look.
EDITORS = ("annotator", "researcher", "admin")
#: Those who may say something about labels, in a layer of their own.
COMMENTERS = (*EDITORS, "therapist")
#: Those who may take over what somebody else holds.
KEEPERS = ("researcher", "admin")

_SIGNED_OUT = "This page has been open for too long. Reload it to go on; nothing is lost."


@dataclass(frozen=True)
class Claims:
    """What a token says. video_id None: any video of the project. role: as in `db.users`."""

    user_id: int
    project_id: int
    video_id: int | None
    role: str

    @property
    def may_edit(self) -> bool:
        return self.role in EDITORS

    @property
    def may_comment(self) -> bool:
        return self.role in COMMENTERS

    @property
    def may_take_over(self) -> bool:
        return self.role in KEEPERS


def issue(
    settings: Settings, *, user_id: int, project_id: int, video_id: int | None, role: str
) -> str:
    """A token for one person on one project, or on one video of it."""
    payload = {"u": user_id, "p": project_id, "v": video_id, "r": role}
    return str(_serializer(settings.secret_key_file).dumps(payload))


def read(request: Request, settings: Settings) -> Claims:
    """The claims of a request's token, from `?token=` or an Authorization header.

    Refusal 401 when there is none, it is not ours, or it is older than LIFETIME_S.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer if scheme.lower() == "bearer" else request.query_params.get("token", "")
    try:
        payload = _serializer(settings.secret_key_file).loads(token, max_age=LIFETIME_S)
        return Claims(payload["u"], payload["p"], payload["v"], payload["r"])
    except (BadSignature, KeyError, TypeError):
        raise Refusal(401, _SIGNED_OUT) from None


def _serializer(key_file: Path) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_key(key_file), salt="api")


@cache
def _key(key_file: Path) -> str:
    """The installation's secret, made at its first use and readable by its owner only."""
    try:
        return key_file.read_text()
    except FileNotFoundError:
        key_file.parent.mkdir(parents=True, exist_ok=True)
    part = key_file.with_name(f"{key_file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(part, key_file)  # the first of several processes wins; the others read its key
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return key_file.read_text()
