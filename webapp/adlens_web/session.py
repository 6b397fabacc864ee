"""The user's session: API key, language, and the problem of the last request."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import reflex as rx
from reflex_base.registry import RegistrationContext

from adlens_web import browser, texts
from adlens_web.api.client import Api, ApiProblem
from adlens_web.bounds import Form
from adlens_web.guard.pages import Pages
from adlens_web.texts.language import Language

TEMPORARY = ("unreachable", "temporarily_unavailable", "internal_error")
"""Problems after which the browser asks again by itself."""
RETRY_MS = 3000
P = ParamSpec("P")
S = TypeVar("S", bound="Session")


def loads(
    handler: Callable[Concatenate[S, P], Awaitable[Any]],
) -> Callable[Concatenate[S, P], Awaitable[Any]]:
    """For handlers that fill a page: the page itself shows a problem, and asks again while the API is away."""

    @functools.wraps(handler)
    async def wrapper(self: S, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            result = await handler(self, *args, **kwargs)
        except ApiProblem as problem:
            self.problem, self.problem_detail = problem.code, problem.detail
            result = None
        else:
            self.problem = self.problem_detail = ""
        self.answers += 1
        return result

    return wrapper


def acts(
    handler: Callable[Concatenate[S, P], Awaitable[Any]],
) -> Callable[Concatenate[S, P], Awaitable[Any]]:
    """For handlers of buttons: a toast shows a problem, and the page stays as it is."""

    @functools.wraps(handler)
    async def wrapper(self: S, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            return await handler(self, *args, **kwargs)
        except ApiProblem as problem:
            return rx.toast.error(self._say_problem(problem.code, problem.detail))

    return wrapper


SESSION_SCRIPT = (
    "addEventListener('storage', ({key}) => key === 'adlens-session' && location.reload());"
    "localStorage.removeItem('adlens-key')"  # of former versions, which kept the key readable
)
"""Runs on every page: whoever signs in or out on one page does so on all that are open."""


class Session(Language):
    """The state that all pages share; theirs derive from it.

    The API key is in no state. The browser keeps it sealed in a storage that scripts can read, and sends what opens it
    in a cookie that they cannot (guard/browsers.py): it can be read while the page is connected, and no longer.

    Reflex lets a browser call every public method of a state, so helpers begin with an underscore.
    """

    session: str = rx.LocalStorage("", name="adlens-session", sync=True)
    """`owner.sealed key`; empty for people who have not signed in."""
    workspace: str = ""
    problem: str = ""
    """The code of the problem of this page's last request; empty after a success."""
    problem_detail: str = ""
    answers: int = 0
    """Counts the answers for this page: the heartbeat waits for the next one."""

    @rx.var
    def problem_text(self) -> str:
        return self._say_problem(self.problem, self.problem_detail) if self.problem else ""

    @rx.var
    def signed_in(self) -> bool:
        return bool(self.session)

    @rx.var
    def owner(self) -> str:
        """A name of the API key that tells nothing of it; empty for people who have not signed in."""
        return self.session.partition(".")[0]

    @rx.event(background=True)
    @acts
    async def sign_in(self, form: Form) -> Any:
        """Keeps a key that the API knows; all pages of this browser then load anew."""
        key = form.get("key", "").strip()
        if not (key.isascii() and key.isprintable()):
            raise ApiProblem("key_characters", "API keys have Latin letters, digits and signs only.")
        me = await Api(key).me()
        pages = _pages()
        if (known := pages.browser(self.router.session.session_id)) is None:
            return None  # the page has gone
        await pages.empty(known, _reset)
        async with self:
            self.session = f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.{known.seal(key)}"
            self.workspace = me["workspace"]["name"]
        return browser.reload()

    @rx.event(background=True)
    async def sign_out(self) -> Any:
        """Leaves nothing of the workspace on any page of this browser, nor in their states."""
        pages = _pages()
        if known := pages.browser(self.router.session.session_id):
            await pages.empty(known, _reset)
        async with self:
            self.session = ""
        return browser.reload()

    @property
    def _api(self) -> Api:
        """The API with this session's key. Raises ApiProblem if this browser cannot open it (any more)."""
        if not self.session:
            return Api("")
        known = _pages().browser(self.router.session.session_id)
        key = known.open(self.session.partition(".")[2]) if known else None
        if key is None:
            raise ApiProblem("unauthorized", "The session has ended. Sign in again.")
        return Api(key)

    def _say(self, key: str, **values: object) -> str:
        """A text in the user's language."""
        return texts.say(self.language, key, **values)

    def _say_problem(self, code: str, detail: str) -> str:
        """The catalogue's text for a problem of the API; the API's own text for unknown codes."""
        key = f"problem.{code}"
        return self._say(key) if texts.known(key) else detail


def _pages() -> Pages:
    return Pages.of(RegistrationContext.get().app)


async def _reset(root: rx.State) -> None:
    """Empties a page but for what its browser keeps."""
    kept = (
        (root, "is_hydrated"),
        (await root.get_state(Language), "language"),
        (await root.get_state(Session), "session"),
    )
    values = [getattr(state, name) for state, name in kept]
    root.reset()  # type: ignore[no-untyped-call]
    for (state, name), value in zip(kept, values, strict=True):
        setattr(state, name, value)
        state.dirty_vars.discard(name)  # sent again, it could overtake a newer one in the browser's storage
