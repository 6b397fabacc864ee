"""A program that talks to the web app's backend as a page does, and says more than pages do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from http.cookies import SimpleCookie
from typing import Any, Self
from urllib.parse import quote

import httpx
from simple_websocket import Client, ConnectionClosed

ROOT = "reflex___state____state"
SESSION = f"{ROOT}.adlens_web___texts___language____language.adlens_web___session____session"
ADDRESS = {"pathname": "/", "asPath": "/", "query": {}}


def cookie_of(url: str) -> str:
    """The Cookie header of a new browser."""
    (morsel,) = SimpleCookie(httpx.get(f"{url}/ping", timeout=60).headers["set-cookie"]).values()
    return f"{morsel.key}={morsel.value}"


class PageClient:
    """The connection of a page that calls itself `token`, in the browser with this Cookie header."""

    def __init__(self, url: str, token: str, cookie: str, origin: str = "") -> None:
        address = f"{url.replace('http', 'ws', 1)}/_event/?EIO=4&transport=websocket&token={quote(token)}"
        headers = {"Origin": origin or url, **({"Cookie": cookie} if cookie else {})}
        # The first message is read with the second: what comes with the answer to the handshake waits for more.
        self._socket = Client.connect(address, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ConnectionClosed):
            self._socket.close()

    def open(self, stored: Mapping[str, str] | None = None, seconds: float = 3) -> str:
        """Opens the page, with what its browser has stored; all that the server sends until `seconds` of silence."""
        values = {f"{SESSION}.{name}_rx_state_": value for name, value in (stored or {}).items()}
        event = {"name": f"{ROOT}.hydrate_and_load", "payload": {"vars": values}, "router_data": ADDRESS}
        self._socket.send(f"40/_event,{json.dumps({'event': event})}")
        return "".join(self.received(seconds))

    def send(self, name: str, **payload: Any) -> None:
        event = {"name": name, "payload": payload, "router_data": ADDRESS}
        self._socket.send(f"42/_event,{json.dumps(['event', event])}")

    def received(self, seconds: float) -> list[str]:
        """All messages until there was none for `seconds`. The server's pings are answered."""
        found = []
        while (message := self._socket.receive(timeout=seconds)) is not None:
            if message == "2":
                self._socket.send("3")
            elif not str(message).startswith("0"):  # what the transport says of itself
                found.append(str(message))
        return found

    @property
    def ended(self) -> bool:
        """Whether the server has ended the connection, or does within half a minute."""
        try:
            while self._socket.receive(timeout=30) is not None:
                pass
        except ConnectionClosed:
            return True
        return False
