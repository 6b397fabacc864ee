"""Conditions on arrays, which GIN indexes serve. Values are literals, so that PostgreSQL plans for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY


def have_any(column: Any, tokens: Iterable[int]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.op("&&", is_comparison=True)(literal(sorted(tokens), ARRAY(BigInteger)))
    return condition


def have_rare(column: Any, tokens: Iterable[int]) -> ColumnElement[bool]:
    """As `have_any`, for many tokens that few rows have.

    PostgreSQL estimates each token that its statistics lack as nearly frequent, and would read the table instead of the
    index. Hidden in a subquery, all of them together are estimated at a hundredth of the rows.
    """
    hidden = select(literal(sorted(tokens), ARRAY(BigInteger))).scalar_subquery()
    condition: ColumnElement[bool] = column.op("&&", is_comparison=True)(hidden)
    return condition


def have_one(column: Any, tokens: Sequence[int], alone: int = 4) -> ColumnElement[bool]:
    """As `have_any`, with the most frequent tokens first: GIN weighs all tokens of a condition for each row that has
    one of them, so that the `alone` first ones get conditions of their own.
    """
    first, others = tokens[:alone], tokens[alone:]
    return or_(*(have_all(column, [token]) for token in first), *([have_rare(column, others)] if others else []))


def have_all(column: Any, tokens: Iterable[int]) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = column.op("@>", is_comparison=True)(literal(sorted(tokens), ARRAY(BigInteger)))
    return condition


def one_of(column: Any, values: Sequence[str] | Sequence[int]) -> ColumnElement[bool]:
    """Hashed by PostgreSQL when there are many. One is an equality, so that an index behind it gives rows in order."""
    wanted = values[0] if len(values) == 1 else func.any(literal(list(values), ARRAY(column.type)))
    condition: ColumnElement[bool] = column == wanted
    return condition
