"""`adlens up`, `down`, `status`, `logs`: the local stack, and the key to work with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from adlens_cli.bundles import choose_bundle, stack_variables
from local import stack
from local.deployment import Deployment
from local.state import DEFAULT_ROOT, LocalStackError

KEY_FILE = "dev-key"


@dataclass(frozen=True)
class Running:
    """A stack that serves, and a key for its development workspace."""

    api_url: str
    key: str
    key_file: Path


def start(bundle: str | None) -> None:
    running = _up(bundle)
    print(addresses(running))


def stop() -> None:
    stack.down()


@contextmanager
def serving(bundle: str | None) -> Iterator[Running]:
    """A running stack; one that was started for this is stopped at the end."""
    ran_before = stack.running() is not None
    try:
        yield _up(bundle)
    finally:
        if not ran_before:
            stack.down()


def addresses(running: Running) -> str:
    return (
        f"API   {running.api_url}\n"
        f"Docs  {running.api_url}/docs\n"
        f"Key   {running.key} (send it as x-api-key; it is kept in {running.key_file})"
    )


def show_status() -> int:
    from rich.console import Console
    from rich.table import Table

    parts = stack.status()
    table = Table("Part", "State", "Process", "Port", "Address", "Detail", header_style="bold")
    for part in parts:
        state = "[green]running[/]" if part.running else "[red]not running[/]"
        table.add_row(part.name, state, str(part.pid or ""), str(part.port or ""), part.url or "", part.detail)
    Console().print(table)
    return 0 if all(part.running for part in parts) else 1


def show_logs(function: str | None, follow: bool) -> None:
    try:
        for line in stack.logs(function, follow=follow):
            print(line, flush=True)
    except KeyboardInterrupt:
        pass
    except LocalStackError as error:
        print(f"adlens: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


def _up(bundle: str | None) -> Running:
    from adlens.settings import CommandLineSettings
    from adlens_cli.keys import anonymous_workspace, development_key

    anonymous = CommandLineSettings().local_anonymous_workspace
    chosen = choose_bundle(bundle or stack.chosen_bundle())
    try:
        deployment: Deployment = stack.up(variables=stack_variables(chosen))
    except LocalStackError as error:
        print(f"adlens: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    if anonymous:
        anonymous_workspace(deployment.database_url, anonymous)
    key_file = DEFAULT_ROOT / KEY_FILE
    return Running(deployment.api_url, development_key(deployment.database_url, key_file), key_file)
