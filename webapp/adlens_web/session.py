"""Who looks at the pages, in which language, and what went wrong with the last call."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import reflex as rx

from adlens_web import api_client, texts
from adlens_web.api_client import ApiProblem

RETRY_MS = 3000
LANGUAGE_SCRIPT = "localStorage['adlens-language'] ??= navigator.language.startsWith('ru') ? 'ru' : 'en'"
"""Runs before the first paint: the language that the browser prefers."""
P = ParamSpec("P")
S = TypeVar("S", bound="Session")


def loads(
    handler: Callable[Concatenate[S, P], Awaitable[Any]],
) -> Callable[Concatenate[S, P], Awaitable[Any]]:
    """For handlers that fill a page: a problem is shown by the page itself, which tries again while the API is away."""

    @functools.wraps(handler)
    async def told(self: S, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            result = await handler(self, *args, **kwargs)
        except ApiProblem as problem:
            self.problem, self.problem_detail = problem.code, problem.detail
            result = None
        else:
            self.problem = self.problem_detail = ""
        self.tries += 1
        return result

    return told


def acts(
    handler: Callable[Concatenate[S, P], Awaitable[Any]],
) -> Callable[Concatenate[S, P], Awaitable[Any]]:
    """For handlers that do what a button says: a problem is told in a toast, and the page stays as it is."""

    @functools.wraps(handler)
    async def told(self: S, /, *args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            return await handler(self, *args, **kwargs)
        except ApiProblem as problem:
            return rx.toast.error(self.say_problem(problem.code, problem.detail))

    return told


class Session(rx.State):
    """The state that all pages share; theirs derive from it. The key lives in the browser and goes to the API only."""

    key: str = rx.LocalStorage("", name="adlens-key", sync=True)
    language: str = rx.LocalStorage("ru", name="adlens-language", sync=True)
    """`ru` or `en`; LANGUAGE_SCRIPT chooses on the first visit."""
    workspace: str = ""
    problem: str = ""
    """The code of what went wrong with the last call for this page; empty when nothing did."""
    problem_detail: str = ""
    tries: int = 0
    """Changes with each answer: the heartbeat's beat."""

    @rx.var
    def problem_text(self) -> str:
        return self.say_problem(self.problem, self.problem_detail) if self.problem else ""

    @rx.var
    def signed_in(self) -> bool:
        return bool(self.key)

    @rx.event
    def speak(self, language: str) -> None:
        self.language = language

    @rx.event
    @acts
    async def sign_in(self, form: dict[str, Any]) -> Any:
        """Keeps a key that the API knows; the page then loads anew."""
        key = str(form.get("key", "")).strip()
        me = await api_client.get("/me", key)
        self.key, self.workspace = key, me["workspace"]["name"]
        return rx.call_script("window.location.reload()")

    @rx.event
    def sign_out(self) -> Any:
        self.key = self.workspace = ""
        return rx.call_script("window.location.reload()")

    def say(self, key: str, **values: object) -> str:
        """A text in the language of whoever looks."""
        return texts.say(self.language, key, **values)

    def say_problem(self, code: str, detail: str) -> str:
        """What a problem of the API means in words; its own words where the catalogues have none for its code."""
        key = f"problem.{code}"
        return self.say(key) if texts.known(key) else detail

    async def get(self, path: str, **params: Any) -> Any:
        """GET from the API with this session's key. Raises ApiProblem."""
        return await api_client.get(path, self.key, **params)

    async def get_page(self, path: str, **params: Any) -> tuple[list[Any], str]:
        """A part of a list of the API, and the cursor of what follows; it is empty at the end. Raises ApiProblem."""
        return await api_client.get_page(path, self.key, **params)

    async def call(self, method: str, path: str, *, json: Any = None, **params: Any) -> Any:
        """Any other call of the API with this session's key. Raises ApiProblem."""
        return await api_client.call(method, path, self.key, json=json, **params)
