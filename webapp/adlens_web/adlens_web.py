"""The app: its pages and their addresses."""

from __future__ import annotations

import reflex as rx

from adlens_web import routes
from adlens_web.guard.headers import response_headers
from adlens_web.guard.middleware import COOKIE_SCRIPT, BrowserMiddleware
from adlens_web.guard.pages import protect
from adlens_web.pages import analytics, compare, creative, creatives, duplicates, groups, keys, settings, trash, upload
from adlens_web.session import SESSION_SCRIPT
from adlens_web.texts.language import LANGUAGE_SCRIPT
from rxconfig import ORIGINS, STORES

app = rx.App(
    stylesheets=["styles.css"],
    reset_style=False,
    html_lang="ru",
    head_components=[
        rx.el.script(COOKIE_SCRIPT),
        rx.el.script(LANGUAGE_SCRIPT),
        rx.el.script(SESSION_SCRIPT),
        rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg"),
    ],
    api_transformer=lambda api: BrowserMiddleware(api, response_headers(ORIGINS, STORES), ORIGINS),
)
protect(app)
for route, page, state in (
    (routes.UPLOAD, upload.page, upload.UploadState),
    (routes.GROUPS, groups.page, groups.GroupsState),
    (routes.ANALYTICS, analytics.page, analytics.AnalyticsState),
    (routes.COMPARE, compare.page, compare.CompareState),
    (routes.DUPLICATES, duplicates.page, duplicates.DuplicatesState),
    (routes.CREATIVES, creatives.page, creatives.CreativesState),
    (routes.CREATIVE, creative.page, creative.CreativeState),
    (routes.SETTINGS, settings.page, settings.SettingsState),
    (routes.KEYS, keys.page, keys.KeysState),
    (routes.TRASH, trash.page, trash.TrashState),
):
    app.add_page(page, route=route, title="AdLens", on_load=state.load)
