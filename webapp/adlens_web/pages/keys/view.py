"""The table of keys, the form that makes one, and the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from adlens_web.browser import close_dialog
from adlens_web.components.dialog import question
from adlens_web.components.shell import page as shell
from adlens_web.components.states import loading, more_button
from adlens_web.pages.keys.rows import LIFETIMES, OVERLAPS, SCOPES, AuditRow, KeyRow
from adlens_web.pages.keys.state import NEW, REVOKE, ROTATE
from adlens_web.pages.keys.state import KeysState as State
from adlens_web.routes import SETTINGS
from adlens_web.texts import moment, one_of, t

NO_KEY = KeyRow("", "", "", "", "", "", "", False)
ACTIONS = (
    "key.create",
    "key.rotate",
    "key.revoke",
    "creative.delete",
    "group.delete",
    "trash.restore",
    "export.delete",
    "export.request",
    "webhook.delete",
    "topic.correct",
    "topic.take_back",
)


def page() -> rx.Component:
    return shell(
        t("keys.title"),
        rx.cond(
            State.ready,
            rx.el.div(_keys(), _form(), _audit(), class_name="stack"),
            loading(4, "140px"),
        ),
        _new_key(),
        _rotation(),
        _revocation(),
        here=SETTINGS,
        reload=State.load,
    )


def _keys() -> rx.Component:
    heads = ("name", "key", "scope", "created", "expires", "used")
    return rx.el.section(
        rx.el.p(t("keys.text"), class_name="muted"),
        rx.el.div(
            _table(
                t("keys.title"),
                [*(t(f"keys.{head}") for head in heads), ""],
                rx.foreach(State.keys, _key),
            ),
            class_name="table-box",
        ),
        class_name="card stack",
        id="keys",
    )


def _key(key: rx.Var[KeyRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(key.name, scope="row"),
        rx.el.td(rx.el.code(key.start, "…", class_name="mono small")),
        rx.el.td(one_of("keys.scopes", key.scope)),
        rx.el.td(moment(key.created_at), class_name="small"),
        rx.el.td(
            rx.cond(
                key.expired,
                rx.el.span(t("keys.expired"), class_name="bad-ink"),
                rx.cond(key.expires_at != "", moment(key.expires_at), t("keys.lifetimes.never")),
            ),
            class_name="small",
        ),
        rx.el.td(
            rx.cond(key.last_used_at != "", moment(key.last_used_at), t("keys.unused")),
            class_name="small",
        ),
        rx.el.td(
            rx.el.div(
                _action("rotate_cw", t("keys.rotate", name=key.name), State.ask_to_rotate(key.key_id), "rotate"),
                _action("trash_2", t("keys.revoke", name=key.name), State.ask_to_revoke(key.key_id), "revoke"),
                class_name="row",
            )
        ),
        data_key=key.name,
    )


def _action(icon: str, text: rx.Var[str], on_click: Any, kind: str) -> rx.Component:
    return rx.el.button(
        rx.icon(icon, size=16, aria_hidden=True),
        aria_label=text,
        title=text,
        on_click=on_click,
        class_name=f"btn ghost small icon {kind}",
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.h2(t("keys.make")),
        rx.el.div(
            rx.el.div(
                rx.el.label(t("keys.name"), html_for="key-name"),
                rx.el.input(
                    id="key-name", name="name", required=True, max_length=200, auto_complete="off", class_name="input"
                ),
                class_name="field",
            ),
            _select("scope", t("keys.scope"), [(scope, t(f"keys.scopes.{scope}")) for scope in SCOPES]),
            _select("days", t("keys.lifetime"), [(days, t(f"keys.lifetimes.{days or 'never'}")) for days in LIFETIMES]),
            class_name="row",
        ),
        rx.el.div(rx.el.button(t("keys.make"), type="submit", class_name="btn primary", id="make-key")),
        on_submit=State.create,
        reset_on_submit=True,
        class_name="card stack",
    )


def _select(name: str, label: rx.Var[str], options: Sequence[tuple[str, rx.Var[str]]]) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"key-{name}"),
        rx.el.select(
            *(rx.el.option(text, value=value) for value, text in options),
            id=f"key-{name}",
            name=name,
            class_name="input",
        ),
        class_name="field",
    )


def _new_key() -> rx.Component:
    """`browser.show_once` fills it: the key is in no state, and gone when the dialog closes."""
    return rx.el.dialog(
        rx.el.div(
            rx.el.h2(t("keys.made"), id=f"{NEW}-title"),
            rx.el.p(t("keys.made_text"), class_name="muted"),
            rx.el.output(id=f"{NEW}-secret", class_name="mono"),
            rx.el.div(
                rx.el.button(
                    t("keys.copy"),
                    on_click=rx.call_script(
                        f"navigator.clipboard.writeText(document.getElementById('{NEW}-secret').textContent)"
                    ),
                    class_name="btn",
                ),
                rx.el.button(
                    t("keys.stored"), on_click=close_dialog(NEW), class_name="btn primary", id=f"{NEW}-stored"
                ),
                class_name="row dialog-actions",
            ),
            class_name="stack",
        ),
        id=NEW,
        aria_labelledby=f"{NEW}-title",
    )


def _rotation() -> rx.Component:
    return rx.el.dialog(
        rx.el.form(
            rx.el.h2(t("keys.rotate_title", name=_asked().name), id=f"{ROTATE}-title"),
            rx.el.p(t("keys.rotate_text"), class_name="muted"),
            _select("overlap", t("keys.overlap"), [(hours, t(f"keys.overlaps.{hours}")) for hours in OVERLAPS]),
            rx.el.div(
                rx.el.button(t("action.cancel"), type="button", on_click=close_dialog(ROTATE), class_name="btn"),
                rx.el.button(t("keys.rotate_yes"), type="submit", class_name="btn primary", id=f"{ROTATE}-yes"),
                class_name="row dialog-actions",
            ),
            on_submit=[State.rotate, close_dialog(ROTATE)],
            class_name="stack",
        ),
        id=ROTATE,
        aria_labelledby=f"{ROTATE}-title",
    )


def _revocation() -> rx.Component:
    return question(
        REVOKE, t("keys.revoke_title", name=_asked().name), t("keys.revoke_text"), t("keys.revoke_yes"), State.revoke
    )


def _asked() -> Any:
    return rx.cond(State.asked, State.asked, NO_KEY).to(KeyRow)


def _audit() -> rx.Component:
    heads = ("at", "who", "action", "subject", "details")
    return rx.el.section(
        rx.el.div(
            rx.el.h2(t("audit.title")),
            rx.el.select(
                rx.el.option(t("audit.all"), value=""),
                *(rx.el.option(t(f"audit.actions.{action.replace('.', '_')}"), value=action) for action in ACTIONS),
                value=State.action,
                on_change=State.choose_action,
                aria_label=t("audit.action"),
                id="audit-action",
                class_name="input",
                width="auto",
            ),
            class_name="row between",
        ),
        rx.cond(
            State.entries.length() > 0,
            rx.el.div(
                _table(t("audit.title"), [t(f"audit.{head}") for head in heads], rx.foreach(State.entries, _entry)),
                class_name="table-box",
            ),
            rx.el.p(t("audit.empty"), class_name="muted"),
        ),
        more_button(State),
        class_name="card stack",
        id="audit",
    )


def _entry(entry: rx.Var[AuditRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(moment(entry.at), class_name="small"),
        rx.el.td(rx.cond(entry.who != "", entry.who, t("audit.operator"))),
        rx.el.td(one_of("audit.actions", entry.action)),
        rx.el.td(rx.el.code(entry.subject, class_name="mono small")),
        rx.el.td(entry.details, class_name="small muted"),
    )


def _table(caption: rx.Var[str], heads: Sequence[rx.Var[str] | str], rows: Any) -> rx.Component:
    return rx.el.table(
        rx.el.caption(caption, class_name="visually-hidden"),
        rx.el.thead(
            rx.el.tr(*(rx.el.th(head, scope="col") if isinstance(head, rx.Var) else rx.el.td() for head in heads))
        ),
        rx.el.tbody(rows),
        class_name="table",
    )
