"""One real local stack with the web app for all browser tests, in a folder of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from adlens.persistence.session import make_engine
from adlens.persistence.workspaces.repository import PostgresWorkspaces
from adlens_cli.bundles import choose_bundle, weights_folder
from adlens_cli.client import Client
from local import stack
from local.deployment import Deployment
from local.services import web as builds
from local.services.web import Web
from local.state import State, free_port

from .chromium import ADVICE, ARGUMENTS, chromium


@dataclass
class WebStack:
    """The web app at `url`, for people who work with `key` unless they sign in."""

    url: str
    key: str
    root: Path
    build: Path
    deployment: Deployment

    @property
    def client(self) -> Client:
        return Client(self.deployment.api_url, self.key)

    def person(self, name: str) -> str:
        """The key of a workspace of its own."""
        workspaces = PostgresWorkspaces(make_engine(self.deployment.database_url))
        return workspaces.create_key(workspaces.create(name).id, "test")[1]

    @property
    def server(self) -> Web:
        return Web(State.at(self.root))

    def serve(self) -> None:
        """Starts the web app if it does not run."""
        assert stack.serve_web(lambda: self.build, self.key, self.root) == self.url


@pytest.fixture(scope="session")
def web() -> Iterator[WebStack]:
    # not pytest's folder: root's PostgreSQL runs as another user, who cannot reach that
    root = Path(tempfile.mkdtemp(prefix="adlens-web-"))
    bundle = {"ADLENS_LOCAL_BUNDLE": choose_bundle(None), "ADLENS_LOCAL_WEIGHTS": str(weights_folder())}
    try:
        build = builds.build()
        with pytest.MonkeyPatch.context() as patch:  # not the ports that a stack for work prefers
            patch.setenv("ADLENS_LOCALSTACK_PORT", str(free_port()))
            patch.setenv("ADLENS_WEB_PORT", str(free_port()))
            deployment = stack.up(root, durable=False, variables=bundle)
            workspaces = PostgresWorkspaces(make_engine(deployment.database_url))
            _, key = workspaces.create_key(workspaces.create("web").id, "test")
            url = stack.serve_web(lambda: build, key, root)
        yield WebStack(url, key, root, build, deployment)
    finally:
        stack.down(root)
        shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip(ADVICE)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield made
        made.close()
