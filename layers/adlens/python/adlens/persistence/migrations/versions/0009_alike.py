"""Embeddings in half precision, and an index of codes that finds what is alike within a workspace.

docs/adr/0009-similar-creatives.md tells why these codes. Both changes rewrite the table, and the index is built within
the transaction: some seconds per 100,000 embeddings, in which nobody else writes any.
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

_STATEMENTS = (
    "ALTER TABLE embeddings ALTER COLUMN vector TYPE halfvec USING vector::halfvec",
    """
    ALTER TABLE embeddings ADD COLUMN code bit(768) NOT NULL GENERATED ALWAYS AS ((
        binary_quantize(vector)::bit(512)
        || ('x' || md5(workspace_id::text || bundle_checksum))::bit(128)
        || ('x' || md5(bundle_checksum || workspace_id::text))::bit(128)
    )::bit(768)) STORED
    """,
    "CREATE INDEX embeddings_alike ON embeddings USING hnsw (code bit_hamming_ops)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
