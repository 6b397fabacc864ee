"""The user's session: API key, language, and the problem of the last request."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import reflex as rx

from adlens_web import browser, texts
from adlens_web.api.client import Api, ApiProblem
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


class Session(Language):
    """The state that all pages share; theirs derive from it. The key lives in the browser and goes to the API only.

    Reflex lets a browser call every public method of a state, so helpers begin with an underscore.
    """

    key: str = rx.LocalStorage("", name="adlens-key", sync=True)
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
        return bool(self.key)

    @rx.event
    @acts
    async def sign_in(self, form: dict[str, Any]) -> Any:
        """Keeps a key that the API knows; the page then loads anew."""
        key = str(form.get("key", "")).strip()
        me = await Api(key).me()
        self.key, self.workspace = key, me["workspace"]["name"]
        return browser.reload()

    @rx.event
    def sign_out(self) -> Any:
        self.key = self.workspace = ""
        return browser.reload()

    @property
    def _api(self) -> Api:
        """The API with this session's key."""
        return Api(self.key)

    def _say(self, key: str, **values: object) -> str:
        """A text in the user's language."""
        return texts.say(self.language, key, **values)

    def _say_problem(self, code: str, detail: str) -> str:
        """The catalogue's text for a problem of the API; the API's own text for unknown codes."""
        key = f"problem.{code}"
        return self._say(key) if texts.known(key) else detail
