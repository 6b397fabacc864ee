"""Readers of the schema `bi`: login roles that see one workspace, read only (migration 0012, docs/bi.md)."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from psycopg2.extensions import encrypt_password
from sqlalchemy import Engine, delete, func, select, text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from adlens.domain.errors import InvalidValue
from adlens.domain.ports.bi import BiReaders
from adlens.domain.workspaces import BiReader
from adlens.persistence.schema import Workspace
from adlens.persistence.schema.workspaces import BiReader as BiReaderRow
from adlens.persistence.session import transaction, transactional

GROUP_ROLE = "adlens_bi"
MAX_CONNECTIONS = 5
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"

# A session can change these again, and still read nothing else and write nothing; `end_long_reads` then ends it.
_SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "60s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
}

# PUBLIC may call these by default: advisory locks, which migrations wait for, and large objects.
_NOT_FOR_READERS = text(
    r"""
    SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', p.oid::regprocedure)
    FROM pg_proc p, pg_roles r, pg_class c
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
      AND (p.proname LIKE 'pg\_%advisory%lock%' OR p.proname ~ '^lo(_|read|write)')
      AND has_function_privilege('public', p.oid, 'EXECUTE')
      AND r.rolname = current_user AND r.rolsuper
      AND c.oid = 'workspaces'::regclass AND c.relowner = r.oid
    ORDER BY 1
    """
)


class PostgresBiReaders(BiReaders):
    """Needs an engine that connects as the owner of the tables, who is superuser or may make roles (CREATEROLE)."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def create(self, session: Session, workspace_id: UUID) -> tuple[BiReader, str]:
        """A new login role that sees this workspace, and its password, of which the database keeps a SCRAM verifier.

        Every reader can list the names of all roles, so a name carries no information. Raises InvalidValue without such
        a workspace.
        """
        if session.get(Workspace, workspace_id) is None:
            raise InvalidValue(f"There is no workspace {workspace_id}.", "workspace_id")
        _revoke_public_grants(session)
        role = f"{GROUP_ROLE}_{''.join(secrets.choice(_LETTERS) for _ in range(10))}"
        password = secrets.token_urlsafe(24)
        # Not the password itself: statements that make roles are logged by careful servers.
        driver = session.connection().connection.driver_connection
        verifier = encrypt_password(password, role, driver, "scram-sha-256")
        session.execute(
            text(
                f"CREATE ROLE {role} LOGIN CONNECTION LIMIT {MAX_CONNECTIONS} IN ROLE {GROUP_ROLE} "
                f"PASSWORD '{verifier}'".replace(":", r"\:")
            )
        )
        session.execute(text(f"GRANT {role} TO CURRENT_USER WITH INHERIT TRUE"))  # to end its sessions
        for name, value in _SETTINGS.items():
            session.execute(text(f"ALTER ROLE {role} SET {name} = '{value}'"))
        row = BiReaderRow(role=role, workspace_id=workspace_id)
        session.add(row)
        session.flush()
        session.refresh(row)
        return _reader(row), password

    @transactional
    def all(self, session: Session) -> list[BiReader]:
        rows = session.scalars(select(BiReaderRow).order_by(BiReaderRow.created_at, BiReaderRow.role))
        return [_reader(row) for row in rows]

    @transactional
    def revoke(self, session: Session, role: str) -> bool:
        """Lets the role see nothing and log in no more, at once; False when it is no reader of this database."""
        gone = session.execute(delete(BiReaderRow).where(BiReaderRow.role == role).returning(BiReaderRow.role)).first()
        if gone is None:
            return False
        if session.scalar(text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": role}):
            session.execute(text(f'ALTER ROLE "{role}" NOLOGIN'))
            # It may own something in spite of all, in another database of the server: then it stays, and opens nothing.
            with suppress(InternalError), session.begin_nested():
                session.execute(text(f'DROP ROLE "{role}"'))
        return True

    def address(self, role: str, password: str) -> str:
        """The URL of this database for a reader."""
        url = self.engine.url.set(drivername="postgresql", username=role, password=password)
        return url.render_as_string(hide_password=False)


def end_long_reads(engine: Engine, longest: timedelta) -> int:
    """Ends the sessions of readers whose transaction began more than `longest` ago, whatever they have set. The role of
    the functions may call it. Returns how many there were.
    """
    with transaction(engine) as session:
        return int(session.execute(text("SELECT end_long_reads(:longest)"), {"longest": longest}).scalar_one())


def _revoke_public_grants(session: Session) -> None:
    """Revokes what PostgreSQL grants to PUBLIC and readers must not have. The owner keeps all of it."""
    database = session.scalar(select(func.quote_ident(func.current_database())))
    session.execute(text(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC"))
    session.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    for statement in session.scalars(_NOT_FOR_READERS).all():
        session.execute(text(statement))


def _reader(row: BiReaderRow) -> BiReader:
    return BiReader(row.role, row.workspace_id, row.created_at)
