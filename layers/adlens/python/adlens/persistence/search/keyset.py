"""The orders of a gallery, as keysets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, func, text, tuple_

from adlens.domain.gallery import CreativeOrder
from adlens.persistence.schema import Facts

Key = tuple[Any, UUID]
"""The sort key and the id of a creative."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """An order by `key`, then by id, in one direction. `read` makes a key of what JSON kept of it."""

    key: ColumnElement[Any]
    descending: bool
    read: Callable[[Any], Any]
    id: ColumnElement[Any] = Facts.creative_id.expression

    def of(self, table: FromClause) -> Keyset:
        """The same order of a subquery that has the columns `sort_key` and `creative_id`."""
        return replace(self, key=table.c.sort_key, id=table.c.creative_id)

    def page(self, statement: Select[Any], after: Key | None) -> Select[Any]:
        return self.ordered(statement if after is None else statement.where(self.after(after)))

    def ordered(self, statement: Select[Any], backwards: bool = False) -> Select[Any]:
        columns = (self.key, self.id)
        return statement.order_by(*((c.desc() for c in columns) if self.descending is not backwards else columns))

    def after(self, key: Key) -> ColumnElement[bool]:
        columns = tuple_(self.key, self.id)
        return columns < key if self.descending else columns > key

    def before(self, key: Key) -> ColumnElement[bool]:
        columns = tuple_(self.key, self.id)
        return columns > key if self.descending else columns < key


def keyset_of(order: CreativeOrder) -> Keyset:
    match order.column:
        case "uploaded_at":
            return Keyset(Facts.uploaded_at.expression, order.descending, datetime.fromisoformat)
        case "filename":
            return Keyset(Facts.filename.expression, order.descending, str)
        case _:
            # Beyond every confidence, at the end of either direction. As in the indexes.
            nothing = text("-1" if order.descending else "2")
            return Keyset(func.coalesce(Facts.topic_confidence, nothing), order.descending, float)
