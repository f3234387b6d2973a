"""The annotator's desk: three tiers, comments, locks, the result, preferences and sittings."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# As new projects got them when this was written.
_PHASES = (
    ("going_out", "#2f6f9f"),
    ("holding", "#8a6d1f"),
    ("coming_back", "#3f7f5f"),
)
_EVENTS = (
    ("compensation", "#b2483f"),
    ("loss_of_balance", "#7d4f9e"),
    ("pause", "#6b7280"),
)


def upgrade() -> None:
    _columns()
    _new_tables()
    _tiers_of_projects()


def downgrade() -> None:
    raise NotImplementedError("The data folder is not made older again; restore a backup.")


def _columns() -> None:
    op.add_column(
        "tiers", sa.Column("overlaps", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column(
        "segments", sa.Column("unsure", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    last_id = _last_annotation_id() if sqlite else None
    # SQLite makes the table anew; Alembic does not read from the old one how ids are given.
    with op.batch_alter_table(
        "annotations", table_kwargs={"sqlite_autoincrement": True}
    ) as annotations:
        annotations.alter_column("user_id", existing_type=sa.Integer(), nullable=True)
        annotations.add_column(
            sa.Column("kind", sa.String(length=20), nullable=False, server_default="own")
        )
        annotations.add_column(sa.Column("seen", sa.JSON(), nullable=False, server_default="[]"))
        annotations.add_column(sa.Column("labelled_at", sa.DateTime(timezone=True), nullable=True))
        annotations.create_check_constraint(
            op.f("ck_annotations_kind"), "kind in ('own', 'result')"
        )
        annotations.create_check_constraint(
            op.f("ck_annotations_author"), "(kind = 'result') = (user_id is null)"
        )
    if last_id is not None:
        _keep_annotation_ids(last_id)
    op.create_index(
        "uq_annotations_result",
        "annotations",
        ["video_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'result'"),
        postgresql_where=sa.text("kind = 'result'"),
    )
    op.execute(
        "update annotations set labelled_at = "
        "(select max(created_at) from edits where edits.annotation_id = annotations.id)"
    )


def _last_annotation_id() -> int | None:
    """The highest id ever given to an annotation, which may be deleted by now."""
    query = "select seq from sqlite_sequence where name = 'annotations'"
    return op.get_bind().scalar(sa.text(query))


def _keep_annotation_ids(last_id: int) -> None:
    """The new table must not give out again the ids of rows that are no more."""
    op.execute("delete from sqlite_sequence where name = 'annotations'")
    op.execute(f"insert into sqlite_sequence (name, seq) values ('annotations', {last_id:d})")


def _new_tables() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("annotation_id", sa.Integer(), nullable=False),
        sa.Column("segment_id", sa.String(length=36), nullable=True),
        sa.Column("start_frame", sa.Integer(), nullable=False),
        sa.Column("end_frame", sa.Integer(), nullable=False),
        sa.Column("reply_to", sa.String(length=36), nullable=True),
        sa.Column("resolves", sa.Boolean(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("last_edit", sa.String(length=36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "0 <= start_frame and start_frame < end_frame", name=op.f("ck_comments_frames")
        ),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotations.id"],
            name=op.f("fk_comments_annotation_id_annotations"),
        ),
        sa.ForeignKeyConstraint(
            ["last_edit"], ["edits.id"], name=op.f("fk_comments_last_edit_edits")
        ),
        sa.ForeignKeyConstraint(
            ["reply_to"], ["comments.id"], name=op.f("fk_comments_reply_to_comments")
        ),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.id"], name=op.f("fk_comments_segment_id_segments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
    )
    for column in ("annotation_id", "segment_id", "reply_to"):
        op.create_index(op.f(f"ix_comments_{column}"), "comments", [column])

    op.create_table(
        "tier_locks",
        sa.Column("annotation_id", sa.Integer(), nullable=False),
        sa.Column("tier_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotations.id"],
            name=op.f("fk_tier_locks_annotation_id_annotations"),
        ),
        sa.ForeignKeyConstraint(
            ["tier_id"], ["tiers.id"], name=op.f("fk_tier_locks_tier_id_tiers")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_tier_locks_user_id_users")
        ),
        sa.PrimaryKeyConstraint("annotation_id", "tier_id", name=op.f("pk_tier_locks")),
    )
    for column in ("tier_id", "user_id"):
        op.create_index(op.f(f"ix_tier_locks_{column}"), "tier_locks", [column])

    op.create_table(
        "preferences",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_preferences_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", "name", name=op.f("pk_preferences")),
    )
    op.create_table(
        "sittings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("annotation_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("proposals", sa.String(length=20), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active_s", sa.Double(), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "proposals in ('shown', 'hidden', 'none')", name=op.f("ck_sittings_proposals")
        ),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotations.id"],
            name=op.f("fk_sittings_annotation_id_annotations"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sittings_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sittings")),
    )
    for column in ("annotation_id", "user_id"):
        op.create_index(op.f(f"ix_sittings_{column}"), "sittings", [column])


def _tiers_of_projects() -> None:
    """Every project gets the tiers and classes of a new one; names it already uses stay its own."""
    for tier, overlaps, classes in (("phases", "false", _PHASES), ("events", "true", _EVENTS)):
        op.execute(
            'insert into tiers (project_id, name, position, "overlaps") '
            f"select id, '{tier}', (select coalesce(max(position), -1) + 1 from tiers "
            f"where tiers.project_id = projects.id), {overlaps} from projects "
            f"where id not in (select project_id from tiers where name = '{tier}')"
        )
        for name, colour in classes:
            op.execute(
                "insert into classes (project_id, tier_id, name, colour) "
                f"select project_id, id, '{name}', '{colour}' from tiers where name = '{tier}' "
                f"and project_id not in (select project_id from classes where name = '{name}')"
            )
