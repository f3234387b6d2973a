"""JSON as its readers expect it: a number that does not exist is null."""

import json
import math
from collections.abc import Mapping
from typing import Any


def json_text(value: Any) -> str:
    """One indented document of nested mappings, lists, tuples and plain values."""
    return json.dumps(without_nan(value), indent=2, allow_nan=False)


def without_nan(value: Any) -> Any:
    """The same nested values as JSON can hold them: null for what is not a finite number."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return value
