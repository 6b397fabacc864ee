"""What other routes take of the trash."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

ToTrash = Annotated[
    bool, Query(description="Keeps it in the trash for some days, where it can be restored, before it is deleted.")
]


def trashed(trash: bool) -> dict[str, str]:
    """Of an entry of the audit log."""
    return {"trash": "true"} if trash else {}
