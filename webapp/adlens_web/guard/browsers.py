"""Browsers, known by a secret cookie that scripts cannot read.

From the cookie and the token in the WebSocket's address the server makes the name of the page's state, so that a token
alone leads to no state. The cookie also opens what the browser keeps sealed: the API key lies in the browser's storage
as a cipher text, and only requests of this browser carry what opens it.
"""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

COOKIE = "adlens-browser"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Over https. Browsers take a name with this prefix from this very host and over TLS only."""
KEPT_SECONDS = 30 * 24 * 3600
"""Renewed by each page."""


class Browser:
    """`secret` is the value of its cookie. Raises ValueError if that is no secret of this server's form."""

    def __init__(self, secret: str) -> None:
        self._secret, self._cipher = secret, Fernet(secret)
        self.id = self._digest("browser")

    @classmethod
    def new(cls) -> Browser:
        return cls(Fernet.generate_key().decode())

    @classmethod
    def of(cls, cookies: str, *, secure: bool) -> Browser | None:
        """The browser that sends this Cookie header, over https where that is `secure`; None without a secret in it."""
        name = SECURE_COOKIE if secure else COOKIE
        try:
            return cls(SimpleCookie(cookies)[name].value)
        except (CookieError, KeyError, ValueError):
            return None

    def cookie(self, *, secure: bool) -> str:
        """The Set-Cookie header that makes the browser send the secret from now on."""
        name, attributes = (SECURE_COOKIE, "; Secure") if secure else (COOKIE, "")
        return f"{name}={self._secret}; Path=/; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Strict{attributes}"

    def state_of(self, token: str) -> str:
        """The name of the state of the page that calls itself `token`."""
        return self._digest(f"page {token}")

    def seal(self, text: str) -> str:
        return self._cipher.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """None for what another browser has sealed, or nobody."""
        try:
            return self._cipher.decrypt(sealed.encode()).decode()
        except (InvalidToken, ValueError):
            return None

    def __repr__(self) -> str:
        return f"Browser({self.id[:8]})"  # never the secret

    def _digest(self, text: str) -> str:
        return hmac.digest(self._secret.encode(), text.encode(), "sha256").hex()


def browser_in(scope: Any) -> Browser:
    """The browser of a connection (middleware.py)."""
    found: Browser = scope["adlens.browser"]
    return found
