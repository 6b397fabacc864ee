"""The app: its pages and their addresses."""

from __future__ import annotations

import reflex as rx

from adlens_web import routes
from adlens_web.pages import analytics, compare, creative, creatives, duplicates, groups, settings, upload
from adlens_web.texts.language import LANGUAGE_SCRIPT

app = rx.App(
    stylesheets=["styles.css"],
    reset_style=False,
    html_lang="ru",
    head_components=[rx.el.script(LANGUAGE_SCRIPT), rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg")],
)
for route, page, state in (
    (routes.UPLOAD, upload.page, upload.UploadState),
    (routes.GROUPS, groups.page, groups.GroupsState),
    (routes.ANALYTICS, analytics.page, analytics.AnalyticsState),
    (routes.COMPARE, compare.page, compare.CompareState),
    (routes.DUPLICATES, duplicates.page, duplicates.DuplicatesState),
    (routes.CREATIVES, creatives.page, creatives.CreativesState),
    (routes.CREATIVE, creative.page, creative.CreativeState),
    (routes.SETTINGS, settings.page, settings.SettingsState),
):
    app.add_page(page, route=route, title="AdLens", on_load=state.load)
