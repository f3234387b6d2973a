"""Who may ask what: every route of the application, by token and by role."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Engine
from starlette.routing import Mount, Route

from db.engine import session
from db.models import ROLES
from db.users import create_user
from review_app.api.routes import routes
from review_app.api.tokens import COMMENTERS, EDITORS
from review_app.settings import Settings
from tests.review_app.desk_files import DeskProject, make_desk_project
from tests.review_app.desk_server import own_layer, serving, signed, this_process, token
from tests.video_files import write_video

SENTENCE = 12  # no plain sentence is shorter

#: What each role may ask of each route. A new route must be written down here.
LOOKING = {
    ("GET", "/api/videos/{video_id}/media"),
    ("GET", "/api/videos/{video_id}/times"),
    ("GET", "/api/videos/{video_id}/poster"),
    ("GET", "/api/videos/{video_id}/thumbnails"),
    ("GET", "/api/videos/{video_id}/thumbnails.json"),
    ("GET", "/api/videos/{video_id}/pose"),
    ("GET", "/api/videos/{video_id}/people"),
    ("GET", "/api/videos/{video_id}/confidence"),
    ("GET", "/api/videos/{video_id}/curves"),
    ("GET", "/api/videos/{video_id}/curves/{name}"),
    ("GET", "/api/videos/{video_id}/rests"),
    ("GET", "/api/videos/{video_id}/pose_quality"),
    ("GET", "/api/videos/{video_id}/timeline"),
    ("GET", "/api/videos/{video_id}/proposals"),
    ("GET", "/api/videos/{video_id}/news"),
    ("GET", "/api/annotations/{annotation_id}/history"),
    ("PUT", "/api/preferences/{name}"),
}
COMMENTING = {
    ("POST", "/api/annotations/{annotation_id}/edits"),
    ("PUT", "/api/annotations/{annotation_id}/seen"),
}
CHANGING = {
    ("POST", "/api/videos/{video_id}/person"),
    ("POST", "/api/videos/{video_id}/result"),
    ("PUT", "/api/annotations/{annotation_id}/locks/{tier_id}"),
    ("DELETE", "/api/annotations/{annotation_id}/locks/{tier_id}"),
    ("PUT", "/api/sittings/{sitting_id}"),
    ("POST", "/api/classes"),
    ("POST", "/api/uploads"),
    ("PUT", "/api/uploads/{upload_id}"),
    ("GET", "/api/uploads/{upload_id}"),
    ("DELETE", "/api/uploads/{upload_id}"),
    ("POST", "/api/uploads/{upload_id}/finish"),
}
EVERY = sorted(LOOKING | COMMENTING | CHANGING)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("film") / "walk.mp4", frames=50)


@pytest.fixture
def made(settings: Settings, engine: Engine, film: Path) -> Iterator[DeskProject]:
    with this_process(settings):
        yield make_desk_project(settings, engine, film)


@pytest.fixture
def client(made: DeskProject) -> Iterator[httpx.Client]:
    with serving() as opened:
        yield opened


def path_of(template: str, made: DeskProject) -> str:
    filled = template.format(
        video_id=made.video_id,
        annotation_id=1,
        tier_id=1,
        upload_id="0" * 32,
        sitting_id=UUID(int=7),
        name="keys" if "preferences" in template else "left_knee",
    )
    return filled + ("?from=0&to=1&at=0" if template.startswith("/api/videos") else "")


def test_every_route_is_known_here() -> None:
    found = set()
    for route in routes:
        if isinstance(route, Mount):
            assert route.path.startswith("/api/ui/")  # the pages' own code: the same for everybody
            continue
        assert isinstance(route, Route)
        template = re.sub(r":\w+}", "}", route.path)
        found |= {(method, template) for method in route.methods or () if method != "HEAD"}
    assert found == LOOKING | COMMENTING | CHANGING


def test_every_route_asks_for_a_token(
    client: httpx.Client, made: DeskProject, settings: Settings
) -> None:
    forged = token(settings, made)[:-2] + "xx"
    for method, template in EVERY:
        path = path_of(template, made)
        unsigned = httpx.URL(path)
        for url in (unsigned, *(unsigned.copy_set_param("token", t) for t in ("", forged))):
            answer = client.request(method, url, json={} if method in ("POST", "PUT") else None)
            assert answer.status_code == 401, (method, path)
            assert len(answer.json()["message"]) > SENTENCE


@pytest.mark.parametrize("role", [*ROLES, "somebody"])
def test_a_role_may_ask_what_is_its_own(
    client: httpx.Client, made: DeskProject, settings: Settings, role: str
) -> None:
    who = signed(settings, made, role=role, video_id=None)
    for method, template in EVERY:
        body: dict[str, object] = {"edits": [], "person_id": 0, "value": 1, "spans": []}
        answer = client.request(
            method,
            path_of(template, made),
            headers=who,
            json=body if method in ("POST", "PUT") else None,
        )
        allowed = {**dict.fromkeys(LOOKING, (role,)), **dict.fromkeys(COMMENTING, COMMENTERS)}
        refused = role not in allowed.get((method, template), EDITORS)
        assert (answer.status_code == 403) == refused, (method, template, answer.text)
        assert answer.status_code < 500
        if refused:
            assert len(answer.json()["message"]) > SENTENCE


def test_only_the_author_of_labels_may_change_them(
    client: httpx.Client, made: DeskProject, settings: Settings, engine: Engine
) -> None:
    who = signed(settings, made)
    opened = client.get(f"/api/videos/{made.video_id}/timeline", headers=who).json()
    with session(engine) as db:
        other = create_user(db, name="Sam", role="annotator").id
    path = f"/api/annotations/{own_layer(opened)['id']}/edits"
    stranger = signed(settings, made, user_id=other)
    assert client.post(path, json={"edits": []}, headers=stranger).status_code == 403
    assert client.post(path, json={"edits": []}, headers=who).status_code == 200


@pytest.mark.parametrize(
    "template", ["/api/annotations/{annotation_id}/edits", "/api/videos/{video_id}/person"]
)
def test_a_body_without_an_announced_length_ends_at_the_limit(
    client: httpx.Client, made: DeskProject, settings: Settings, template: str
) -> None:
    blocks = (b" " * (1 << 20) for _ in range(6))  # sent as it comes, its length unsaid
    who = signed(settings, made)
    answer = client.post(path_of(template, made), content=blocks, headers=who)
    assert answer.status_code == 413
    assert len(answer.json()["message"]) > SENTENCE
