"""The orders of a gallery, as keysets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, text, tuple_

from adlens.domain.gallery import (
    CreativeOrder,
)
from adlens.persistence.schema import Facts


@dataclass(frozen=True, slots=True)
class Keyset:
    """An order by `key`, then by id, in one direction. `read` makes a key of what JSON kept of it."""

    key: ColumnElement[Any]
    descending: bool
    read: Callable[[Any], Any]
    id: ColumnElement[Any] = Facts.creative_id.expression

    def page(self, statement: Select[Any], after: tuple[Any, UUID] | None) -> Select[Any]:
        return self.ordered(statement if after is None else statement.where(self.after(*after)))

    def ordered(self, statement: Select[Any], backwards: bool = False) -> Select[Any]:
        columns = (self.key, self.id)
        return statement.order_by(*((c.desc() for c in columns) if self.descending is not backwards else columns))

    def after(self, key: Any, id_: UUID) -> ColumnElement[bool]:
        own = tuple_(self.key, self.id)
        return own < (key, id_) if self.descending else own > (key, id_)

    def before(self, key: Any, id_: UUID) -> ColumnElement[bool]:
        own = tuple_(self.key, self.id)
        return own > (key, id_) if self.descending else own < (key, id_)


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
