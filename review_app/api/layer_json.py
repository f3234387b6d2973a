"""Layers and classes as the desk gets them, for the person who asks."""

from collections.abc import Collection
from typing import Any

from sqlalchemy.orm import Session

from db.layers import Layer, states
from db.models import Class
from review_app.api.tokens import Claims
from review_app.titles import title_of


def described(layer: Layer, claims: Claims) -> dict[str, Any]:
    """{id, revision, kind, author, own, may_edit, seen}; author: None for the result."""
    own = layer.user_id == claims.user_id
    return {
        "id": layer.id,
        "revision": layer.revision,
        "kind": layer.kind,
        "author": layer.author,
        "own": own,
        "may_edit": claims.may_edit and (own or layer.kind == "result"),
        "seen": layer.seen,
    }


def says_something(layer: Layer, claims: Claims) -> bool:
    """Whether a page shows the layer: not those of others who have only had a look."""
    return layer.revision > 0 or layer.kind == "result" or layer.user_id == claims.user_id


def layers_json(db: Session, layers: Collection[Layer], claims: Claims) -> list[dict[str, Any]]:
    """The layers whole: `described`, with finished, segments and comments."""
    known = states(db, layers)
    return [{**described(layer, claims), **known[layer.id]} for layer in layers]


def class_json(kind: Class) -> dict[str, Any]:
    """{id, tier_id, name, title, colour, key}"""
    return {
        "id": kind.id,
        "tier_id": kind.tier_id,
        "name": kind.name,
        "title": title_of(kind.name),
        "colour": kind.colour,
        "key": kind.key,
    }
