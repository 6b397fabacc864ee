"""The words of the cards, by topic, and the fonts of the machine that have both alphabets."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

PRINTS = (
    "LOVE", "HOME", "BEST", "Мама", "COFFEE", "С днём рождения", "BOSS", "NEW YORK", "Папа", "Любовь", "Happy",
    "2024", "Счастье", "PARIS", "Лучший", "Hello", "Доброе утро", "SPORT", "STAR", "ДРУГ", "Team", "Россия", "Cat",
    "Классика",
)  # fmt: skip
WORDS = {
    "bags": (
        "Сумка женская", "Рюкзак городской", "Чемодан на колёсах", "Кожаная сумка", "Сумка через плечо",
        "Рюкзак школьный", "Leather bag", "Travel suitcase", "Backpack", "Crossbody bag", "Шоппер", "Ручная кладь",
        "Дорожная сумка", "Вместительная", "Для ноутбука 15.6", "Натуральная кожа", "Tote bag", "Клатч вечерний",
    ),
    "ties": (
        "Галстук мужской", "Шёлковый галстук", "Галстук-бабочка", "Silk tie", "Necktie", "Классический галстук",
        "Bow tie", "Подарок мужчине", "Деловой стиль", "Ширина 8 см", "100% шёлк", "Узкий галстук", "Slim tie",
    ),
    "cups": (
        "Кружка керамическая", "Кружка с принтом", "Чашка кофейная", "Кружка в подарок", "Coffee mug", "Tea cup",
        "Mug 330 ml", "Фарфор", "Объём 350 мл", "Чайная пара", "Термокружка", "Кофе с собой", "Можно в СВЧ",
    ),
    "clocks": (
        "Часы настенные", "Часы мужские", "Часы женские", "Смарт-часы", "Wall clock", "Wrist watch", "Smart watch",
        "Наручные часы", "Кварцевый механизм", "Water resistant", "Бесшумный ход", "Будильник", "Сталь и кожа",
    ),
    "cutlery": (
        "Набор столовых приборов", "Столовые приборы", "Ложки чайные", "Вилка столовая", "Нож кухонный",
        "Cutlery set", "Нержавеющая сталь", "24 предмета", "Flatware", "Stainless steel", "На 6 персон",
        "Поварской нож", "Spoon & fork",
    ),
    "other": (
        "Футболка", "Кабель USB", "Наушники", "Кроссовки", "Мяч", "Лампа настольная", "Игрушка мягкая", "Чехол",
        "Шампунь", "Крем для рук", "Phone case", "Sneakers", "Desk lamp", "Книга", "Подушка", "Распродажа",
        "Всё для дома", "Пальто", "Ремень", "Очки", "Свеча", "Sale", "Black Friday", "Новая коллекция",
    ),
    "neutral": (
        "СКИДКА", "ХИТ", "NEW", "SALE", "Новинка", "-30%", "-50%", "−70%", "1 990 ₽", "499 руб", "2 490 ₽",
        "Бестселлер", "Доставка бесплатно", "Гарантия 1 год", "Подарок", "ТОП", "Размеры", "Цвет", "Premium",
        "Хит продаж", "Акция", "100%", "3 шт", "Высокое качество", "Best price", "Купить", "В наличии", "Упаковка",
        "Осталось мало", "Кэшбэк",
    ),
}  # fmt: skip


@cache
def fonts() -> tuple[str, ...]:
    """Files of fonts with Latin and Cyrillic letters, as fontconfig knows them; raises SystemExit without any."""
    try:
        listed = subprocess.run(
            ["fc-list", ":lang=ru:lang=en", "file"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        listed = ""
    files = sorted(line.rstrip(": ") for line in listed.splitlines())
    found = tuple(file for file in files if Path(file).suffix in {".ttf", ".otf"})
    if not found:
        raise SystemExit("No font with Cyrillic letters: install fontconfig and fonts-dejavu or fonts-noto-core.")
    return found
