"""Conditions on arrays, with values as literals: PostgreSQL plans for these values, and its GIN indexes serve them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, func, literal
from sqlalchemy.dialects.postgresql import ARRAY


def have_any(column: Any, tokens: Iterable[int]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.op("&&", is_comparison=True)(literal(sorted(tokens), ARRAY(BigInteger)))
    return condition


def have_all(column: Any, tokens: Iterable[int]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.op("@>", is_comparison=True)(literal(sorted(tokens), ARRAY(BigInteger)))
    return condition


def one_of(column: Any, values: Sequence[str] | Sequence[int]) -> ColumnElement[bool]:
    """Hashed by PostgreSQL when there are many."""
    condition: ColumnElement[bool] = column == func.any(literal(list(values), ARRAY(column.type)))
    return condition
