"""The creatives that an export is made of, read in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Engine, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session

from adlens.domain.creative import Creative, CreativeId, Status
from adlens.domain.exports import (
    Snapshot,
)
from adlens.domain.gallery import CreativeFilter
from adlens.persistence import mapping, schema
from adlens.persistence.search.plan import FilterPlan, compile_filter
from adlens.persistence.session import snapshot

CREATIVES_PER_BATCH = 500


class PostgresCreativeReader:
    """Reads by a cursor of the server and in batches: memory does not grow with the number of creatives."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def snapshot(self, workspace_id: UUID, filters: CreativeFilter, with_embeddings: bool) -> Iterator[Snapshot]:
        with snapshot(self.engine) as session:
            plan = compile_filter(session, workspace_id, filters)
            total = session.scalars(plan.select(func.count())).one()
            yield Snapshot(total, _creatives(session, plan, with_embeddings))


def _creatives(session: Session, plan: FilterPlan, with_embeddings: bool) -> Iterator[Creative]:
    facts = schema.Facts
    ids = plan.select(facts.creative_id).order_by(facts.uploaded_at, facts.creative_id)
    found = session.execute(ids, execution_options={"yield_per": CREATIVES_PER_BATCH})
    for batch in found.scalars().partitions():
        yield from _batch(session, plan.workspace_id, batch, with_embeddings)


class _Line(NamedTuple):
    text: str
    confidence: float
    polygon: list[list[float]]
    language: str | None
    x1: float
    y1: float
    x2: float
    y2: float


class _Thing(NamedTuple):
    class_name: str
    confidence: float
    x1: float
    y1: float
    x2: float
    y2: float


class _Shade(NamedTuple):
    hex: str
    percent: float
    role: str
    color_class: str


def _batch(session: Session, workspace_id: UUID, ids: Sequence[UUID], with_embeddings: bool) -> Iterator[Creative]:
    """Creatives in the order of `ids`, in two queries. Their stages are those of the analysis.

    Columns rather than entities, and lists put together by the database: a third of the work in this process.
    """
    creative, analysis, embedding = schema.Creative, schema.Analysis, schema.Embedding
    mine = creative.workspace_id == workspace_id, _among(creative.id, ids)
    creatives = {row.id: row for row in session.execute(select(*_CREATIVE).where(*mine))}
    statement = select(*_ANALYSIS, *(_list_of(*kind) for kind in _LISTS))
    if with_embeddings:
        own = (embedding.workspace_id == analysis.workspace_id) & (embedding.creative_id == analysis.creative_id)
        statement = statement.add_columns(embedding.vector).outerjoin(embedding, own)
    mine = analysis.workspace_id == workspace_id, _among(analysis.creative_id, ids)
    analyses = {row.creative_id: row for row in session.execute(statement.where(*mine))}
    for id_ in ids:
        row: Any = creatives[id_]
        found: Any = analyses.get(id_)
        facts, findings = mapping.facts(row), None
        if found is not None and facts is not None:
            lines: Any = [_Line._make(values) for values in found.lines or ()]
            things: Any = [_Thing._make(values) for values in found.things or ()]
            shades: Any = [_Shade._make(values) for values in found.shades or ()]
            findings = mapping.analysis(found, facts, lines, things, shades, found.vector if with_embeddings else None)
        yield Creative(
            key=CreativeId(workspace_id, id_),
            group_id=row.group_id,
            filename=row.filename,
            object_key=row.object_key,
            status=Status(row.status),
            uploaded_at=row.uploaded_at,
            revision=row.revision,
            size=row.size,
            facts=facts,
            stages=findings.stages if findings else (),
            failure=mapping.failure(row),
            analysis=findings,
            has_preview=row.has_preview,
        )


_CREATIVE = tuple(
    column
    for column in schema.Creative.__table__.columns
    if column.name not in ("workspace_id", "updated_at", "etag", "event_etag", "sequencer", "claim_token", "claimant")
)

_ANALYSIS = tuple(
    column for column in schema.Analysis.__table__.columns if column.name not in ("workspace_id", "words")
)

_LISTS = (
    ("lines", schema.TextBlock, _Line),
    ("things", schema.DetectedObject, _Thing),
    ("shades", schema.Swatch, _Shade),
)


def _list_of(
    name: str, table: type[schema.TextBlock | schema.DetectedObject | schema.Swatch], row: type[NamedTuple]
) -> ColumnElement[Any]:
    """The rows of an analysis in another table, as a JSON array of arrays in the order of `row`'s fields."""
    values = func.json_build_array(*(getattr(table, field) for field in row._fields))
    listed = select(func.json_agg(aggregate_order_by(values, table.position), type_=JSON))
    own = table.workspace_id == schema.Analysis.workspace_id, table.creative_id == schema.Analysis.creative_id
    return listed.where(*own).correlate(schema.Analysis).scalar_subquery().label(name)


def _among(column: Any, ids: Sequence[UUID]) -> ColumnElement[bool]:
    """One parameter whatever their number: the statement is compiled once."""
    among: ColumnElement[bool] = column == any_(bindparam(None, list(ids), ARRAY(Uuid)))
    return among
