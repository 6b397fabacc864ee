"""Groups of creatives and how far they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from adlens.domain.creative import CreativeProgress, CreativeSummary, GroupSummary, Status
from adlens.domain.paging import Page
from adlens.domain.ports.creatives import CreativeRepository, GroupQueries


@dataclass(frozen=True, slots=True)
class GroupProgress:
    """`by_status` counts all creatives of the group, `page` is one page of them."""

    by_status: Mapping[Status, int]
    page: Page[CreativeProgress]


@dataclass(frozen=True, slots=True)
class Groups:
    """Methods that take a `group_id` raise UnknownGroup."""

    queries: GroupQueries
    creatives: CreativeRepository

    def page(self, workspace_id: UUID, limit: int, cursor: str | None, search: str | None) -> Page[GroupSummary]:
        return self.queries.groups(workspace_id, limit, cursor, search)

    def get(self, workspace_id: UUID, group_id: str) -> GroupSummary:
        return self.queries.group(workspace_id, group_id)

    def rename(self, workspace_id: UUID, group_id: str, name: str | None) -> GroupSummary:
        """The group with its new name, or with none."""
        self.creatives.rename_group(workspace_id, group_id, name)
        return self.get(workspace_id, group_id)

    def creatives_of(self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None) -> Page[CreativeSummary]:
        return self.queries.creatives(workspace_id, group_id, limit, cursor)

    def progress(self, workspace_id: UUID, group_id: str, limit: int, cursor: str | None) -> GroupProgress:
        page = self.queries.progress(workspace_id, group_id, limit, cursor)
        if cursor is None and page.next_cursor is None:  # the page has them all
            return GroupProgress(Counter(creative.status for creative in page.items), page)
        return GroupProgress(self.queries.by_status(workspace_id, group_id), page)
