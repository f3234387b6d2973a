"""Fixtures that several rooms share: a data folder ready to be used."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from db.engine import create_engine
from review_app.data_folder import prepare_data_folder
from review_app.settings import Settings

# Before anything imports torch: on a busy machine its idle threads would spin the others out.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a fresh data folder with both databases, the shipped model and one person."""
    made = Settings(data_folder=tmp_path / "data")
    prepare_data_folder(made)
    return made


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """The label database of `settings`."""
    made = create_engine(settings.labels_url)
    yield made
    made.dispose()
