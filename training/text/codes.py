"""Lines in which no neighbour tells a character: identifiers, promo codes, models, units, registers, rare signs."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence

LONGEST = 30
_BASE62 = string.ascii_letters + string.digits
_CAPITALS = string.ascii_uppercase + string.digits
_UNCLEAR = "Il1O0o"
_UNCLEAR_CAPITALS = "IO01"
_UNITS = [
    "шт", "кг", "г", "гр", "мг", "мл", "л", "см", "мм", "м", "м²", "м³", "км", "ГБ", "МБ", "ТБ", "Вт", "кВт", "В", "А",
    "мАч", "лет", "год", "года", "дня", "дней", "ч", "час", "мин", "сек", "мес", "руб", "руб.", "₽", "%", "°C", "Гц",
    "ml", "L", "g", "kg", "cm", "mm", "GB", "TB", "W", "V", "mAh", "Hz", "pcs", "days", "h", "min", "oz",
]  # fmt: skip


def line(chance: random.Random, russian: Sequence[str], english: Sequence[str]) -> str:
    """A line of at most 30 characters of training.text.alphabet. `russian` and `english` are words to stand in it."""
    word = _Words(chance, russian, english)
    while True:
        text = chance.choices(_KINDS, _WEIGHTS)[0](word)
        if len(text) <= LONGEST:
            return text


class _Words:
    def __init__(self, chance: random.Random, russian: Sequence[str], english: Sequence[str]) -> None:
        self.chance, self._russian, self._english = chance, russian, english

    def russian(self, longest: int = 9) -> str:
        return self._short(self._russian, longest)

    def english(self, longest: int = 9) -> str:
        return self._short(self._english, longest)

    def any(self) -> str:
        return self.chance.choice((self.russian, self.english))()

    def _short(self, words: Sequence[str], longest: int) -> str:
        return min((self.chance.choice(words) for _ in range(4)), key=lambda word: (len(word) > longest, len(word) < 3))

    def cased(self, word: str) -> str:
        return self.chance.choice((str, str.upper, str.capitalize))(word)

    def drawn(self, characters: str, unclear: str, least: int, most: int) -> str:
        """Some characters, a third of them those that fonts draw nearly alike."""
        return "".join(
            self.chance.choice(unclear if self.chance.random() < 0.3 else characters)
            for _ in range(self.chance.randint(least, most))
        )

    def number(self) -> str:
        """Often with a 3, which looks like З."""
        if self.chance.random() < 0.35:
            return self.chance.choice(("3", "3", "30", "33", "13", "23", "36", "34", "53", "300", "330", "103"))
        return str(self.chance.choice((self.chance.randint(1, 99), self.chance.randint(100, 2000))))


def _identifier(word: _Words) -> str:
    chance = word.chance
    name = chance.choice(("erid: ", "erid: ", "erid ", "Erid: ", "ERID: ", "erid=", "id: ", "ID ", ""))
    head = chance.choice(("2Vtzq", "LjN8K", "Kra2", "2SDnj", "Pb3Xm", ""))
    return f"{name}{head}{word.drawn(_BASE62, _UNCLEAR, 5, 9)}"


def _address(word: _Words) -> str:
    site = word.chance.choice(("clck.ru", "t.me", "vk.cc", "bit.ly", "goo.su"))
    return f"{site}/{word.drawn(_BASE62, _UNCLEAR, 5, 8)}"


def _promo(word: _Words) -> str:
    name = word.chance.choice((word.russian, word.russian, word.english))().upper()
    code = f"{name}{word.chance.choice(('', '', '', '-', '_'))}{word.number()}"
    return f"{word.chance.choice(('', '', 'Промокод ', 'ПРОМОКОД: ', 'Code: ', 'по коду '))}{code}"


def _ticket(word: _Words) -> str:
    code = word.drawn(_CAPITALS, _UNCLEAR_CAPITALS, 5, 10)
    return f"{word.chance.choice(('', '', 'код ', 'Промокод: ', 'CODE '))}{code}"


def _model(word: _Words) -> str:
    chance = word.chance
    letters, digits = chance.choice(string.ascii_uppercase), chance.randint(1, 999)
    more = word.drawn(string.ascii_uppercase, "IO", 1, 2)
    return chance.choice(
        (
            f"{more}-{letters}{chance.randint(10, 999)}{chance.choice((letters, more, ''))}",
            f"{letters}{chance.randint(1, 99)} {chance.choice(('Pro', 'Max', 'Plus', 'Ultra', 'Mini', 'Lite'))}",
            f"{letters}{digits}",
            f"{more}{digits}{letters}",
            f"{more}-{chance.randint(100, 9999)}{more}{chance.randint(1, 9)}",
            f"{word.english().capitalize()} {more}{digits}",
            f"{word.any().capitalize()} {letters}{chance.randint(1, 31)}",
            f"Арт. {letters}{chance.randint(100, 99999)}",
        )
    )


def _amount(word: _Words) -> str:
    text = f"{word.number()}{word.chance.choice(('', ' ', ' '))}{word.chance.choice(_UNITS)}"
    before = word.chance.choice(("", word.any(), "до", "от", "на", "за", "Объём", "Набор", "Гарантия", "Вес", "Тариф"))
    return word.chance.choice((str, str, str.upper))(f"{word.cased(before)} {text}".strip())


def _register(word: _Words) -> str:
    chance = word.chance
    form = chance.choice(("ООО", "ООО", "АО", "ПАО", "ЗАО", "ИП"))
    name = word.russian().capitalize()
    return chance.choice(
        (
            f"ИНН {chance.randint(10**9, 10**10 - 1)}",
            f"ИНН: {chance.randint(10**11, 10**12 - 1)}",
            f"ОГРН {chance.randint(10**12, 10**13 - 1)}",
            f"{form} «{name}»",
            f"Реклама. {form} «{name}»",
            f"{form} «{name}», ИНН {chance.randint(1, 999)}",
            f"с {chance.randint(1, 31):02}.{chance.randint(1, 12):02}.2026 по {chance.randint(1, 31):02}.12.2026.",
            f"Лиц. № {chance.randint(1, 9999)}, {chance.randint(2001, 2026)} г.",
            f"№ {chance.choice(string.ascii_uppercase)}{chance.randint(1, 9999)}-{chance.randint(1, 99)}",
            f"№{chance.randint(1, 999)}/{chance.randint(1, 99)}-ФЗ",
        )
    )


def _three(word: _Words) -> str:
    """3 and З, 0 and О where both can stand."""
    chance = word.chance
    return chance.choice(
        (
            f"{word.cased('за')} {word.number()} {chance.choice(('дня', 'часа', '₽', 'месяца', 'шт.', 'л'))}",
            f"{word.number()} {word.cased(chance.choice(('заказа', 'звонка', 'зоны', 'зала', 'звезды', 'окна')))}",
            f"З/П от {chance.randint(30, 300)} 000 ₽",
            f"{chance.choice(('Зона', 'Зал', 'ЗАЛ', 'Заказ', 'ЗАКАЗ'))} {word.number()}",
            f"{chance.randint(1, 9)}{chance.choice(('+', ' + ', '=', ' = '))}{chance.choice((3, 0, 1))}",
            f"{chance.choice(('до', 'ДО', 'До', 'за', 'ЗА', 'от'))} {chance.choice('3333125')} {chance.choice(_UNITS)}",
            f"{word.cased(word.russian())} {chance.choice(('H2O', 'CO2', '4K', '5G', '1080p', 'B12', 'Q10', 'D3'))}",
        )
    )


def _sign(word: _Words) -> str:
    chance = word.chance
    number = word.number()
    return chance.choice(
        (
            f"{chance.choice('£¥')}{number}{chance.choice(('', '.99', '.50', ',000'))}",
            f"{chance.choice(('', 'от ', 'from '))}{chance.choice('£¥')} {number}",
            f"±{chance.choice(('', ' '))}{number}{chance.choice(('', '%', ' %', '°C', ' мм', ' г'))}",
            f"{number}{chance.choice(('', ' '))}‰",
            f"§{chance.choice(('', ' '))}{number} {word.any()}",
            f"{chance.choice(('→ ', ''))}{word.cased(word.any())}{chance.choice((' →', ' →', ''))}",
            f"{chance.choice('≥≤')}{chance.choice(('', ' '))}{number}{chance.choice(('', ' %', ' ₽', ' лет'))}",
            f"{chance.choice('½¼¾⅓⅔⅕⅛')} {word.any()}",
            f"{chance.choice(('', word.any() + ' '))}{number}{chance.choice('½¼¾⅓')} {word.any()}",
            f"{chance.choice('½¼¾')}{chance.choice(('', ' '))}{chance.choice(('цены', 'л', 'кг', 'ч', 'cup', 'off'))}",
            f"{number} {chance.choice(('м', 'см', 'км', 'дм', 'm', 'cm', 'ft'))}{chance.choice('²³')}",
            f"{word.any()} {number} {chance.choice(('м', 'см', 'm'))}{chance.choice('²³')} {word.any()}",
            f"за {chance.choice(('м', 'см'))}{chance.choice('²³')} {word.russian()}",
            f"{word.cased(word.any())}{chance.choice('²³')} {word.any()}",
            f"№{chance.choice(('', ' '))}{number} {word.any()}",
        )
    )


_SHARES: dict[Callable[[_Words], str], int] = {
    _identifier: 22,
    _address: 4,
    _promo: 14,
    _ticket: 9,
    _model: 12,
    _amount: 12,
    _register: 8,
    _three: 8,
    _sign: 11,
}
_KINDS, _WEIGHTS = tuple(_SHARES), tuple(_SHARES.values())
