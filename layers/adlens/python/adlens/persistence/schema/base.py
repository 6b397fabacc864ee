"""What all tables share: column types, the base class and references."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKeyConstraint,
    Numeric,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Now = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
# Six fixed digits instead of binary fractions: sums are exact, so roll-ups kept by differences equal a recount.
Share = Annotated[float, mapped_column(Numeric(9, 6, asdecimal=False))]
Seconds = Annotated[float, mapped_column(Numeric(14, 6, asdecimal=False))]
Sum = Annotated[Decimal, mapped_column(Numeric(20, 6), server_default="0")]
Count = Annotated[int, mapped_column(BigInteger, server_default="0")]
WorkspaceKey = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
CreativeKey = Annotated[UUID, mapped_column(Uuid, primary_key=True)]
GroupKey = Annotated[str, mapped_column(Text, primary_key=True)]
Position = Annotated[int, mapped_column(primary_key=True, autoincrement=False)]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]
JsonList = Annotated[list[Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    type_annotation_map = {str: Text}  # noqa: RUF012 - SQLAlchemy's own convention


def creative_reference() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "creative_id"],
        ["creatives.workspace_id", "creatives.id"],
        onupdate="CASCADE",
        ondelete="CASCADE",
    )


def group_reference() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id", "group_id"], ["groups.workspace_id", "groups.id"], ondelete="CASCADE")
