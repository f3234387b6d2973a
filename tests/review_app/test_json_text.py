"""JSON for programs: what is not a number is null, and everything else stays what it is."""

import json
import math

from review_app.json_text import json_text


def test_numbers_that_do_not_exist_are_null() -> None:
    figures = {"a": math.nan, "b": [1.5, (math.inf, -math.inf)], "c": {"d": 0, "e": None, "f": "x"}}
    read = json.loads(json_text(figures), parse_constant=lambda text: f"not JSON: {text}")
    assert read == {"a": None, "b": [1.5, [None, None]], "c": {"d": 0, "e": None, "f": "x"}}
