"""Open pages and their states: whose they are, how many there may be, and how long they stay.

Replaces Reflex's namespace of its WebSocket. A state lives as long as its page is connected, and STATE_SECONDS more for
a page that connects again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

import reflex as rx
from reflex.app import EventNamespace
from reflex.istate.manager.memory import StateManagerMemory

from adlens_web.guard import events
from adlens_web.guard.browsers import Browser, browser_in

STATE_SECONDS = 600
MOST_PAGES = 1000
"""Of all browsers together: each has a state of some 200 kB."""
MOST_OF_A_BROWSER = 50
MOST_WAITING = 100
"""Events of a page that wait for the one that is being handled."""
logger = logging.getLogger(__name__)


class Pages(EventNamespace):
    """Takes events of known pages, in bounds."""

    def __init__(self, namespace: str, app: rx.App) -> None:
        super().__init__(namespace, app)
        self._browsers: dict[str, Browser] = {}
        """By connection."""
        self._left: dict[str, str] = {}
        """The id of the browser by the name of the state, of pages that are not connected, oldest first."""

    @classmethod
    def of(cls, app: rx.App) -> Pages:
        """Those of an app that `protect` was called for."""
        return cast(Pages, app.event_namespace)

    def browser(self, connection: str) -> Browser | None:
        """None once the connection has ended, and with it all that its browser's cookie opens."""
        return self._browsers.get(connection)

    async def on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        browser = browser_in(environ["asgi.scope"])
        if sum(one.id == browser.id for one in self._browsers.values()) >= MOST_OF_A_BROWSER:
            raise ConnectionRefusedError
        self._make_room()
        self._browsers[sid] = browser
        try:
            await super().on_connect(sid, environ, auth)
        except BaseException:
            del self._browsers[sid]
            raise
        self._left.pop(self.sid_to_token.get(sid, ""), None)

    def on_disconnect(self, sid: str) -> asyncio.Task[Any] | None:
        browser, state = self._browsers.pop(sid, None), self.sid_to_token.get(sid)
        if browser and state:
            self._left[state] = browser.id
        return super().on_disconnect(sid)

    async def on_event(self, sid: str, data: Any) -> None:
        """An event out of bounds is refused: nothing of it is kept."""
        if (state := self.sid_to_token.get(sid)) is None:
            return
        try:
            if len(self.app.event_processor._token_queues.get(state, ())) >= MOST_WAITING:
                raise events.RefusedEvent("too many events at once")
            event = events.check(data)
        except events.RefusedEvent as refusal:
            logger.warning("refused from %r: %s", self._browsers.get(sid), refusal)
            return
        await super().on_event(sid, event)

    async def empty(self, browser: Browser, reset: Callable[[rx.State], Awaitable[None]]) -> None:
        """Calls `reset` for the states of all open pages of a browser, which show the change, and drops those of pages
        that were left. Not for handlers that hold the lock of a state."""
        for sid, state in list(self.sid_to_token.items()):
            if (one := self._browsers.get(sid)) and one.id == browser.id:
                async with self.app.modify_state(rx.BaseStateToken(ident=state, cls=rx.State)) as root:
                    await reset(cast(rx.State, root))
        for state in [state for state, owner in self._left.items() if owner == browser.id]:
            self._drop(state)

    async def keep_open(self) -> None:
        """Keeps the states of connected pages, however long nobody touches them; all others expire."""
        while True:
            await asyncio.sleep(STATE_SECONDS / 4)
            for state in set(self.sid_to_token.values()) & self._manager.states.keys():
                await self._manager.get_state(rx.BaseStateToken(ident=state, cls=rx.State))
            self._left = {state: owner for state, owner in self._left.items() if state in self._manager.states}

    def _make_room(self) -> None:
        """Drops states of pages that were left, the oldest first. Raises ConnectionRefusedError if none was left."""
        while len(self._manager.states) >= MOST_PAGES:
            if not self._left:
                raise ConnectionRefusedError
            self._drop(next(iter(self._left)))

    def _drop(self, state: str) -> None:
        self._left.pop(state, None)
        self._manager._purge_token(rx.BaseStateToken(ident=state, cls=rx.State))

    @property
    def _manager(self) -> StateManagerMemory:
        return cast(StateManagerMemory, self.app.state_manager)  # rxconfig.py


def protect(app: rx.App) -> None:
    """Puts Pages in the place of the app's namespace."""
    if app.sio is None or app.event_namespace is None:
        raise TypeError("an app without states has no pages to protect")
    pages = Pages(app.event_namespace.namespace, app)
    app._event_namespace = pages
    app.sio.register_namespace(pages)
    app.sio.eio.max_http_buffer_size = events.MOST_LETTERS
    pages._manager.token_expiration = STATE_SECONDS
    app.register_lifespan_task(pages.keep_open)
