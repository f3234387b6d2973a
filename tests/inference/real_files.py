"""The fetched files for tests: downloaded once into the checkout's data folder, then reused."""

from functools import cache
from pathlib import Path

import pytest

from inference.weights.fetched import Weight, WeightsError, fetch

FOLDER = Path(__file__).parents[2] / "data" / "weights"


@cache
def _fetched(weight: Weight) -> Path | str:
    try:
        return fetch(weight, FOLDER)
    except WeightsError as error:
        return str(error)


def real_file(weight: Weight) -> Path:
    """The path of the checked file; fails the test with the plain reason when it cannot be had.

    One attempt for all tests of a run: without a network the others fail at once.
    """
    found = _fetched(weight)
    if isinstance(found, str):
        pytest.fail(found, pytrace=False)
    return found
