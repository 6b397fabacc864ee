"""The functions may end what readers of the schema `bi` run for too long, whatever timeout a reader sets for itself."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"

# As the owner, who is a superuser or inherits from each reader, and may therefore see and end its sessions.
_STATEMENTS = (
    """
    CREATE FUNCTION end_long_reads(longest interval) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT count(*) FILTER (WHERE pg_terminate_backend(a.pid))
        FROM pg_stat_activity a JOIN public.bi_readers r ON r.role = a.usename
        WHERE a.datname = current_database() AND a.xact_start < clock_timestamp() - longest
    $$
    """,
    """
    DO $$
    DECLARE reader text;
    BEGIN
        FOR reader IN SELECT role FROM bi_readers r JOIN pg_roles ON rolname = r.role LOOP
            EXECUTE format('GRANT %I TO CURRENT_USER WITH INHERIT TRUE', reader);
        END LOOP;
    END $$
    """,
    "REVOKE EXECUTE ON FUNCTION end_long_reads FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION end_long_reads TO adlens_app",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Migrations run forwards only; restore a backup to go back.")
