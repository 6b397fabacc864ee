"""The settings of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from adlens.domain.settings import SETTING_KINDS, setting_kind
from adlens.persistence import schema
from adlens.persistence.session import transactional


class PostgresSettings:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @transactional
    def all(self, session: Session, workspace_id: UUID) -> dict[str, int]:
        """Every setting's value, the default where nothing was set."""
        return read_settings(session, workspace_id)

    def get(self, workspace_id: UUID, key: str) -> int:
        """Raises UnknownSetting."""
        return self.all(workspace_id)[setting_kind(key).key]

    @transactional
    def put(self, session: Session, workspace_id: UUID, changes: Mapping[str, object]) -> dict[str, int]:
        """Stores all changes or none. Returns every setting. Raises UnknownSetting and InvalidValue."""
        values = {key: setting_kind(key).check(value) for key, value in changes.items()}
        for key, value in sorted(values.items()):
            session.execute(
                insert(schema.Setting)
                .values(workspace_id=workspace_id, key=key, value=value)
                .on_conflict_do_update(
                    index_elements=["workspace_id", "key"], set_={"value": value, "updated_at": func.now()}
                )
            )
        return read_settings(session, workspace_id)


def read_settings(session: Session, workspace_id: UUID) -> dict[str, int]:
    rows = session.scalars(select(schema.Setting).where(schema.Setting.workspace_id == workspace_id))
    stored = {row.key: row.value for row in rows}
    return {key: stored.get(key, kind.default) for key, kind in SETTING_KINDS.items()}
