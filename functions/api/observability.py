"""Logger, tracer and metrics of this function."""

from __future__ import annotations

from aws_lambda_powertools import Logger, Metrics, Tracer

logger = Logger(service="api")
tracer = Tracer(service="api")
metrics = Metrics(namespace="AdLens", service="api")
