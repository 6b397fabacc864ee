"""Webhooks of a workspace, and an outbox of what they are told: written with the event, in its transaction."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

_STATEMENTS = (
    """
    CREATE TABLE webhooks (
        workspace_id uuid REFERENCES workspaces ON DELETE CASCADE,
        id uuid,
        url text NOT NULL,
        secret text NOT NULL,
        events text[] NOT NULL,
        description text,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (workspace_id, id)
    )
    """,
    """
    CREATE TABLE webhook_deliveries (
        workspace_id uuid,
        id uuid,
        webhook_id uuid NOT NULL,
        event_type text NOT NULL,
        data jsonb NOT NULL,
        occurred_at timestamptz NOT NULL DEFAULT now(),
        state text NOT NULL DEFAULT 'PENDING',
        attempts integer,
        status integer,
        error text,
        ended_at timestamptz,
        PRIMARY KEY (workspace_id, id),
        FOREIGN KEY (workspace_id, webhook_id) REFERENCES webhooks (workspace_id, id) ON DELETE CASCADE,
        CHECK (state IN ('PENDING', 'QUEUED', 'DELIVERED', 'FAILED')),
        CHECK ((ended_at IS NOT NULL) = (state IN ('DELIVERED', 'FAILED')))
    )
    """,
    "CREATE INDEX deliveries_pending ON webhook_deliveries (occurred_at) WHERE state = 'PENDING'",
    "CREATE INDEX deliveries_of_webhook ON webhook_deliveries (workspace_id, webhook_id, occurred_at, id)",
    "CREATE INDEX deliveries_by_age ON webhook_deliveries (occurred_at)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
