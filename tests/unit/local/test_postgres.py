from pathlib import Path

import pytest

from local.services.postgres import VERSION, Postgres
from local.state import LocalStackError, State


def test_data_of_another_version_is_named_with_what_to_do(tmp_path: Path) -> None:
    data = tmp_path / "postgres/data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    with pytest.raises(LocalStackError, match=rf"made by PostgreSQL 18, and this release runs {VERSION}.*mv {data} "):
        Postgres(State.at(tmp_path)).start()
    assert (data / "PG_VERSION").read_text() == "18\n"
