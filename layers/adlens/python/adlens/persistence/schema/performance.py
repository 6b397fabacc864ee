"""How creatives performed, per day and placement. What of a creative was delivered goes with it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, Index, Numeric, Text
from sqlalchemy.orm import Mapped, mapped_column

from adlens.persistence.schema.base import Base, CreativeKey, Now, WorkspaceKey, creative_reference
from adlens.persistence.schema.creatives import Creative


class Performance(Base):
    """Sums of one file over its rows for this creative, day and placement; the placement is '' where none was named."""

    __tablename__ = "performance"
    __table_args__ = (creative_reference(),)

    workspace_id: Mapped[WorkspaceKey]
    creative_id: Mapped[CreativeKey]
    day: Mapped[date] = mapped_column(primary_key=True)
    placement: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    impressions: Mapped[int] = mapped_column(BigInteger)
    clicks: Mapped[int] = mapped_column(BigInteger)
    conversions: Mapped[Decimal] = mapped_column(Numeric(20, 4))
    spend: Mapped[Decimal] = mapped_column(Numeric)
    updated_at: Mapped[Now]


Index("creatives_by_sha256", Creative.workspace_id, Creative.sha256, postgresql_where="sha256 IS NOT NULL")
