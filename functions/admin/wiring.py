"""What the admin function is made of, once per container and on first use."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from adlens.settings import AdminSettings
from functions import wiring

if TYPE_CHECKING:
    from adlens.persistence.workspaces.bi import PostgresBiReaders
    from adlens.persistence.workspaces.repository import PostgresWorkspaces
    from adlens.services.bi_readers import ManageBiReaders
    from adlens.services.check_storage import CheckStorage
    from adlens.services.erase_workspace import EraseWorkspace


@functools.cache
def settings() -> AdminSettings:
    return AdminSettings()


@functools.cache
def workspaces() -> PostgresWorkspaces:
    from adlens.persistence.workspaces.repository import PostgresWorkspaces

    return PostgresWorkspaces(wiring.database(settings()))


@functools.cache
def readers() -> PostgresBiReaders:
    from adlens.persistence.workspaces.bi import PostgresBiReaders

    return PostgresBiReaders(wiring.database(settings()))


@functools.cache
def bi_readers() -> ManageBiReaders:
    from adlens.services.bi_readers import ManageBiReaders

    return ManageBiReaders(workspaces(), readers())


@functools.cache
def check_storage() -> CheckStorage:
    return wiring.check_storage(settings())


@functools.cache
def erase_workspace() -> EraseWorkspace:
    from adlens.services.erase_workspace import EraseWorkspace

    buckets = {
        "uploads": settings().uploads_bucket,
        "previews": settings().previews_bucket,
        "exports": settings().exports_bucket,
    }
    return EraseWorkspace(workspaces(), {kind: wiring.store(settings(), bucket) for kind, bucket in buckets.items()})
