"""Exports: files of creatives that somebody asked for."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

_STATEMENTS = (
    """
    CREATE TABLE exports (
        workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
        id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        ended_at timestamptz,
        format text NOT NULL CHECK (format IN ('csv', 'parquet', 'coco', 'jsonl')),
        filters jsonb NOT NULL,
        group_ids text[] NOT NULL DEFAULT '{}',
        with_embeddings boolean NOT NULL DEFAULT false,
        state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'RUNNING', 'DONE', 'FAILED')),
        done bigint NOT NULL DEFAULT 0,
        total bigint,
        failure_code text,
        failure_reason text,
        claim_token uuid,
        claimant text,
        claim_expires_at timestamptz,
        object_key text,
        rows bigint,
        bytes bigint,
        sha256 text,
        PRIMARY KEY (workspace_id, id),
        CHECK ((state IN ('DONE', 'FAILED')) = (ended_at IS NOT NULL)),
        CHECK ((state = 'FAILED') = (failure_code IS NOT NULL)),
        CHECK ((failure_code IS NULL) = (failure_reason IS NULL)),
        CHECK ((state = 'RUNNING') = (claim_token IS NOT NULL)),
        CHECK (num_nulls(claim_token, claimant, claim_expires_at) IN (0, 3)),
        CHECK ((state = 'DONE') = (object_key IS NOT NULL)),
        CHECK (num_nulls(object_key, rows, bytes, sha256) IN (0, 4))
    )
    """,
    "CREATE INDEX exports_newest ON exports (workspace_id, created_at DESC, id DESC)",
    "CREATE INDEX exports_ended ON exports (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX exports_unfinished ON exports (updated_at) WHERE ended_at IS NULL",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
