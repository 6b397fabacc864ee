"""The exports function put together: settings and adapters, once per container."""

from __future__ import annotations

import functools

from adlens.exporting.formats import WRITERS
from adlens.persistence.exports.creative_reader import PostgresCreativeReader
from adlens.persistence.webhooks.repository import PostgresWebhooks
from adlens.services.send_events import SendEvents
from adlens.services.write_export import WriteExport
from adlens.settings import ExportSettings
from adlens.storage.queue import SqsExportQueue
from functions import wiring

CONNECTIONS = 2
"""One reads the snapshot until the file is written, the other says how far it is."""


@functools.cache
def settings() -> ExportSettings:
    return ExportSettings()


@functools.cache
def write_export() -> WriteExport:
    return WriteExport(
        wiring.exports(settings(), CONNECTIONS),
        PostgresCreativeReader(wiring.database(settings(), CONNECTIONS)),
        wiring.export_store(settings()),
        WRITERS,
    )


@functools.cache
def send_events() -> SendEvents:
    return SendEvents(
        PostgresWebhooks(wiring.database(settings(), CONNECTIONS)),
        wiring.event_queue(settings()),
    )


def queue() -> SqsExportQueue:
    return wiring.export_queue(settings())
