"""What creatives cost on the disk."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, text


@dataclass(frozen=True, slots=True)
class TableSize:
    """Bytes: `heap` with what is kept beside it (TOAST), `indexes` by name."""

    table: str
    rows: int
    heap: int
    indexes: dict[str, int]

    @property
    def total(self) -> int:
        return self.heap + sum(self.indexes.values())


def table_sizes(engine: Engine) -> list[TableSize]:
    """The largest first."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                """
                SELECT t.relname, greatest(t.reltuples, 0)::bigint, pg_table_size(t.oid),
                    coalesce(json_object_agg(i.relname, pg_relation_size(i.oid)) FILTER (WHERE i.oid IS NOT NULL), '{}')
                FROM pg_class t LEFT JOIN pg_index x ON x.indrelid = t.oid LEFT JOIN pg_class i ON i.oid = x.indexrelid
                WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace GROUP BY t.oid
                """
            )
        )
        sizes = [TableSize(name, count, heap, indexes) for name, count, heap, indexes in rows]
    return sorted(sizes, key=lambda size: -size.total)
