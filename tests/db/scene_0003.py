"""A database as it was before the annotator's desk, with labels and the trace of deleted ones."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

import db

EDIT = "00000000-0000-0000-0000-000000000001"
SEGMENT = "00000000-0000-0000-0000-000000000002"

_ROWS = f"""
insert into users (name, role) values ('Ann', 'annotator');
insert into projects (name) values ('Knees'), ('Own classes');
insert into tiers (project_id, name, position) values (1, 'repetitions', 0), (2, 'repetitions', 0);
insert into classes (project_id, tier_id, name, colour, key)
  values (1, 1, 'deep_squat', '#4e79a7', '1'), (2, 2, 'pause', '#111111', '1');
insert into patients (project_id, pseudonym, split) values (1, 'P1', 'train');
insert into videos (project_id, patient_id, sha256, original_name, file, size_bytes, state,
  frame_count, has_proxy, created_at)
  values (1, 1, 'abc', 'walk.mp4', 'x', 1, 'ready', 100, false, '2026-01-01 00:00:00'),
  (1, 1, 'def', 'gone.mp4', 'x', 1, 'ready', 100, false, '2026-01-01 00:00:00');
insert into annotations (video_id, user_id, revision, finished) values (1, 1, 1, '[[0, 20]]');
insert into annotations (video_id, user_id, revision, finished) values (2, 1, 0, '[]');
delete from annotations where id = 2;
delete from videos where id = 2;
insert into edits (id, annotation_id, revision, base_revision, user_id, operation, inverse,
  created_at) values ('{EDIT}', 1, 1, 0, 1,
  '{{"kind": "add", "undoes": null, "changes": [
    {{"op": "put", "expects": null, "segment": {{"id": "{SEGMENT}", "class_id": 1, "tier_id": 1,
      "start_frame": 3, "end_frame": 9, "proposal_id": null}}}},
    {{"op": "finish", "spans": [[0, 20]], "expects_spans": []}}]}}',
  '[{{"op": "finish", "spans": [], "expects_spans": [[0, 20]]}},
    {{"op": "remove", "segment_id": "{SEGMENT}", "expects": "{EDIT}"}}]',
  '2026-02-03 04:05:06');
insert into segments (id, annotation_id, tier_id, class_id, start_frame, end_frame, start_s, end_s,
  deleted, last_edit) values ('{SEGMENT}', 1, 1, 1, 3, 9, 0.1, 0.3, false, '{EDIT}')
"""


def make_0003(engine: Engine) -> None:
    """The schema of migration 0003 in an empty database, and these rows in it."""
    config = Config()
    config.set_main_option("script_location", str(Path(db.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for statement in _ROWS.split(";\n"):
            connection.exec_driver_sql(statement)
        assert connection.scalar(text("select count(*) from segments")) == 1
