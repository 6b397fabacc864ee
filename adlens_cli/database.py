"""The database that a command is for."""

from __future__ import annotations

from sqlalchemy import Engine, make_url

from adlens.persistence.session import make_engine
from adlens_cli.admin import fail
from local import stack


def engine_of(url: str | None) -> Engine:
    """Of a PostgreSQL URL of whatever kind; else of the local stack's database."""
    if url:
        return make_engine(make_url(url).set(drivername="postgresql+psycopg2"))
    if (running := stack.running()) is None:
        fail("the local stack does not run; start it with `adlens up`, or name a --database.")
    return make_engine(running.database_url)
