"""One small PostgreSQL, embedded: the settings of a small instance of RDS or Aurora, where they matter to a reader."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import create_engine, text

from adlens.persistence.migrations import migrate
from adlens.persistence.session import make_engine
from local.services.postgres import Postgres
from local.state import State

SMALL: Mapping[str, str] = {
    # An instance with 8 GB and 2 cores (db.t4g.large): RDS gives a quarter of the memory to the buffers.
    "shared_buffers": "2GB",
    "effective_cache_size": "6GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_parallel_workers_per_gather": "2",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "32",
    "jit": "off",
    "max_wal_size": "4GB",
}
_LOADING: Mapping[str, str] = {
    **SMALL,
    # Nothing is there yet that a crash could harm.
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "16GB",
    "autovacuum": "off",
    "max_parallel_maintenance_workers": "2",
}


class Server:
    """The server of a folder. A database per size; a size that was filled stays until it is dropped."""

    def __init__(self, folder: Path) -> None:
        self._server = Postgres(State.at(folder))

    @contextlib.contextmanager
    def running(self, loading: bool = False) -> Iterator[None]:
        """Runs with the settings of a small instance, or for `loading` with those that lose what a crash interrupts."""
        self._server.start()
        self._configure(_LOADING if loading else SMALL)
        self._server.stop()
        self._server.start()
        try:
            yield
        finally:
            self._server.stop()

    def url(self, database: str) -> str:
        return self._server.url(database)

    def create(self, database: str) -> str:
        """Makes a migrated, empty database, whatever was there before."""
        self._server.drop_database(database)
        engine = make_engine(url := self._server.create_database(database))
        try:
            migrate(engine)
        finally:
            engine.dispose()
        return url

    def _configure(self, settings: Mapping[str, str]) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("ALTER SYSTEM RESET ALL"))
            for name, value in settings.items():
                connection.execute(text(f"ALTER SYSTEM SET {name} = '{value}'"))
        engine.dispose()
