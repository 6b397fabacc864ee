"""`adlens up`, `down`, `status`, `logs`: the local stack, and the key to work with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import typer

from adlens.domain.errors import InvalidBundle
from adlens_cli.bundles import check_bundle, choose_bundle, stack_variables
from local import stack
from local.deployment import Deployment
from local.services import web
from local.state import DEFAULT_ROOT, LocalStackError

KEY_FILE = "dev-key"


@dataclass(frozen=True)
class Running:
    """A stack that serves, and a key for its development workspace."""

    api_url: str
    key: str
    key_file: Path


def start(bundle: str | None, with_web: bool) -> None:
    chosen = find_bundle(bundle)
    with building_web(with_web) as build:
        running = _up(chosen)
        print(addresses(running, serve_web(build, running)))


def stop() -> None:
    stack.down()


def find_bundle(asked: str | None) -> str:
    """The bundle that the stack is to use: the one asked for, the one chosen before, or the default. Says
    why and exits when it cannot be used.
    """
    try:
        chosen = choose_bundle(asked or stack.chosen_bundle())
        check_bundle(chosen)
    except InvalidBundle as error:
        print(f"adlens: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    return chosen


@contextmanager
def serving(bundle: str) -> Iterator[Running]:
    """A running stack; one that was started for this is stopped at the end."""
    ran_before = stack.running() is not None
    try:
        yield _up(bundle)
    finally:
        if not ran_before:
            stack.down()


@contextmanager
def building_web(wanted: bool) -> Iterator[Callable[[], Path] | None]:
    """Builds the web app beside what goes on in the context; the call that it gives waits for the result."""
    if not wanted:
        yield None
        return
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(web.build).result


def serve_web(build: Callable[[], Path] | None, running: Running) -> str | None:
    """Where the running stack's web app is; None when it is not wanted, or cannot be served; the reason is printed."""
    if build is None:
        return None
    try:
        return stack.serve_web(build, running.key)
    except LocalStackError as error:
        print(f"adlens: {error}\nadlens: the rest of the stack runs without it", file=sys.stderr)
        return None


def addresses(running: Running, web_url: str | None) -> str:
    return (f"Web   {web_url}\n" if web_url else "") + (
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


@contextmanager
def local_errors() -> Iterator[None]:
    """Prints an error of the local stack as a sentence and exits with status 1."""
    try:
        yield
    except LocalStackError as error:
        print(f"adlens: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


def show_logs(function: str | None, follow: bool) -> None:
    with suppress(KeyboardInterrupt), local_errors():
        for line in stack.logs(function, follow=follow):
            print(line, flush=True)


def _up(bundle: str) -> Running:
    from adlens.settings import CommandLineSettings
    from adlens_cli.keys import anonymous_workspace, development_key

    anonymous = CommandLineSettings().local_anonymous_workspace
    with local_errors():
        deployment: Deployment = stack.up(variables=stack_variables(bundle))
    if anonymous:
        anonymous_workspace(deployment.database_url, anonymous)
    key_file = DEFAULT_ROOT / KEY_FILE
    return Running(deployment.api_url, development_key(deployment.database_url, key_file), key_file)
