"""Readers for BI tools, without a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest

from adlens.domain.errors import InvalidValue
from adlens.domain.ports.bi import BiReaders, WorkspaceList
from adlens.domain.workspaces import BiReader, Workspace
from adlens.services.bi_readers import ManageBiReaders

NOW = datetime(2026, 12, 1, tzinfo=UTC)


class Shops(WorkspaceList):
    shops = (Workspace(UUID(int=1), "shop", NOW), Workspace(UUID(int=2), "other", NOW))

    def all(self) -> tuple[Workspace, ...]:
        return self.shops


@dataclass
class Roles(BiReaders):
    roles: list[BiReader] = field(default_factory=list)

    def create(self, workspace_id: UUID) -> tuple[BiReader, str]:
        self.roles.append(BiReader(f"reader_{len(self.roles)}", workspace_id, NOW))
        return self.roles[-1], "secret"

    def all(self) -> list[BiReader]:
        return self.roles

    def revoke(self, role: str) -> bool:
        kept = [found for found in self.roles if found.role != role]
        gone, self.roles = len(kept) < len(self.roles), kept
        return gone

    def address(self, role: str, password: str) -> str:
        return f"postgresql://{role}:{password}@host/adlens"


@pytest.fixture
def manage() -> ManageBiReaders:
    return ManageBiReaders(Shops(), Roles())


@pytest.mark.parametrize("named", ["shop", str(Shops.shops[0].id)], ids=["name", "id"])
def test_a_reader_belongs_to_a_workspace_by_name_or_id(manage: ManageBiReaders, named: str) -> None:
    made = manage.create(named)
    assert made.workspace == Shops.shops[0]
    assert made.address == "postgresql://reader_0:secret@host/adlens"
    assert [(name, reader.role) for name, reader in manage.all()] == [("shop", "reader_0")]


def test_a_reader_needs_a_workspace_that_is_there(manage: ManageBiReaders) -> None:
    with pytest.raises(InvalidValue, match="no workspace 'none'"):
        manage.create("none")


def test_a_reader_is_revoked_once(manage: ManageBiReaders) -> None:
    manage.create("shop")
    manage.revoke("reader_0")
    assert manage.all() == []
    with pytest.raises(InvalidValue, match="no reader 'reader_0'"):
        manage.revoke("reader_0")
