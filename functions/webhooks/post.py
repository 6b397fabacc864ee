"""One attempt to deliver: to the address that was checked, without a redirect, within a deadline.

The sockets are ours because the check must hold for the connection that is made: a name that is resolved twice can have
two meanings.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import socket
import ssl
import threading
import time
from urllib.parse import urlsplit

from adlens.domain.errors import PermanentError, TransientError
from adlens.domain.webhooks import Outgoing, is_public, sign

SECONDS = 10.0
"""For an attempt as a whole, from the first connection to the status line."""
ADDRESSES = 3
USER_AGENT = "AdLens-Webhooks/1"


class AddressRefused(PermanentError):
    """The host is inside of some network, where a webhook must not reach."""

    code = "address_refused"


class Unreachable(TransientError):
    code = "unreachable"


def post(delivery: Outgoing, *, public_only: bool, seconds: float = SECONDS) -> int:
    """The HTTP status of the answer, whose body is not read. Raises AddressRefused and Unreachable."""
    parts = urlsplit(delivery.url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    addresses = _resolve(host, port)
    if public_only and not all(map(is_public, addresses)):
        raise AddressRefused("The host of the URL is not reachable from the internet.")
    timestamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "Connection": "close",
        "webhook-id": str(delivery.id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(delivery.secret, str(delivery.id), timestamp, delivery.body),
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    late = Unreachable(f"It did not answer within {seconds:g} seconds.")
    deadline = _Deadline(seconds)
    try:
        with deadline:
            connection = _connect(host, port, addresses, parts.scheme == "https", deadline)
            with contextlib.closing(connection):
                connection.request("POST", target, delivery.body.encode(), headers)
                status = connection.getresponse().status
        if deadline.passed:  # headers that were cut off look like headers that end
            raise late
        return status
    except TimeoutError as error:
        raise late from error
    except ssl.SSLCertVerificationError as error:
        raise Unreachable("Its certificate is not valid for the URL's host.") from error
    except (OSError, http.client.HTTPException) as error:
        if deadline.passed:
            raise late from error
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise Unreachable(f"The connection failed: {reason}.") from error


class _Deadline:
    """Ends what is under way on a socket when the time is up. A socket's own timeout counts from byte to byte, which a
    receiver can go on with for ever."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._until = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def left(self) -> float:
        if (left := self._until - time.monotonic()) <= 0:
            raise TimeoutError
        return left

    def watch(self, opened: socket.socket) -> None:
        self._sockets.append(opened)
        if self.passed:
            raise TimeoutError

    def _pass(self) -> None:
        self.passed = True
        for opened in self._sockets:
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable("The name of the URL's host is unknown.") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))[:ADDRESSES]


def _connect(host: str, port: int, addresses: list[str], tls: bool, deadline: _Deadline) -> http.client.HTTPConnection:
    """A connection to the first of `addresses` that takes one, as a client of `host`."""
    failure: OSError = OSError("no address")
    for address in addresses:
        try:
            opened = socket.create_connection((address, port), timeout=deadline.left())
        except TimeoutError:
            raise
        except OSError as error:
            failure = error
            continue
        try:
            deadline.watch(opened)
            opened.settimeout(deadline.left())
            if tls:
                opened = _tls().wrap_socket(opened, server_hostname=host)
                deadline.watch(opened)
        except BaseException:
            opened.close()
            raise
        # Of the base class in either case: the socket is there, and this one would open none by itself.
        kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        connection = kind(host, port)
        connection.sock = opened
        return connection
    raise failure


@functools.cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
