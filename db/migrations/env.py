"""Alembic's entry: runs on the connection `db.engine.migrate` opened and holds the lock on."""

from alembic import context

from db.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,  # only for how constraints are named
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
