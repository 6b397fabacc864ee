from __future__ import annotations

import pytest

from adlens.domain.text import storable
from adlens.persistence.schema import Base


@pytest.mark.parametrize(
    ("given", "stored"),
    [("Скидка 50% 😀", "Скидка 50% 😀"), ("a\x00b", "ab"), ("caf\udce9.png", "caf?.png"), ("", "")],
)
def test_text_is_kept_as_far_as_postgres_can_hold_it(given: str, stored: str) -> None:
    assert storable(given) == stored


def test_every_row_of_a_creative_or_group_belongs_to_a_workspace() -> None:
    shared = {"workspaces", "plans", "request_turns", "storage_checks", "model_bundles"}
    for table in Base.metadata.sorted_tables:
        if table.name in shared:
            continue
        assert not table.c.workspace_id.nullable
        for constraint in table.foreign_key_constraints:
            assert "workspace_id" in constraint.column_keys, f"{table.name} may point into another workspace"
            assert constraint.ondelete == "CASCADE"
