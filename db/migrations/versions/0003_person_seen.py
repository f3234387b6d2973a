"""A video's chosen patient is kept with where that person was seen, whoever counts people."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("videos", sa.Column("person_seen", sa.JSON(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("The data folder is not made older again; restore a backup.")
