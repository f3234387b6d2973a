"""A model version knows its preset; all there were until now are of the first one."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "models",
        sa.Column(
            "preset", sa.String(length=100), nullable=False, server_default="movenet-r2plus1d12"
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("The data folder is not made older again; restore a backup.")
