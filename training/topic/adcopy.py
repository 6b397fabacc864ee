"""Texts of creatives as a reader would hand them on: what the taxonomy says, ad-copy patterns, and misreadings.

Words of the validation and test splits are never drawn for training (by hash, as in training.text.words); the splits
draw a quarter of their words from those and the rest from what was trained on, as new creatives would.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from adlens.domain.topics import Taxonomy, taxonomy
from adlens.vision.topic.wordpiece import words_of
from training.paths import DATA
from training.text.words import advertising, dictionary, split_of

SILENT = ""
"""What a text says that names no product at all: an empty one, a bare discount, a print."""
NOVELTY = 0.25
LANGUAGES = ("ru", "en")
_KEPT, _MOST_KEPT = DATA / "topic" / "words", 30_000

_ALIKE = dict(zip("асеорхкмтвнуАСЕОРХКМТВНУ", "aceopxkmtbhyACEOPXKMTBHY", strict=True))
_MISREAD = dict(zip("оo0з3лпli1дбшщинцыsgеeй", "00о3зпл1ll96щшничь59ccи", strict=True)) | {"m": "rn"}


@dataclass(frozen=True, slots=True)
class Copy:
    """Lines as read, in the order read; `says` is the topic their words name, SILENT for none; `spoken` are the words,
    as words_of would give them, that name it and were not misread."""

    lines: tuple[str, ...]
    says: str
    spoken: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class AdCopy:
    """Draws texts of one split: 'train', 'val' or 'test'."""

    def __init__(self, split: str, topics: Taxonomy | None = None) -> None:
        self._topics = topics or taxonomy()
        self._split = split
        self._vocabulary = {language: _unspeaking(language, split) for language in LANGUAGES}

    def draw(self, chance: random.Random, says: str) -> Copy:
        """A text that names the topic `says`, or nothing when that is SILENT."""
        language = chance.choice(LANGUAGES)
        second = chance.choice(LANGUAGES) if chance.random() < 0.2 else language
        generic = [self._generic(chance, second) for _ in range(_exponential(chance, 5))]
        generic += [self._noise(chance, second) for _ in range(_exponential(chance, 3) if chance.random() < 0.5 else 0)]
        named: list[str] = []
        speaking: set[str] = set()
        if says == SILENT:
            if chance.random() < 0.35:
                return Copy((), SILENT)
        else:
            named, speaking = self._speaking(chance, says, language)
        lines = named + generic
        if chance.random() < 0.7:
            chance.shuffle(lines)
        read = misread(chance, lines)
        return Copy(tuple(read), says, frozenset(speaking & set(words_of("\n".join(read)))))

    def _speaking(self, chance: random.Random, says: str, language: str) -> tuple[list[str], set[str]]:
        """The lines that name a topic, and the words that do so."""
        topic = self._topics.topics[says]
        words = [self._pick(chance, topic.words[language]) for _ in range(chance.choices((0, 1, 2), (14, 66, 20))[0])]
        count = chance.choices((0, 1, 2, 3), (30, 30, 25, 15))[0] if words else chance.randint(2, 4)
        clues = [self._pick(chance, topic.clues[language]) for _ in range(count)]
        lines = [self._shaped(chance, word, topic.clues[language], language) for word in words] + clues
        return lines, set(words_of(" ".join(words or clues)))

    def _shaped(self, chance: random.Random, word: str, clues: Sequence[str], language: str) -> str:
        shape = chance.choice(_patterns()[language]["shapes"])
        return _filled(chance, shape, language, self._split).format_map(
            {"w": word, "c": self._pick(chance, clues), "g": self._generic(chance, language)}
        )

    def _generic(self, chance: random.Random, language: str) -> str:
        pattern = _filled(chance, chance.choice(_patterns()[language]["generic"]), language, self._split)
        return pattern.replace("{w}", chance.choice(self._vocabulary["en"]).lower())

    def _noise(self, chance: random.Random, language: str) -> str:
        """What has nothing to do with the product, and between it the little words that clues begin with as well."""
        little = _patterns()[language]["little"]
        words = [chance.choice(self._vocabulary[language]) for _ in range(chance.randint(1, 4))]
        return " ".join(f"{chance.choice(little)} {word}" if chance.random() < 0.4 else word for word in words)

    def _pick(self, chance: random.Random, words: Sequence[str]) -> str:
        known = [word for word in words if split_of(word) == "train"] or list(words)
        if self._split == "train" or chance.random() > NOVELTY:
            return chance.choice(known)
        return chance.choice([word for word in words if split_of(word) != "train"] or known)


def _exponential(chance: random.Random, most: int) -> int:
    return min(int(chance.expovariate(0.45)), most)


def _filled(chance: random.Random, shape: str, language: str, split: str) -> str:
    """`shape` with its numbers, units, materials and brand put in; {w}, {c} and {g} stay for the caller."""
    brands = [brand for brand in advertising()["brands"] if split_of(brand) == split] or advertising()["brands"]
    values: dict[str, Callable[[], object]] = {
        "n": lambda: chance.choice((5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 70, 99)),
        "p": lambda: f"{chance.choice((chance.randint(1, 99), chance.randint(1, 99) * 100 - 10)):,}".replace(",", " "),
        "h": lambda: chance.choice((2, 3, 4, 24, 48)),
        "y": lambda: chance.randint(1, 5),
        "d": lambda: chance.randint(2, 9),
        "a": lambda: chance.randint(5, 99),
        "u": lambda: chance.choice(_patterns()[language]["units"]),
        "m": lambda: chance.choice(_patterns()[language]["materials"]),
        "b": lambda: chance.choice(brands) if chance.random() < 0.5 else _invented(chance, language),
    }
    return re.sub(r"\{([a-z])\}", lambda slot: str(values[slot[1]]()) if slot[1] in values else slot[0], shape)


def _invented(chance: random.Random, language: str) -> str:
    """A brand that does not exist: two to four syllables."""
    consonants, vowels = ("бвгдзклмнпрстф", "аеиоу") if language == "ru" else ("bcdfgklmnprstvz", "aeiou")
    return "".join(chance.choice(consonants) + chance.choice(vowels) for _ in range(chance.randint(2, 4))).title()


@cache
def _patterns() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@cache
def _unspeaking(language: str, split: str) -> tuple[str, ...]:
    """Dictionary words that share no stem with a word of the taxonomy: what prints, brands and chance hold.

    Inflecting the whole dictionary takes longer than much of the training, so what is drawn from it is kept.
    """
    kept = _KEPT / f"{language}-{split}.txt"
    if not kept.exists():
        phrases = [phrase for topic in taxonomy().topics.values() for phrase in topic.words[language]]
        spoken = {word for phrase in phrases for word in words_of(phrase)}
        stems = tuple({word[: max(4, len(word) - 2)] for word in spoken if len(word) >= 4})
        known = [word for word in dictionary(language, split) if not word.lower().startswith(stems)]
        some = random.Random(split).sample(known, min(_MOST_KEPT, len(known)))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text("\n".join(word for word in some if word.lower() not in spoken), encoding="utf-8")
    return tuple(kept.read_text(encoding="utf-8").splitlines())


def misread(chance: random.Random, lines: Sequence[str]) -> list[str]:
    """What a text reader makes of `lines`: most creatives read well, some badly."""
    damage = chance.choice((0.0, 0.0, 0.01, 0.03, 0.08))
    alike = chance.random() < 0.15
    return [line for line in (_misread(chance, line, damage, alike) for line in lines) if line.strip()]


def _misread(chance: random.Random, line: str, damage: float, alike: bool) -> str:
    line = chance.choice((str, str, str.upper, str.capitalize, str.title))(line)
    if alike:
        line = "".join(_ALIKE.get(letter, letter) if chance.random() < 0.5 else letter for letter in line)
    if not damage:
        return line
    read = []
    for letter in line:
        fate = chance.random()
        if letter == " ":
            read.append("" if fate < damage * 2 else " ")
        elif fate < damage:
            read.append(_MISREAD.get(letter.lower(), ""))
        elif fate < damage * 1.3:
            read.append(letter + chance.choice((" ", letter, ".", "-")))
        else:
            read.append(letter)
    return "".join(read)
