"""The frame of every page: navigation, language, theme, and the message when a request has failed."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from adlens_web import routes
from adlens_web.components.polling import polling
from adlens_web.components.react import document, link
from adlens_web.components.sign_in import sign_in
from adlens_web.components.uploads import upload_agent
from adlens_web.session import RETRY_MS, TEMPORARY, Session
from adlens_web.signing import Signing
from adlens_web.texts import t
from adlens_web.texts.language import Language


def page(
    title: rx.Var[str] | str, *content: rx.Component, here: str, reload: Any, head: rx.Component | None = None
) -> rx.Component:
    """A page called `title`, below the navigation entry `here`. `reload` fills it: again while the API is away, at the
    click on "Try again", and after signing in. `head` has the page's main actions, beside the title."""
    return rx.fragment(
        document(title=title + " · AdLens", language=Language.language),
        # The router changes the address only.
        rx.el.a(t("nav.skip"), href="#main", on_click=rx.set_focus("main"), class_name="skip"),
        _topbar(here),
        rx.el.main(
            rx.el.div(rx.el.h1(title), head or rx.fragment(), class_name="page-head"),
            _connection(),
            rx.cond(
                (Session.problem == "unauthorized") | (Session.problem == "expired_key"),
                sign_in(),
                rx.fragment(_problem(reload), *content),
            ),
            id="main",
            class_name="page",
            tab_index=-1,
        ),
        upload_agent(
            ready=rx.State.is_hydrated,
            owner=Session.owner,
            text="" if here == routes.UPLOAD else t("uploader.pill"),
            to=routes.UPLOAD,
            on_sign=Signing.sign,
            on_cancel=Signing.delete_cancelled,
        ),
    )


def _topbar(here: str) -> rx.Component:
    return rx.el.header(
        link(rx.icon("scan_search", size=22), "AdLens", to=routes.UPLOAD, class_name="brand"),
        rx.el.nav(
            *(_entry(route, icon, key, route == here) for route, icon, key in routes.NAVIGATION),
            class_name="nav",
            aria_label=t("nav.label"),
        ),
        rx.el.div(
            rx.cond(
                Session.signed_in,
                rx.el.button(
                    rx.icon("log_out", size=18),
                    aria_label=t("nav.sign_out"),
                    title=t("nav.sign_out"),
                    on_click=Session.sign_out,
                    class_name="btn ghost icon",
                    id="sign-out",
                ),
            ),
            rx.el.button(
                rx.cond(Language.language == "ru", "EN", "RU"),
                on_click=Session.set_language(rx.cond(Language.language == "ru", "en", "ru")),
                aria_label=t("nav.language"),
                title=t("nav.language"),
                class_name="btn ghost icon",
                id="language",
            ),
            rx.el.button(
                rx.color_mode_cond(rx.icon("moon", size=18), rx.icon("sun", size=18)),
                on_click=rx.toggle_color_mode,
                aria_label=t("nav.theme"),
                title=t("nav.theme"),
                class_name="btn ghost icon",
                id="theme",
            ),
            class_name="tools",
        ),
        class_name="topbar",
    )


def _entry(route: str, icon: str, key: str, current: bool) -> rx.Component:
    marked = {"aria-current": "page"} if current else {}
    return link(rx.icon(icon, size=18, aria_hidden=True), rx.el.span(t(key)), to=route, custom_attrs=marked)


def _connection() -> rx.Component:
    """Shown while the web app itself does not answer; Reflex reconnects by itself."""
    return rx.cond(
        has_connection_errors,
        rx.el.div(
            rx.icon("wifi_off", size=20), rx.el.p(t("problem.connection")), class_name="banner busy", role="status"
        ),
    )


def _problem(reload: Any) -> rx.Component:
    retry = rx.match(Session.problem, *((code, RETRY_MS) for code in TEMPORARY), 0)
    return rx.fragment(
        rx.cond(
            Session.problem != "",
            rx.el.div(
                rx.icon("triangle_alert", size=20),
                rx.el.p(Session.problem_text),
                rx.el.button(t("action.retry"), on_click=reload, class_name="btn small"),
                class_name="banner bad",
                role="alert",
                id="problem",
            ),
        ),
        polling(every=retry, answers=Session.answers, on_tick=reload),
    )
