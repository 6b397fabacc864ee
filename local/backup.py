"""A local stack in one file: its database, the readers' roles, its objects. What `adlens backup` and `restore` call.

```
backup.json     format, release, when, how many objects        roles.sql    login roles of BI readers
database.dump   pg_dump's own format                           objects/     files and their descriptions, by bucket
```
"""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from local.services.localstack import LocalStack
from local.services.postgres import Postgres
from local.state import DEFAULT_ROOT, LocalStackError, State

FORMAT = 1
DESCRIPTION, DUMP, ROLES, OBJECTS = "backup.json", "database.dump", "roles.sql", "objects"


@dataclass(frozen=True)
class Backup:
    """What a file holds: `made_at` in ISO 8601, UTC."""

    format: int
    made_at: str
    objects: int


def back_up(file: Path, root: Path = DEFAULT_ROOT) -> Backup:
    """Writes all of a stack into `file` (tar.gz), whether it runs or not; a file that is there is replaced at the end.

    The database comes first and is as of one moment; files of creatives that are deleted meanwhile are left out.
    LocalStackError says what is missing.
    """
    state = State.at(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    with state.lock(), _serving(Postgres(state)) as postgres, _beside(file) as folder:
        postgres.dump(folder / DUMP)
        (folder / ROLES).write_text(postgres.roles(), encoding="utf-8")
        partial = folder / "backup.tar.gz"
        with tarfile.open(partial, "w:gz", compresslevel=1) as archive:
            archive.add(folder / DUMP, DUMP)
            archive.add(folder / ROLES, ROLES)
            backup = Backup(FORMAT, datetime.now(UTC).isoformat(), _add_objects(archive, LocalStack(state).objects))
            _add(archive, DESCRIPTION, json.dumps(asdict(backup)).encode())
        partial.chmod(0o600)
        partial.replace(file)
    return backup


def restore(file: Path, root: Path = DEFAULT_ROOT, *, replace: bool = False) -> Backup:
    """Makes the stack of `root`, which must not run, the one of a backup.

    Data that is there is lost, and only with `replace`; nothing of it is touched until all of the backup has been read.
    LocalStackError says what is wrong.
    """
    state = State.at(root)
    with state.lock(), tempfile.TemporaryDirectory(dir=state.root, prefix="restore-") as name:
        if LocalStack(state).process:
            raise LocalStackError("The local stack runs: stop it first with `adlens down`.")
        folder = Path(name)
        backup = _extract(file, folder)
        objects = LocalStack(state).objects
        with _serving(Postgres(state)) as postgres:
            if not replace and (postgres.has_tables() or any(objects.glob("*/*.json"))):
                raise LocalStackError(f"There is data in {state.root}; --replace loses it for that of the backup.")
            postgres.restore(folder / DUMP, (folder / ROLES).read_text(encoding="utf-8"))
        (folder / OBJECTS).mkdir(exist_ok=True)
        if objects.exists():
            objects.rename(folder / "replaced")  # goes with the folder
        (folder / OBJECTS).rename(objects)
    return backup


def _extract(file: Path, folder: Path) -> Backup:
    try:
        with tarfile.open(file, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        contents = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        if contents["format"] != FORMAT:
            raise LocalStackError(f"{file} is a backup of format {contents['format']}; this release reads {FORMAT}.")
        backup = Backup(**contents)
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise LocalStackError(f"{file} is no whole backup: {error}") from error
    found = len(list((folder / OBJECTS).glob("*/*.json")))
    if found != backup.objects or not (folder / DUMP).exists() or not (folder / ROLES).exists():
        raise LocalStackError(f"{file} is no whole backup: {found} of {backup.objects} objects are there.")
    return backup


def _add_objects(archive: tarfile.TarFile, objects: Path) -> int:
    """A file and its description go together: one of them alone is of an object that is being stored or deleted."""
    added = 0
    for description in sorted(objects.glob("*/*.json")):
        try:
            metadata, data = description.read_bytes(), description.with_suffix("").read_bytes()
        except FileNotFoundError:
            continue
        name = f"{OBJECTS}/{description.parent.name}/{description.stem}"
        _add(archive, name, data)
        _add(archive, f"{name}.json", metadata)
        added += 1
    return added


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), 0o600, int(datetime.now(UTC).timestamp())
    archive.addfile(entry, io.BytesIO(data))


@contextmanager
def _serving(postgres: Postgres) -> Iterator[Postgres]:
    """The server runs in the context; one that was started for it is stopped."""
    ran = postgres.pid is not None
    postgres.start()
    try:
        yield postgres
    finally:
        if not ran:
            postgres.stop()


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A folder on the file's own disk, which goes with the context."""
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as folder:
        yield Path(folder)
