"""Connections and transactions. Errors of the database connection leave this module as TransientError."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from uuid import UUID

import psycopg2
from psycopg2.extensions import QuotedString, register_adapter
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from adlens.domain.errors import TransientError
from adlens.domain.text import storable

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_LOST_RACES = {"40001", "40P01"}  # serialization_failure, deadlock_detected: the same work succeeds at once
_READ_ONLY = "25006"  # a writer that has just become a reader: a failover is under way
_ATTEMPTS = 5
_REFUSED = re.compile(r"authentication|credentials|password|role .* does not exist", re.IGNORECASE)
_SERVER_SETTINGS = (
    "-c timezone=UTC -c statement_timeout=30s -c lock_timeout=15s -c idle_in_transaction_session_timeout=60s"
)

CERTIFICATES = Path(__file__).with_name("certificates.pem")
"""What certificates of Aurora and RDS Proxy are checked against."""


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: str = field(repr=False)


CredentialsProvider = Callable[[bool], Credentials]
"""Returns credentials. True: the last ones were refused, so a cache must be refreshed."""


def make_engine(
    url: str | URL,
    credentials: CredentialsProvider | None = None,
    *,
    application_name: str = "adlens",
    pool_size: int = 1,
    connect_seconds: int = 5,
) -> Engine:
    """An engine that has connected to nothing yet, with `pool_size` connections at most.

    One connection per process is what a Lambda environment can use, and what the capacity of the database is planned
    with. With `credentials` the URL needs no user: they are asked for at each connection, and once more when refused.
    """
    arguments: dict[str, Any] = {
        "application_name": application_name,
        "connect_timeout": connect_seconds,
        # A peer that vanished without a word is noticed in seconds, not in the kernel's two hours.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    if credentials is None:
        # RDS Proxy refuses start-up options and pins sessions that SET anything; there the cluster's parameters serve.
        arguments["options"] = _SERVER_SETTINGS
    register_adapter(str, _storable_text)
    engine = create_engine(
        url,
        json_serializer=_storable_json,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=15,
        pool_pre_ping=True,
        pool_use_lifo=True,
        use_native_hstore=False,
        hide_parameters=True,  # errors are logged, and parameters are customers' texts, file names and addresses
        connect_args=arguments,
    )
    event.listen(engine, "handle_error", _leave_out_details)
    if credentials is not None:
        _ask_for_credentials(engine, credentials)
    return engine


def _leave_out_details(context: ExceptionContext) -> None:
    """Of an error that will be logged, the line that says what happened: those below quote rows and statements."""
    if context.statement is None:
        return  # no connection: addresses, and why each did not take one
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None and error.args:
            first, *others = error.args
            error.args = (str(first).partition("\n")[0], *others)


# All text on its way to the database passes here.


def _storable_text(value: str) -> QuotedString:
    return QuotedString(storable(value))


_NUL_IN_JSON = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def _storable_json(value: Any) -> str:
    """JSON that jsonb takes: its texts hold no NUL, and lone surrogates are left to `_storable_text`."""
    return _NUL_IN_JSON.sub(r"\1", json.dumps(value, ensure_ascii=False))


def _ask_for_credentials(engine: Engine, credentials: CredentialsProvider) -> None:
    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, args: Any, parameters: dict[str, Any]) -> Any:
        def attempt(current: Credentials) -> Any:
            return psycopg2.connect(*args, **{**parameters, "user": current.username, "password": current.password})

        try:
            return attempt(credentials(False))
        except psycopg2.OperationalError as error:
            # libpq gives no SQLSTATE for a failed connection, only the server's sentence.
            if not _REFUSED.search(str(error)):
                raise
            return attempt(credentials(True))


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that is committed at the end, or rolled back when an exception leaves it."""
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise TransientError("The database cannot be used at the moment; try again in a minute.") from error
    except DBAPIError as error:
        if error.connection_invalidated or _sqlstate(error) == _READ_ONLY:
            raise TransientError("The database cannot be used at the moment; try again in a minute.") from error
        raise


def use_repeatable_read(session: Session) -> None:
    """Lets all statements of the transaction see the same data. Call it before the first of them."""
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """A session that reads, from its first query to its end, the database as it was at that query."""
    # The driver sends both with BEGIN: nothing is SET on a connection that a proxy shares.
    reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with transaction(reading) as session:
        yield session


_LOCKS = {
    True: text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0))"),
    False: text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
}


def lock_until_commit(session: Session | Connection, name: str, workspace_id: UUID, *, shared: bool) -> None:
    """Waits for a lock of this name and workspace; shared locks wait for one that is not. Of the transaction, so that
    a proxy need not keep its connection for this session."""
    session.execute(_LOCKS[shared], {"name": f"{name} {workspace_id}"})


class HasEngine(Protocol):
    @property
    def engine(self) -> Engine: ...


S = TypeVar("S", bound=HasEngine)
P = ParamSpec("P")
T = TypeVar("T")


def transactional(method: Callable[Concatenate[S, Session, P], T]) -> Callable[Concatenate[S, P], T]:
    """Makes a method one transaction: its first argument, the session, is no longer the caller's business.

    The work runs again when it lost a race against another transaction, so it must have no effect but on the database.
    """

    @wraps(method)
    def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with transaction(self.engine) as session:
                    return method(self, session, *args, **kwargs)
            except TransientError as error:
                cause = error.__cause__
                if attempt == _ATTEMPTS or not isinstance(cause, DBAPIError) or _sqlstate(cause) not in _LOST_RACES:
                    raise
                time.sleep(random.uniform(0, 0.05 * attempt))  # noqa: S311 - spreads the retries, guards nothing
        raise AssertionError("unreachable")

    return run


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "pgcode", None)
