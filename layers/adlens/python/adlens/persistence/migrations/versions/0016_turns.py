"""Creatives that wait for their analysis, in the order of their turns (ADR 0011).

Those that wait already get a turn when their message is taken.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

_STATEMENTS = (
    """
    CREATE TABLE waiting (
        workspace_id uuid NOT NULL,
        creative_id uuid NOT NULL,
        revision integer NOT NULL,
        again boolean NOT NULL,
        turn bigint NOT NULL,
        taken_by text,
        free_at timestamptz,
        PRIMARY KEY (workspace_id, creative_id),
        FOREIGN KEY (workspace_id, creative_id) REFERENCES creatives (workspace_id, id) ON DELETE CASCADE
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)
    """,
    "CREATE INDEX waiting_turns ON waiting (turn) WHERE taken_by IS NULL",
    "CREATE INDEX waiting_taken ON waiting (taken_by) WHERE taken_by IS NOT NULL",
    "CREATE INDEX waiting_of_flow ON waiting (workspace_id, again, turn)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
