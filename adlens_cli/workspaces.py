"""Workspaces of a stage."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import typer

from adlens_cli.admin import Stage, call, fail


def show(stage: Stage, region: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Id", "Name", "Made", header_style="bold")
    for workspace in call(stage, "workspaces.list", region):
        table.add_row(workspace["id"], workspace["name"], workspace["created_at"][:16].replace("T", " "))
    Console().print(table)


def create(name: str, stage: Stage, region: str | None) -> None:
    print(call(stage, "workspaces.create", region, name=name)["id"])


def change_plan(workspace: str, plan: str, stage: Stage, region: str | None) -> None:
    call(stage, "workspaces.plan", region, workspace=workspace, plan=plan)
    print(f"Workspace {workspace} has the plan {plan}.", file=sys.stderr)


def erase(workspace: str, yes: bool, receipt: Path | None, stage: Stage, region: str | None) -> None:
    """Goes on until all is gone: a call takes as long as a function may run. The receipt is complete up to the last
    call that answered, so it says what an erasure that broke off has done.
    """
    try:
        id_ = UUID(workspace)
    except ValueError:
        fail("a workspace is erased by its id: see `adlens workspaces list`.")
    started = datetime.now(UTC)
    receipt = receipt or Path(f"erasure-{id_}-{started:%Y%m%dT%H%M%SZ}.json")
    if not yes:
        typer.confirm(f"Erase workspace {id_} with its creatives, findings, files and keys for good?", abort=True)
    try:
        receipt.touch(exist_ok=False)
    except OSError as error:
        fail(f"the receipt {receipt} can't be written: {error.strerror}. Name another --receipt.")
    rows, objects, is_done = Counter[str](), Counter[str](), False
    while not is_done:
        gone = call(stage, "workspaces.erase", region, workspace=str(id_))
        rows.update(gone["rows"])
        objects.update(gone["objects"])
        is_done = gone["is_done"]
        text = json.dumps(
            {
                "workspace": str(id_),
                "started_at": f"{started:%Y-%m-%dT%H:%M:%SZ}",
                "ended_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "is_done": is_done,
                "rows": dict(sorted(rows.items())),
                "objects": dict(sorted(objects.items())),
            },
            indent=2,
        )
        receipt.write_text(text + "\n")
        print(f"{rows['creatives']} creatives and {objects.total()} objects erased", file=sys.stderr)
    print(text)
    print(f"Receipt: {receipt}", file=sys.stderr)
