"""Jobs: bulk work in the background."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"

_STATEMENTS = (
    # No list of kinds: a release adds one without a migration.
    """
    CREATE TABLE jobs (
        workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
        id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        kind text NOT NULL,
        instructions jsonb NOT NULL,
        asked_by text,
        state text NOT NULL DEFAULT 'PENDING'
            CHECK (state IN ('PENDING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')),
        done bigint NOT NULL DEFAULT 0,
        total bigint NOT NULL DEFAULT 0,
        cursor jsonb NOT NULL DEFAULT '{}',
        failure_code text,
        failure_reason text,
        report jsonb,
        claim_token uuid,
        claimant text,
        claim_expires_at timestamptz,
        PRIMARY KEY (workspace_id, id),
        CHECK ((state IN ('DONE', 'FAILED', 'CANCELLED')) = (ended_at IS NOT NULL)),
        CHECK ((state = 'FAILED') = (failure_code IS NOT NULL)),
        CHECK ((failure_code IS NULL) = (failure_reason IS NULL)),
        CHECK ((state = 'RUNNING') = (claim_token IS NOT NULL)),
        CHECK (num_nulls(claim_token, claimant, claim_expires_at) IN (0, 3))
    )
    """,
    "CREATE INDEX jobs_newest ON jobs (workspace_id, created_at DESC, id DESC)",
    "CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX jobs_unfinished ON jobs (updated_at) WHERE ended_at IS NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
