"""First tables."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

_OF_CREATIVE = """
    FOREIGN KEY (workspace_id, creative_id) REFERENCES creatives (workspace_id, id) ON DELETE CASCADE
"""
_OF_GROUP = """
    FOREIGN KEY (workspace_id, group_id) REFERENCES groups (workspace_id, id) ON DELETE CASCADE
"""
_BOX = """
    x1 double precision NOT NULL,
    y1 double precision NOT NULL,
    x2 double precision NOT NULL,
    y2 double precision NOT NULL,
    CHECK (0 <= x1 AND x1 <= x2 AND x2 <= 1 AND 0 <= y1 AND y1 <= y2 AND y2 <= 1)
"""

_STATEMENTS = (
    # pgvector; the role that migrates must be allowed to create it, or find it there.
    "CREATE EXTENSION IF NOT EXISTS vector",
    """
    CREATE TABLE workspaces (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE api_keys (
        id uuid PRIMARY KEY,
        workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
        prefix text NOT NULL UNIQUE,
        digest bytea NOT NULL CHECK (length(digest) = 32),
        name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        last_used_at timestamptz,
        revoked_at timestamptz
    )
    """,
    "CREATE INDEX api_keys_workspace ON api_keys (workspace_id)",
    """
    CREATE TABLE settings (
        workspace_id uuid REFERENCES workspaces ON DELETE CASCADE,
        key text,
        value integer NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (workspace_id, key)
    )
    """,
    """
    CREATE TABLE groups (
        workspace_id uuid REFERENCES workspaces ON DELETE CASCADE,
        id text,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (workspace_id, id)
    )
    """,
    "CREATE INDEX groups_newest ON groups (workspace_id, created_at DESC, id DESC)",
    f"""
    CREATE TABLE creatives (
        workspace_id uuid,
        id uuid,
        group_id text NOT NULL,
        filename text NOT NULL,
        object_key text NOT NULL,
        uploaded_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        status text NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'PROCESSING', 'SUCCESS', 'ERROR')),
        failure_code text,
        failure_reason text,
        revision integer NOT NULL DEFAULT 1 CHECK (revision >= 1),
        analysed_revision integer NOT NULL DEFAULT 0,
        etag text,
        event_etag text,
        sequencer text,
        claim_token uuid,
        claimant text,
        claimed_revision integer,
        claim_expires_at timestamptz,
        size bigint CHECK (size >= 0),
        format text,
        width integer CHECK (width > 0),
        height integer CHECK (height > 0),
        bytes bigint CHECK (bytes >= 0),
        sha256 text CHECK (length(sha256) = 64),
        phash text CHECK (length(phash) = 16),
        PRIMARY KEY (workspace_id, id),
        {_OF_GROUP},
        CHECK (0 <= analysed_revision AND analysed_revision <= revision),
        CHECK ((status = 'ERROR') = (failure_code IS NOT NULL)),
        CHECK ((failure_code IS NULL) = (failure_reason IS NULL)),
        -- A claim is whole or there is none, and exactly what is PROCESSING is claimed.
        CHECK (num_nonnulls(claim_token, claimant, claimed_revision, claim_expires_at) IN (0, 4)),
        CHECK ((status = 'PROCESSING') = (claim_token IS NOT NULL)),
        CHECK (num_nonnulls(format, width, height, bytes, sha256, phash) IN (0, 6))
    )
    """,
    "CREATE INDEX creatives_of_group ON creatives (workspace_id, group_id, uploaded_at, id)",
    "CREATE INDEX creatives_unfinished ON creatives (updated_at) WHERE status IN ('PENDING', 'PROCESSING')",
    f"""
    CREATE TABLE stage_runs (
        workspace_id uuid,
        creative_id uuid,
        stage text,
        state text NOT NULL CHECK (state IN ('PENDING', 'PROCESSING', 'SUCCESS', 'ERROR', 'NOT_AVAILABLE')),
        started_at timestamptz,
        seconds numeric(14, 6) CHECK (seconds >= 0),
        reason text,
        PRIMARY KEY (workspace_id, creative_id, stage),
        {_OF_CREATIVE}
    )
    """,
    f"""
    CREATE TABLE analyses (
        workspace_id uuid,
        creative_id uuid,
        revision integer NOT NULL,
        analysed_at timestamptz NOT NULL DEFAULT now(),
        seconds numeric(14, 6) NOT NULL CHECK (seconds >= 0),
        stages jsonb NOT NULL,
        bundle_name text NOT NULL,
        bundle_version text NOT NULL,
        bundle_checksum text NOT NULL,
        engines jsonb NOT NULL,
        has_text boolean NOT NULL,
        has_palette boolean NOT NULL,
        class_scores jsonb,
        topic text CHECK (topic <> ''),
        topic_confidence numeric(9, 6) CHECK (topic_confidence BETWEEN 0 AND 1),
        topic_scores jsonb,
        topic_evidence jsonb,
        PRIMARY KEY (workspace_id, creative_id),
        {_OF_CREATIVE},
        CHECK (num_nonnulls(topic, topic_confidence, topic_scores, topic_evidence) IN (0, 4))
    )
    """,
    f"""
    CREATE TABLE text_blocks (
        workspace_id uuid,
        creative_id uuid,
        position integer,
        text text NOT NULL,
        confidence numeric(9, 6) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
        polygon jsonb NOT NULL,
        language text,
        {_BOX},
        PRIMARY KEY (workspace_id, creative_id, position),
        {_OF_CREATIVE}
    )
    """,
    f"""
    CREATE TABLE detected_objects (
        workspace_id uuid,
        creative_id uuid,
        position integer,
        class_name text NOT NULL,
        confidence numeric(9, 6) NOT NULL CHECK (confidence BETWEEN 0 AND 1),
        {_BOX},
        PRIMARY KEY (workspace_id, creative_id, position),
        {_OF_CREATIVE}
    )
    """,
    f"""
    CREATE TABLE swatches (
        workspace_id uuid,
        creative_id uuid,
        position integer,
        hex text NOT NULL CHECK (hex ~ '^#[0-9a-f]{{6}}$'),
        percent numeric(9, 6) NOT NULL CHECK (percent BETWEEN 0 AND 100),
        role text NOT NULL CHECK (role IN ('dominant', 'secondary')),
        color_class text NOT NULL,
        PRIMARY KEY (workspace_id, creative_id, position),
        {_OF_CREATIVE}
    )
    """,
    f"""
    CREATE TABLE embeddings (
        workspace_id uuid,
        creative_id uuid,
        bundle_checksum text NOT NULL,
        vector vector NOT NULL,
        PRIMARY KEY (workspace_id, creative_id),
        {_OF_CREATIVE}
    )
    """,
    f"""
    CREATE TABLE topic_corrections (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        workspace_id uuid NOT NULL,
        creative_id uuid NOT NULL,
        predicted text,
        topic text NOT NULL CHECK (topic <> ''),
        corrected_at timestamptz NOT NULL DEFAULT now(),
        {_OF_CREATIVE}
    )
    """,
    "CREATE INDEX topic_corrections_of_creative ON topic_corrections (workspace_id, creative_id)",
    """
    CREATE TABLE model_bundles (
        checksum text PRIMARY KEY,
        name text NOT NULL,
        version text NOT NULL,
        engines jsonb NOT NULL,
        first_seen_at timestamptz NOT NULL DEFAULT now(),
        reported_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    # Roll-ups carry no checks on signs: an upsert proposes the difference, which may be negative, and PostgreSQL
    # checks the proposed row before it finds the conflict.
    f"""
    CREATE TABLE group_rollup (
        workspace_id uuid,
        group_id text,
        creatives bigint NOT NULL DEFAULT 0,
        analysed bigint NOT NULL DEFAULT 0,
        seconds numeric(20, 6) NOT NULL DEFAULT 0,
        text_blocks bigint NOT NULL DEFAULT 0,
        text_confidence numeric(20, 6) NOT NULL DEFAULT 0,
        objects bigint NOT NULL DEFAULT 0,
        object_confidence numeric(20, 6) NOT NULL DEFAULT 0,
        topics bigint NOT NULL DEFAULT 0,
        topic_confidence numeric(20, 6) NOT NULL DEFAULT 0,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (workspace_id, group_id),
        {_OF_GROUP}
    )
    """,
    f"""
    CREATE TABLE group_topic_rollup (
        workspace_id uuid,
        group_id text,
        topic text,
        creatives bigint NOT NULL DEFAULT 0,
        text_blocks bigint NOT NULL DEFAULT 0,
        text_confidence numeric(20, 6) NOT NULL DEFAULT 0,
        objects bigint NOT NULL DEFAULT 0,
        object_confidence numeric(20, 6) NOT NULL DEFAULT 0,
        topic_confidence numeric(20, 6) NOT NULL DEFAULT 0,
        PRIMARY KEY (workspace_id, group_id, topic),
        {_OF_GROUP}
    )
    """,
    f"""
    CREATE TABLE group_color_rollup (
        workspace_id uuid,
        group_id text,
        hex text,
        creatives bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (workspace_id, group_id, hex),
        {_OF_GROUP}
    )
    """,
    f"""
    CREATE TABLE group_topic_color_rollup (
        workspace_id uuid,
        group_id text,
        topic text,
        color_class text,
        swatches bigint NOT NULL DEFAULT 0,
        percent numeric(20, 6) NOT NULL DEFAULT 0,
        PRIMARY KEY (workspace_id, group_id, topic, color_class),
        {_OF_GROUP}
    )
    """,
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
