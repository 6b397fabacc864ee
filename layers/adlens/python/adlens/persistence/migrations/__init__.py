"""Changes of the schema, oldest first in `versions`. They run forwards only, each in a transaction of its own.

The functions of the release before run on the new schema, during a deployment and after a rollback: a migration adds,
and what nothing reads any more is dropped a release later (docs/operations.md). An index on a table that may be large
is built within `op.get_context().autocommit_block()`, with `postgresql_concurrently=True, if_not_exists=True`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

_LOCK = 0x61646C656E73  # "adlens"
_LOCK_TIMEOUT = "5s"
"""How long a migration waits for locks; transactions after it wait behind it as long."""
_PAUSE_SECONDS = 1.0
_IN_THE_WAY = {"55P03", "40P01"}  # lock_not_available, deadlock_detected

T = TypeVar("T")


def migrate(engine: Engine, seconds: float = 540) -> str:
    """Brings the database to the newest revision. Returns the revision it is at.

    A database that a newer release has migrated stays as it is: that is where a rollback leads. Safe to call at any
    time and from several places at once: they wait for each other. For `seconds` it tries to connect, and to get the
    locks that it needs; what is done by then stays, and the next call goes on from there.
    """
    deadline = time.monotonic() + seconds
    config = Config()
    # Percent signs in the path would be taken for interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with _alone(engine, deadline) as connection:
        config.attributes["connection"] = connection
        if (before := _revision(connection)) is not None and before > max(known):
            return before
        _until(deadline, lambda: command.upgrade(config, "head"), _is_in_the_way, connection)
        return _revision(connection) or ""


@contextmanager
def _alone(engine: Engine, deadline: float) -> Iterator[Connection]:
    """A connection that no other migration runs beside, with time for what takes long and none for waiting."""
    connection = _until(deadline, engine.connect, lambda error: isinstance(error, OperationalError))
    with connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
        connection.commit()
        lock = {"lock": _LOCK}
        while not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), lock).scalar_one():
            connection.commit()
            if time.monotonic() > deadline:
                raise TimeoutError("Another migration of this database goes on. Try again when it has ended.")
            time.sleep(_PAUSE_SECONDS / 4)
        connection.commit()
        try:
            yield connection
        finally:
            # Locks and settings end with the session, not with its return to the pool.
            connection.invalidate()


def _until(
    deadline: float,
    work: Callable[[], T],
    is_passing: Callable[[Exception], bool],
    connection: Connection | None = None,
) -> T:
    """The result of `work`, done again while its failure is a passing one and there is time."""
    while True:
        try:
            return work()
        except DBAPIError as error:
            if not is_passing(error) or time.monotonic() + _PAUSE_SECONDS > deadline:
                raise
            if connection is not None:
                connection.rollback()
            time.sleep(_PAUSE_SECONDS)


def _is_in_the_way(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) in _IN_THE_WAY


def _revision(connection: Connection) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    return revision
