"""A role for the functions: it reads and writes rows. The owner of the tables, as whom migrations run, does the rest.

On AWS the role is there before, and logs in by IAM (infra_cdk/database.py).
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"

# As in 0012: roles belong to the whole server.
_ROLE = """
    DO $$
    BEGIN
        CREATE ROLE adlens_app NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END $$
"""
_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO adlens_app",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO adlens_app",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO adlens_app",
    # What is made later, by whoever runs this: the owner.
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO adlens_app",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO adlens_app",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version, bi_readers FROM adlens_app",
    # Files of figures are matched in temporary tables, which readers of `bi` may not make.
    "DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO adlens_app', current_database()); END $$",
)
# Row-level security is for readers of `bi`: the functions see every row, and every query of theirs names its workspace.
_POLICIES = """
    DO $$
    DECLARE secured text;
    BEGIN
        FOR secured IN
            SELECT c.oid::regclass FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relrowsecurity
        LOOP
            EXECUTE format('CREATE POLICY app ON %s TO adlens_app USING (true) WITH CHECK (true)', secured);
        END LOOP;
    END $$
"""


def upgrade() -> None:
    for statement in (_ROLE, *_GRANTS, _POLICIES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
