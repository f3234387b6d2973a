"""Makes a data folder ready to be used: folders, databases, the shipped model, a first person."""

import hashlib
import json
import shutil

from sqlalchemy.orm import Session

from db.engine import create_engine, migrate, session
from db.model_versions import register_shipped
from db.users import create_user, list_users
from review_app.jobs.job_queue import migrate_queue
from review_app.settings import SHIPPED_WEIGHTS, Settings


def prepare_data_folder(settings: Settings) -> None:
    """Create or update everything below the data folder; doing it again changes nothing."""
    settings.make_folders()
    migrate(settings.labels_url)
    migrate_queue(settings)
    engine = create_engine(settings.labels_url)
    with session(engine) as db:
        if not list_users(db):
            create_user(db, name="Annotator 1", role="annotator")
        register_shipped_model(db, settings)
    engine.dispose()


def register_shipped_model(db: Session, settings: Settings) -> None:
    """Put the shipped localizer among the model versions, beside those trained here.

    A checkout without it can import and label, and says so when asked to propose.
    """
    weights = SHIPPED_WEIGHTS / "localizer.safetensors"
    if not weights.exists():
        return
    sidecar = weights.with_suffix(".json")
    described = json.loads(sidecar.read_text())
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    for source, suffix in ((sidecar, ".json"), (weights, ".safetensors")):
        copy = settings.models / f"{sha256}{suffix}"
        if not copy.exists():
            half = copy.with_suffix(copy.suffix + ".part")
            shutil.copyfile(source, half)
            half.replace(copy)
    register_shipped(
        db,
        name=f"shipped {sha256[:8]}",
        sha256=sha256,
        settings=described.get("config", {}),
        metrics=described.get("metrics", {}),
        classes=described["classes"],
    )
