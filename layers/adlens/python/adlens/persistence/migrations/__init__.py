"""Changes of the schema, oldest first in `versions`. They run forwards only."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

_LOCK = 0x61646C656E73  # "adlens"


def migrate(engine: Engine) -> str:
    """Brings the database to the newest revision and answers with it; all of it happens or nothing.

    Safe to call at any time and from several places at once: they wait for each other.
    """
    config = Config()
    # Percent signs in the path would be taken for interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return MigrationContext.configure(connection).get_current_revision() or ""
