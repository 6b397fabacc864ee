"""Repeated requests of a page that is looked at. `adlens_web.polling` says how soon."""

from __future__ import annotations

from typing import Any

import reflex as rx

from adlens_web.session import Session


class Polling(rx.Component):
    """See polling.jsx."""

    library = rx.asset("polling.jsx", shared=True).importable_path
    tag = "Polling"

    every: rx.Var[int]
    answers: rx.Var[Any]
    patience: rx.Var[int]
    on_tick: rx.EventHandler[rx.event.no_args_event_spec]


polling = Polling.create


def poll(pause: rx.Var[int], on_tick: Any) -> rx.Component:
    """Calls `on_tick` a `pause` after each answer. While the page shows a problem its frame asks instead."""
    return polling(every=rx.cond(Session.problem == "", pause, 0), answers=Session.answers, on_tick=on_tick)
