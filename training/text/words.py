"""The texts that lines are made of: dictionary words, the words of real cards, and prices, sizes, phones, brands.

Words of the test and validation splits are never drawn for training (by hash), numbers and patterns are shared.
"""

from __future__ import annotations

import hashlib
import random
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from training.text import codes
from training.text.alphabet import ALPHABET, LATIN, RUSSIAN
from training.text.fonts import installed

HUNSPELL = Path("/usr/share/hunspell")
"""Debian's hunspell-ru and hunspell-en-us."""
_DICTIONARIES = {
    "ru": ("ru_RU", "dictionary-ru", RUSSIAN),
    "en": ("en_US", "dictionary-en", LATIN),
}

Line = Callable[[random.Random], str]


def split_of(word: str) -> str:
    """'train', 'val' (3 %) or 'test' (7 %), whatever the word's case."""
    share = int(hashlib.sha256(word.casefold().encode()).hexdigest(), 16) % 100
    return "test" if share < 7 else "val" if share < 10 else "train"


def dictionary(language: str, split: str) -> tuple[str, ...]:
    """Words of hunspell's dictionary with their inflected forms, of one split, in a stable order.

    Debian's dictionary where it is installed, else the one of fonts.toml's npm packages: the same for Russian, a
    shorter one for English.
    """
    return _by_split(language)[split]


@cache
def _by_split(language: str) -> dict[str, tuple[str, ...]]:
    debian, npm, letters = _DICTIONARIES[language]
    path = HUNSPELL / debian
    if not path.with_suffix(".dic").exists():
        path = installed() / npm / "index"
    allowed = re.compile(f"[{letters}{letters.upper()}]{{2,16}}(-[{letters}]{{2,10}})?")
    found = {word for word in inflected(path) if allowed.fullmatch(word)}
    if language == "ru":
        # Half of the dictionary's forms with ё are written with е in print.
        found |= {word.replace("ё", "е") for word in found if "ё" in word}
    words: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for word in sorted(found):
        words[split_of(word)].append(word)
    return {split: tuple(chosen) for split, chosen in words.items()}


def inflected(path: Path) -> Iterator[str]:
    """The words of a hunspell dictionary, and each with its suffixes."""
    rules: dict[str, list[tuple[str, str, re.Pattern[str]]]] = {}
    for line in path.with_suffix(".aff").read_text(encoding="utf-8").splitlines():
        parts = line.split()
        if len(parts) >= 5 and parts[0] == "SFX":
            strip, add, condition = ("" if part == "0" else part for part in parts[2:5])
            rules.setdefault(parts[1], []).append((strip, add.split("/")[0], re.compile(f"{condition}$")))
    for line in path.with_suffix(".dic").read_text(encoding="utf-8").splitlines()[1:]:
        word, _, flags = line.split()[0].partition("/") if line.strip() else ("", "", "")
        yield word
        for flag in flags:
            for strip, add, condition in rules.get(flag, ()):
                if word.endswith(strip) and condition.search(word):
                    yield word[: len(word) - len(strip)] + add


@cache
def advertising() -> dict[str, list[str]]:
    """Words of advertisements by 'ru', 'en' and 'brands'. Raises ValueError when one cannot be written."""
    words: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
    if missing := {character for some in words.values() for word in some for character in word} - set(ALPHABET):
        raise ValueError(f"words.toml has characters that are not in the alphabet: {missing}")
    return words


def _of_split(words: list[str], split: str) -> list[str]:
    """Few words may leave a split without any: then it shares them."""
    return [word for word in words if split_of(word) == split] or words


class TextSource:
    """Draws lines of one split and language: 'ru', 'en' or 'mixed'."""

    def __init__(self, split: str) -> None:
        self._words: dict[str, Sequence[str]] = {language: dictionary(language, split) for language in ("ru", "en")}
        self._cards: dict[str, Sequence[str]] = {name: _of_split(words, split) for name, words in advertising().items()}

    def line(self, chance: random.Random, language: str, facts: float = 0.0) -> str:
        """A line of at most 30 characters, all of them in ALPHABET, no spaces at its ends or two in a row.

        `facts` is the share of parts that are numbers, units, prices and codes beside those that come anyway.
        """
        count = chance.choices((1, 2, 3, 4), (52, 30, 13, 5))[0]
        if language == "mixed":
            parts = [self._part(chance, chance.choice(("ru", "en")), facts) for _ in range(max(2, count))]
        else:
            parts = [self._part(chance, language, facts) for _ in range(count)]
        style = chance.choices(("as is", "upper", "title", "capital"), (34, 36, 12, 18))[0]
        if style == "upper":
            parts = [part.upper() for part in parts]
        elif style == "title":
            parts = [part[:1].upper() + part[1:] for part in parts]
        elif style == "capital":
            parts[0] = parts[0][:1].upper() + parts[0][1:]
        if chance.random() < 0.06:
            parts.insert(chance.randrange(len(parts) + 1), chance.choice(("•", "—", "–", "|", "+", "&", "/", "×")))
        text = " ".join(parts) + chance.choices(("", "!", ".", ",", ":", "?", "*", "!!"), (76, 7, 5, 4, 4, 2, 1, 1))[0]
        while len(text) > 30 and " " in text:
            text = text.rsplit(" ", 1)[0]
        return text[:30].strip()

    def code(self, chance: random.Random) -> str:
        """A line of training.text.codes with words of this split."""
        words = self._cards if chance.random() < 0.35 else self._words
        return codes.line(chance, words["ru"], words["en"])

    def _part(self, chance: random.Random, language: str, facts: float) -> str:
        if facts and chance.random() < facts:
            return chance.choice(_PATTERNS[language] + _PATTERNS["any"])(chance)
        kind = chance.random()
        if kind < 0.62:
            # Inflected forms are long; print is short.
            return self._dressed(chance, min((chance.choice(self._words[language]) for _ in range(2)), key=len))
        if kind < 0.78:
            return self._dressed(chance, chance.choice(self._cards[language]))
        if kind < 0.82:
            return chance.choice(self._cards["brands"])
        if kind < 0.86:  # what no dictionary has: articles, names, abbreviations
            letters = RUSSIAN if language == "ru" else LATIN
            return "".join(chance.choice(letters) for _ in range(chance.randint(1, 7)))
        return chance.choice(_PATTERNS[language] + _PATTERNS["any"])(chance)

    @staticmethod
    def _dressed(chance: random.Random, word: str) -> str:
        dress = chance.random()
        if dress < 0.93:
            return word
        if dress < 0.95:
            return f"«{word}»" if chance.random() < 0.6 else f'"{word}"'
        if dress < 0.97:
            return f"({word})"
        return f"{word}{chance.choice(('-', '/', ' & ', '.', '+'))}{chance.randint(1, 99)}"


def _number(chance: random.Random) -> str:
    return str(chance.choice((chance.randint(0, 9), chance.randint(10, 99), chance.randint(100, 999))))


def _price(chance: random.Random) -> str:
    rubles = chance.randint(10, 99_999)
    grouped = f"{rubles:,}".replace(",", " ") if chance.random() < 0.6 else str(rubles)
    return chance.choice(("{} ₽", "{}₽", "{} руб.", "{} р.", "от {} ₽", "{},-")).format(grouped)


def _dollars(chance: random.Random) -> str:
    return f"{chance.choice('$€')}{chance.randint(1, 999)}{chance.choice(('', '.99', '.50', '.00'))}"


def _decimal(chance: random.Random, units: tuple[str, ...]) -> str:
    number = f"{chance.randint(0, 99)}{chance.choice('.,')}{chance.randint(0, 9)}"
    return f"{chance.choice((number, _number(chance)))}{chance.choice(('', ' '))}{chance.choice(units)}"


def _phone(chance: random.Random) -> str:
    d = [chance.randint(0, 9) for _ in range(10)]
    head = chance.choice(("+7", "8"))
    return f"{head} ({d[0]}{d[1]}{d[2]}) {d[3]}{d[4]}{d[5]}-{d[6]}{d[7]}-{d[8]}{d[9]}"


def _code(chance: random.Random) -> str:
    letters = "".join(chance.choice(LATIN.upper()) for _ in range(chance.randint(1, 5)))
    return f"{letters}{chance.choice(('', '-', ' '))}{chance.randint(1, 9999):0{chance.randint(1, 4)}d}"


_PATTERNS: dict[str, list[Line]] = {
    "any": [
        lambda c: f"{c.choice(('-', '−', '', '+', 'до -', 'от ')).replace('−', '-')}{c.randint(1, 99)}%",
        lambda c: f"{c.randint(1, 99)} %",
        _number,
        _number,
        lambda c: f"{c.randint(2, 60)}{c.choice(('-', '–', '/', 'x', '×', '*', ':'))}{c.randint(2, 200)}",
        lambda c: f"{c.randint(5, 99)}x{c.randint(5, 99)}x{c.randint(5, 99)}",
        lambda c: f"{c.randint(1, 31):02d}.{c.randint(1, 12):02d}.{c.choice(('2024', '2025', '2026', '26'))}",
        lambda c: f"{c.randint(0, 23)}:{c.randint(0, 59):02d}",
        lambda c: f"№{c.choice(('', ' '))}{c.randint(1, 999)}",
        lambda c: f"{c.randint(15, 40)}°{c.choice(('', 'C'))}",
        lambda c: f"{c.choice((1, 2, 3))} = {c.choice((1, 2, 3))}",
        lambda c: f"{c.randint(1, 5)}+{c.randint(1, 5)}",
        lambda c: f"#{c.randint(1, 99)}",
        _phone,
        _dollars,
        _code,
    ],
    "ru": [
        _price,
        _price,
        lambda c: _decimal(c, ("мл", "л", "г", "кг", "см", "мм", "м", "шт", "шт.", "Вт", "А", "мАч", "лет", "мин")),
        lambda c: f"{c.randint(1, 99)}-{c.choice(('й', 'я', 'е', 'го'))}",
    ],
    "en": [
        lambda c: _decimal(c, ("ml", "L", "g", "kg", "cm", "mm", "pcs", "W", "A", "mAh", "GB", "oz", "in", "V")),
        lambda c: c.choice(
            ("XS", "S", "M", "L", "XL", "XXL", "S-XL", "42-50", "USB-C", "4K", "5G", "Wi-Fi", "24/7", "A+")
        ),
        lambda c: f"www.{''.join(c.choice(LATIN) for _ in range(c.randint(3, 7)))}.{c.choice(('ru', 'com'))}",
        lambda c: f"@{''.join(c.choice(LATIN) for _ in range(c.randint(3, 7)))}",
        lambda c: f"{c.choice(('it', 'don', 'we', 'you'))}'{c.choice(('s', 't', 're', 'll'))}",
        lambda c: c.choice(("™", "®", "©")),
    ],
}
