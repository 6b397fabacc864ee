"""The language of the user."""

from __future__ import annotations

import reflex as rx

from adlens_web.bounds import Word

LANGUAGE_SCRIPT = "localStorage['adlens-language'] ??= navigator.language.startsWith('ru') ? 'ru' : 'en'"
"""Runs before the first paint: the language that the browser prefers."""


class Language(rx.State):
    """Kept in the browser. The session, and with it every page, derives from it."""

    language: str = rx.LocalStorage("ru", name="adlens-language", sync=True)
    """`ru` or `en`; LANGUAGE_SCRIPT chooses on the first visit."""

    @rx.event
    def set_language(self, language: Word) -> None:
        self.language = language
