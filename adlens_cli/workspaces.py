"""Workspaces of a stage."""

from __future__ import annotations

import sys

import typer

from adlens_cli.admin import Stage, call


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


def erase(workspace: str, yes: bool, stage: Stage, region: str | None) -> None:
    """Goes on until all is gone: a call takes as long as a function may run."""
    if not yes:
        typer.confirm(f"Erase workspace {workspace} with its creatives, findings, files and keys for good?", abort=True)
    creatives, objects, is_done = 0, 0, False
    while not is_done:
        gone = call(stage, "workspaces.erase", region, workspace=workspace)
        creatives, objects, is_done = creatives + gone["creatives"], objects + gone["objects"], gone["is_done"]
        print(f"{creatives} creatives and {objects} objects erased", file=sys.stderr)
