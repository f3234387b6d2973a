"""The settings and the label database of this process, made once."""

from functools import cache

from sqlalchemy import Engine

from db.engine import create_engine
from review_app.settings import Settings, load_settings


@cache
def app_settings() -> Settings:
    """The settings of this process."""
    return load_settings()


@cache
def app_engine() -> Engine:
    """The label database of this process."""
    return create_engine(app_settings().labels_url)
