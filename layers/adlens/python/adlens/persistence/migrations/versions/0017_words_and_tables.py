"""Separators of CSV, conversions with fractions, file names in composed letters.

The performance table is written anew: a second per million rows. What creatives are searched by needs no other
tables: `adlens reindex` brings it to the form of ADR 0013 while everything runs.
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"

_STATEMENTS = (
    "ALTER TABLE exports ADD COLUMN separator text NOT NULL DEFAULT 'comma'",
    "ALTER TABLE performance ALTER COLUMN conversions TYPE numeric(20, 4)",
    "UPDATE creatives SET filename = normalize(filename) WHERE filename IS NOT NFC NORMALIZED",
    "UPDATE creative_facts SET filename = normalize(filename) WHERE filename IS NOT NFC NORMALIZED",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
