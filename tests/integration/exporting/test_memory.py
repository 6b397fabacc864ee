"""Memory does not grow with the number of creatives: measured in processes of their own, on a real PostgreSQL."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Engine

from adlens.domain.exports import ExportFormat
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from benchmarks.exports import MOST_MEGABYTES, fill, measured

FEW, MANY = 6_000, 20_000
"""Either is more than a row group of Parquet, which is what is held at once."""
SLACK_MEGABYTES = 25
"""A file of MANY has some 20 to 60 MB in a text format: what held it, or the creatives, would need more than this."""


@pytest.fixture(scope="module")
def workspaces(engine: Engine) -> tuple[UUID, UUID]:
    few, many = (PostgresWorkspaces(engine).create(name).id for name in ("few", "many"))
    fill(engine, few, FEW)
    fill(engine, many, MANY)
    return few, many


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("export_format", ExportFormat)
def test_many_creatives_need_no_more_memory_than_few(
    database_url: str, workspaces: tuple[UUID, UUID], export_format: ExportFormat
) -> None:
    few, many = (measured(database_url, workspace, export_format, True) for workspace in workspaces)
    assert (few["rows"], many["rows"]) == (FEW, MANY)
    assert many["megabytes"] < few["megabytes"] + SLACK_MEGABYTES
    assert many["megabytes"] < MOST_MEGABYTES
