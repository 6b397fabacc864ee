"""The HTTP API. For people at a terminal: `uvicorn functions.api.app:create_app --factory`, with ADLENS_* set."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from adlens.settings import ApiSettings
from functions.api import VERSION, docs, errors
from functions.api.account.routes import router as account
from functions.api.analytics.routes import router as analytics
from functions.api.audit.routes import router as audit
from functions.api.creatives.routes import router as creatives
from functions.api.exports.routes import router as exports
from functions.api.gallery.routes import router as gallery
from functions.api.groups.routes import router as groups
from functions.api.health.routes import router as health
from functions.api.jobs.routes import router as jobs
from functions.api.keys.routes import router as keys
from functions.api.legacy.status import router as legacy_status
from functions.api.legacy.upload import router as legacy_upload
from functions.api.middleware import BodyLimit, RequestContext
from functions.api.performance.routes import router as performance
from functions.api.search.routes import router as search
from functions.api.settings.routes import router as settings
from functions.api.similar.routes import router as similar
from functions.api.trash.routes import router as trash
from functions.api.uploads.routes import router as uploads
from functions.api.webhooks.routes import router as webhooks

DESCRIPTION = """
Upload advertising creatives, watch their analysis, read what was found in them.

1. `POST /uploads` signs a form per file; send each file with its form straight to the store.
2. `GET /groups/{group_id}/status` shows how far they are.
3. `GET /creatives/{creative_id}` has the findings, `GET /analytics/group/{group_id}` the figures.
4. `GET /creatives` browses all of them, by group, topic, colour, object, word or text; `GET /search` says where it is.
5. `POST /exports` makes a file of them.

Every request carries an API key in the header `x-api-key` and sees what belongs to the key's workspace, nothing else.
A key has a scope: `read` allows GET, `write` every other method as well, `admin` also keys, webhooks and the audit log.
Boxes are fractions of the upright picture's width and height. Times are ISO 8601 in UTC. Topics go by their id
(`cups`), colour classes by their Russian name (`Красный`) with the English one beside.
Every error has one shape: `detail` for people, `code` for machines, `field` when part of the request is at fault.
"""
TAGS = [
    {"name": "uploads", "description": "Files in."},
    {"name": "groups", "description": "What was uploaded together."},
    {"name": "creatives", "description": "One creative, its findings and its progress."},
    {"name": "search", "description": "Texts, objects and colours of all creatives, and where they are."},
    {"name": "analytics", "description": "Figures over a group or over everything."},
    {"name": "exports", "description": "Files out: CSV, Parquet, COCO, JSON Lines."},
    {"name": "jobs", "description": "Bulk work in the background: re-analysis, deletion of large groups."},
    {"name": "performance", "description": "What was delivered: impressions, clicks, conversions, spend."},
    {"name": "settings", "description": "What a workspace's users can set."},
    {"name": "webhooks", "description": "Who is told what happens."},
    {"name": "account", "description": "Who one is here, and what topics and colours are called."},
    {"name": "trash", "description": "What was deleted and can still be restored."},
    {"name": "keys", "description": "Who may do what: API keys, and the log of what was done."},
    {"name": "health", "description": "Whether the service works."},
]


def create_app(api_settings: ApiSettings | None = None) -> FastAPI:
    """The API with the settings given, or with those of the environment. Connects to nothing yet."""
    api_settings = api_settings or ApiSettings()
    app = FastAPI(
        title="AdLens",
        version=VERSION,
        description=DESCRIPTION,
        license_info={"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        openapi_tags=TAGS,
        # Relative to the document, so that it holds under whatever path a gateway serves the API.
        servers=[{"url": "."}],
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = api_settings
    errors.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(RequestContext)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=api_settings.cors_origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["content-type", "x-api-key"],
        expose_headers=["link", "retry-after", "x-next-cursor", "x-request-id"],
        max_age=600,
    )
    for router in (
        *(uploads, legacy_upload, groups, gallery, similar, creatives, legacy_status, search),
        *(analytics, performance, exports, jobs, settings, webhooks, account, keys, audit, trash),
    ):
        app.include_router(router, responses=errors.documented(401, 403, 422, 429, 500, 503))
    app.include_router(health)
    app.include_router(docs.router, include_in_schema=False)
    app.mount("/docs/static", docs.swagger_ui)
    return app
