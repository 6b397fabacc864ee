"""`adlens storage check`: the object stores of a stage compared with its database."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import typer

from adlens.domain.stored_files import FileKind
from adlens_cli.admin import Stage, call

SHOWN = 20
"""Keys of a kind that are printed."""


@dataclass(frozen=True)
class Differences:
    objects: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)


def check(repair: bool, yes: bool, stage: Stage, region: str | None) -> int:
    """The exit status: 0 when the stores hold what the rows say, or do so now."""
    found = {kind: _compare(kind, False, stage, region) for kind in FileKind}
    for kind, differences in found.items():
        print(f"{kind}: {len(differences.objects):,} without a row, {len(differences.rows):,} rows without an object")
        _show("no row", differences.objects)
        _show("no object", differences.rows)
    objects = sum(len(differences.objects) for differences in found.values())
    rows = sum(len(differences.rows) for differences in found.values())
    if not objects and not rows:
        return 0
    if not repair:
        print(
            "adlens: --repair deletes these objects, and lets these rows say that their file is gone.", file=sys.stderr
        )
        return 1
    if not yes:
        typer.confirm(f"Delete {objects:,} objects for good, and change {rows:,} rows?", abort=True)
    settled = [_compare(kind, True, stage, region) for kind in FileKind]
    print(
        f"{sum(len(each.objects) for each in settled):,} objects deleted, "
        f"{sum(len(each.rows) for each in settled):,} rows changed"
    )
    return 0


def _compare(kind: FileKind, repair: bool, stage: Stage, region: str | None) -> Differences:
    differences, after = Differences(), ""
    while after is not None:
        page = call(stage, "storage.check", region, kind=kind.value, after=after, repair=repair)
        differences.objects.extend(page["objects"])
        differences.rows.extend(page["rows"])
        after = page["after"]
    return differences


def _show(what: str, keys: list[str]) -> None:
    for key in keys[:SHOWN]:
        print(f"  {what}: {key}")
    if len(keys) > SHOWN:
        print(f"  ... and {len(keys) - SHOWN:,} more")
