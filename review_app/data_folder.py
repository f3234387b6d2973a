"""Makes a data folder ready to be used: folders, databases, models, a first person."""

from db.engine import create_engine, migrate, session
from db.users import create_user, list_users
from review_app.jobs.job_queue import migrate_queue
from review_app.preset_models import register_models
from review_app.settings import Settings


def prepare_data_folder(settings: Settings) -> None:
    """Create or update everything below the data folder; doing it again changes nothing."""
    settings.make_folders()
    migrate(settings.labels_url)
    migrate_queue(settings)
    engine = create_engine(settings.labels_url)
    with session(engine) as db:
        if not list_users(db):
            create_user(db, name="Annotator 1", role="annotator")
        register_models(db, settings)
    engine.dispose()
