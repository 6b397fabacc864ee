"""The form that takes an API key."""

from __future__ import annotations

import reflex as rx

from adlens_web.session import Session
from adlens_web.texts import t


def sign_in() -> rx.Component:
    return rx.el.form(
        rx.el.h2(t("sign_in.title")),
        rx.el.p(t("sign_in.text"), class_name="muted"),
        rx.el.div(
            rx.el.label(t("sign_in.key"), html_for="key"),
            rx.el.input(
                id="key",
                name="key",
                type="password",
                auto_complete="current-password",
                required=True,
                max_length=200,
                class_name="input mono",
            ),
            class_name="field",
        ),
        rx.el.div(rx.el.button(t("sign_in.go"), type="submit", class_name="btn primary")),
        on_submit=Session.sign_in,
        class_name="card stack",
        max_width="460px",
        width="100%",
    )
