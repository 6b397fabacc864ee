"""Trash: what is in it is nowhere else, comes back as it was, and goes for good in the end."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from adlens.domain.creative import CreativeId
from adlens.domain.errors import UnknownGroup
from adlens.domain.gallery import CreativeFilter, CreativeOrder
from adlens.persistence.creatives.queries import PostgresQueries
from adlens.persistence.creatives.removals import PostgresRemovals
from adlens.persistence.creatives.trash import PostgresTrash
from adlens.persistence.exports.creative_reader import PostgresCreativeReader
from adlens.persistence.search.gallery import PostgresGallery
from adlens.persistence.workspaces.repository import PostgresWorkspaces

Findings = Callable[..., Any]


@pytest.fixture
def trash(tenant: Any) -> PostgresTrash:
    return PostgresTrash(tenant.engine)


def seen(tenant: Any) -> dict[str, Any]:
    """What the workspace sees of itself."""
    with PostgresCreativeReader(tenant.engine).snapshot(tenant.workspace_id, CreativeFilter(), True) as snapshot:
        creatives = list(snapshot.creatives)
    gallery = PostgresGallery(tenant.engine).browse(tenant.workspace_id, CreativeFilter(), CreativeOrder.NEWEST, 100)
    return {
        "creatives": creatives,
        "gallery": gallery,
        "rollups": {name: tenant.rollups(name) for name in ("grp", "other")},
        "workspace": tenant.workspace_rollups(),
        "facts": tenant.facts(),
    }


def analysed(tenant: Any, findings: Findings, *groups: str) -> list[CreativeId]:
    keys = [tenant.add(group_id) for group_id in groups]
    for seed, (key, group_id) in enumerate(zip(keys, groups, strict=True)):
        tenant.analysed(key, findings(seed=seed), group_id)
    return keys


def test_a_creative_is_gone_and_comes_back_as_it_was(tenant: Any, trash: PostgresTrash, findings: Findings) -> None:
    keys = analysed(tenant, findings, "grp", "grp", "other")
    before = seen(tenant)
    assert trash.put(tenant.workspace_id, [keys[0].id, keys[2].id, uuid.uuid4()]) == 2
    after = seen(tenant)
    assert [creative.key.id for creative in after["creatives"]] == [keys[1].id]
    assert after["facts"].keys() == {keys[1].id}
    assert tenant.rollups("grp") == tenant.recount("grp")
    assert tenant.rollups("other")["total"]["creatives"] == 0
    page = trash.page(tenant.workspace_id, 10, None)
    assert {(entry.id, entry.group_id) for entry in page.items} == {(keys[0].id, "grp"), (keys[2].id, "other")}

    assert trash.restore(tenant.workspace_id, [keys[0].id, keys[2].id]) == (2, [])
    assert seen(tenant) == before
    assert tenant.facts() == tenant.recounted_facts()
    assert trash.page(tenant.workspace_id, 10, None).items == ()
    assert trash.restore(tenant.workspace_id, [keys[0].id]) == (0, ())


def test_a_group_goes_with_its_creatives_and_its_name(tenant: Any, trash: PostgresTrash, findings: Findings) -> None:
    keys = analysed(tenant, findings, "grp", "grp")
    tenant.repository.rename_group(tenant.workspace_id, "grp", "Spring")
    assert trash.put_group(tenant.workspace_id, "grp") == 2
    with pytest.raises(UnknownGroup):
        trash.put_group(tenant.workspace_id, "grp")
    with pytest.raises(UnknownGroup):
        PostgresQueries(tenant.engine).group(tenant.workspace_id, "grp")
    first = trash.page(tenant.workspace_id, 1, None)
    second = trash.page(tenant.workspace_id, 1, first.next_cursor)
    assert {entry.id for entry in (*first.items, *second.items)} == {key.id for key in keys}
    assert (first.items[0].group_name, second.next_cursor) == ("Spring", None)
    assert trash.restore(tenant.workspace_id, [keys[0].id])[0] == 1
    group = PostgresQueries(tenant.engine).group(tenant.workspace_id, "grp")
    assert (group.name, group.count) == ("Spring", 1)


def test_what_is_interrupted_is_analysed_after_all(tenant: Any, trash: PostgresTrash, findings: Findings) -> None:
    key = tenant.add()
    (request,) = tenant.repository.arrive([tenant.created(key)])
    claim = tenant.repository.claim(request, "m1", 60)
    assert claim is not None
    trash.put(tenant.workspace_id, [key.id])
    assert tenant.repository.take_turn(request, "m2", 60) is None
    assert not tenant.repository.complete(claim, findings(), "a")
    assert tenant.repository.exists(key), "its files stay"
    assert trash.restore(tenant.workspace_id, [key.id]) == (1, [request])
    again = tenant.repository.claim(request, "m3", 60)
    assert again is not None
    assert tenant.repository.complete(again, findings(), "a")
    assert tenant.rollups() == tenant.recount()


def test_what_is_purged_is_gone_for_good(tenant: Any, trash: PostgresTrash, findings: Findings) -> None:
    keys = analysed(tenant, findings, "grp", "grp", "grp")
    objects = {key.id: tenant.row(key)["object_key"] for key in keys}
    trash.put(tenant.workspace_id, [keys[0].id, keys[1].id])
    assert trash.purge(tenant.workspace_id, [keys[0].id, keys[2].id]) == [objects[keys[0].id]]
    [row] = tenant.rows("SELECT max(trashed_at) AS at FROM creatives")
    trash.purge_older(row["at"], 100)  # what other tests have left
    assert trash.page(tenant.workspace_id, 10, None).items != ()
    assert trash.purge_older(row["at"] + timedelta(seconds=1), 10) == 1
    due = {entry.object_key for entry in PostgresRemovals(tenant.engine).due(row["at"] + timedelta(hours=1), 100)}
    assert due >= {objects[keys[0].id], objects[keys[1].id]}
    assert objects[keys[2].id] not in due
    assert trash.restore(tenant.workspace_id, [key.id for key in keys]) == (0, ())
    assert tenant.rows("SELECT * FROM text_blocks WHERE creative_id = :id", id=keys[0].id) == []
    assert tenant.rollups() == tenant.recount()


def test_an_id_that_is_used_again_keeps_its_new_file(tenant: Any, trash: PostgresTrash, findings: Findings) -> None:
    (key,) = analysed(tenant, findings, "grp")
    trash.put(tenant.workspace_id, [key.id])
    tenant.add("grp", key.id)
    assert trash.restore(tenant.workspace_id, [key.id]) == (0, ())
    assert trash.purge(tenant.workspace_id, [key.id]) == []
    assert trash.page(tenant.workspace_id, 10, None).items == ()
    assert tenant.row(key)["status"] == "PENDING"


def test_nobody_else_sees_or_changes_it(new_tenant: Any, findings: Findings) -> None:
    ours, theirs = new_tenant(), new_tenant()
    (key,) = analysed(ours, findings, "grp")
    trash = PostgresTrash(ours.engine)
    trash.put(ours.workspace_id, [key.id])
    assert trash.page(theirs.workspace_id, 10, None).items == ()
    assert trash.restore(theirs.workspace_id, [key.id]) == (0, ())
    assert trash.purge(theirs.workspace_id, [key.id]) == ()
    assert trash.put(theirs.workspace_id, [key.id]) == 0
    assert all(workspace.name != "trash" for workspace in PostgresWorkspaces(ours.engine).all())


def test_an_erased_workspace_has_no_trash_left(new_tenant: Any, findings: Findings) -> None:
    tenant = new_tenant()
    (key,) = analysed(tenant, findings, "grp")
    PostgresTrash(tenant.engine).put(tenant.workspace_id, [key.id])
    workspaces = PostgresWorkspaces(tenant.engine)
    assert workspaces.erase_creatives(tenant.workspace_id, 10)["creatives"] == 1
    assert workspaces.erase_creatives(tenant.workspace_id, 10) == {}
    workspaces.erase(tenant.workspace_id)
    assert tenant.rows("SELECT * FROM workspaces WHERE trash_of = :workspace_id") == []
