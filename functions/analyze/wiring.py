"""The analyze function put together: settings, models and adapters, once per container."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from adlens.domain.ports.vision import Engines
from adlens.services.analyze_creative import AnalyzeCreative
from adlens.services.send_events import SendEvents
from adlens.settings import AnalyzeSettings
from adlens.storage.queue import SqsAnalysisQueue
from functions import wiring


@functools.cache
def settings() -> AnalyzeSettings:
    return AnalyzeSettings()


@functools.cache
def engines() -> Engines:
    from adlens.vision.bundle import load_bundle

    chosen = settings()
    folder = _fetched(chosen.bundle) if chosen.bundle.startswith("s3://") else Path(chosen.bundle)
    variables = {"weights": str(chosen.weights)} if chosen.weights else {}
    bundle = load_bundle(folder, threads=chosen.threads, variables=variables)
    bundle.prepare()
    return bundle


@functools.cache
def analyze_creative() -> AnalyzeCreative:
    creatives = wiring.creatives(settings())
    creatives.report_bundle(engines().info)
    return AnalyzeCreative(creatives, wiring.object_store(settings()), wiring.preview_store(settings()), engines())


@functools.cache
def send_events() -> SendEvents:
    return SendEvents(wiring.webhooks(settings()), wiring.event_queue(settings()))


def queue() -> SqsAnalysisQueue:
    return wiring.analysis_queue(settings())


def _fetched(uri: str) -> Path:
    from adlens.storage.bundles import fetch_bundle
    from adlens.storage.clients import s3_client

    client = s3_client(settings().s3_endpoint_url, settings().s3_addressing_style)
    return fetch_bundle(client, uri, Path(tempfile.gettempdir()) / "bundles")
