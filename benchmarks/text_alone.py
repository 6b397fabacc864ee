"""Draws pictures of nothing but text, in which any object that is found is wrong.

    python -m benchmarks.text_alone FOLDER

Four layouts take turns: an advertisement with a heading, a line, often a button and a price, on plain paper or a
gradient; a word or two alone; a price with raised kopecks; one line aslant. The same fonts and libraries draw the same
pictures.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

PICTURES, SEED = 106, 0
Copy = tuple[str, str, str]
"""Heading, line, button."""
FONT_FOLDER = Path("/usr/share/fonts/truetype/dejavu")
FONT_PACKAGE = "fonts-dejavu-core"
HEADING_FACES = ("DejaVuSans-Bold.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSansMono-Bold.ttf")
LINE_FACES = ("DejaVuSans.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf")
SIZES = ((300, 250), (336, 280), (600, 600), (728, 90), (640, 360), (480, 640), (900, 1200), (1080, 1080), (1200, 628))
PAPERS = ("#ffffff", "#f4f1ea", "#101820", "#d7263d", "#ffd400", "#1b6ef3", "#22a03a", "#5b2a86", "#ff8fc0", "#203040")
ACCENTS = ("#22a03a", "#dd0000", "#1b6ef3", "#ff7a00", "#101820", "#5b2a86")
COPY: tuple[Copy, ...] = (
    ("Вклад 18%", "на полгода", "Открыть"),
    ("Скидки до 70%", "только до воскресенья", "Смотреть всё"),
    ("Пицца 2+1", "закажи сегодня", "Заказать"),
    ("Ипотека от 5,9%", "решение за 3 минуты", "Подать заявку"),
    ("Курсы английского", "первый урок бесплатно", "Записаться"),
    ("КАСКО −30%", "без осмотра машины", "Рассчитать"),
    ("Чёрная пятница", "27–30 ноября", "Успеть"),
    ("Доставка за 15 минут", "и бесплатно от 900 ₽", "Попробовать"),
    ("Кэшбэк 10%", "на всё в выходные", "Получить карту"),
    ("Новый год в Сочи", "туры от 24 900 ₽", "Выбрать отель"),
    ("Ремонт под ключ", "смета в день обращения", "Вызвать мастера"),
    ("Ищем продавцов", "график 2/2, от 65 000 ₽", "Откликнуться"),
    ("SALE", "up to 70% off", "Shop now"),
    ("2 = 1", "this week only", "Get the deal"),
    ("Free delivery", "on orders over $35", "Order"),
    ("Learn to code", "12 weeks, online", "Start today"),
    ("Open your account", "4.5% on savings", "Apply"),
    ("Summer is here", "flights from €29", "Book"),
    ("We are hiring", "drivers and couriers", "Join us"),
    ("BLACK FRIDAY", "starts at midnight", "Remind me"),
    ("Try it for free", "no card needed", "Sign up"),
    ("Car insurance", "a quote in 60 seconds", "Get a quote"),
)
PRICES = ("1 990 ₽", "499 ₽", "$19.99", "24 900 ₽", "−50%", "€29", "0 ₽", "3 за 2")


def draw(folder: Path) -> None:
    """Writes the pictures and their labels.json; raises SystemExit without the fonts."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(SEED)
    labels: list[dict[str, Any]] = []
    for number in range(PICTURES):
        name = f"text_{number:03}.png"
        page = LAYOUTS[number % len(LAYOUTS)](chance, COPY[number % len(COPY)])
        page.save(folder / name, compress_level=1)
        labels.append({"file": name, "topic": None, "objects": []})
    (folder / "labels.json").write_text(json.dumps(labels, ensure_ascii=False, indent=1), encoding="utf-8")


def advertisement(chance: random.Random, copy: Copy) -> Image.Image:
    heading, line, button = copy
    width, height = chance.choice(SIZES)
    paper = chance.choice(PAPERS)
    page = Image.new("RGB", (width, height), paper)
    if chance.random() < 0.3:
        shade = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180))).resize(page.size)
        page = Image.composite(Image.new("RGB", page.size, chance.choice(PAPERS)), page, shade.point(lambda v: v // 2))
    pen = ImageDraw.Draw(page)
    ink = ink_on(paper)
    left, face = width * 0.07, chance.choice(range(len(HEADING_FACES)))
    unit = min(height / 4.2, width * 0.86 / max(len(heading), len(line)) * 1.5)
    heading_size, line_size = fitted(HEADING_FACES[face], heading, unit, width * 0.86), unit * 0.55
    top = height * 0.08
    pen.text((left, top), heading, ink, font(HEADING_FACES[face], heading_size))
    top += heading_size * 1.35
    pen.text((left, top), line, ink, font(LINE_FACES[face], fitted(LINE_FACES[face], line, line_size, width * 0.86)))
    top += line_size * 2
    if chance.random() < 0.5 and top + unit < height * 0.75:
        price, size = chance.choice(PRICES), unit * chance.uniform(0.9, 1.6)
        pen.text((left, top), price, chance.choice(ACCENTS), font(HEADING_FACES[face], size))
        top += size * 1.5
    if chance.random() < 0.7 and top + unit * 0.9 < height:
        type_ = font(HEADING_FACES[face], fitted(HEADING_FACES[face], button, line_size, width * 0.6))
        box = (left, top, left + type_.getlength(button) + 2 * line_size, top + line_size * 2.2)
        pen.rounded_rectangle(box, line_size * 0.4, fill=chance.choice(ACCENTS))
        pen.text(((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), button, "#ffffff", type_, anchor="mm")
    return page


def few_words(chance: random.Random, copy: Copy) -> Image.Image:
    """One or two lines that fill a small page."""
    lines = [word.upper() if chance.random() < 0.5 else word for word in copy[0].split()[:2]]
    type_ = font(chance.choice(HEADING_FACES), chance.randint(28, 60))
    width = round(max(map(type_.getlength, lines)) + chance.randint(30, 120))
    step = type_.size * chance.uniform(1.3, 2)
    page = Image.new("RGB", (width, round(step * len(lines) + chance.randint(20, 90))), "#ffffff")
    for place, line in enumerate(lines, start=1):
        middle = (width / 2, page.height / 2 + (place - (len(lines) + 1) / 2) * step)
        ImageDraw.Draw(page).text(middle, line, chance.choice(ACCENTS), type_, anchor="mm")
    return page


def price_tag(chance: random.Random, copy: Copy) -> Image.Image:
    """As on a shelf: kopecks raised beside the roubles, the currency below them."""
    paper = chance.choice(PAPERS)
    page, size = Image.new("RGB", (500, 260), paper), chance.randint(110, 170)
    pen, face, ink = ImageDraw.Draw(page), chance.choice(HEADING_FACES), ink_on(paper)
    roubles, top = str(chance.randint(9, 999)), (260 - size) / 2
    pen.text((30, top), roubles, ink, font(face, size))
    right = 40 + font(face, size).getlength(roubles)
    pen.text((right, top + size * 0.08), f"{chance.choice((0, 49, 90, 99)):02}", ink, font(face, size * 0.42))
    pen.text((right, top + size * 0.6), chance.choice(("₽", "€", "$")), ink, font(face, size * 0.25))
    return page


def aslant(chance: random.Random, copy: Copy) -> Image.Image:
    paper = chance.choice(("#ffffff", *PAPERS))
    page, face = Image.new("RGB", (640, 640), paper), chance.choice(HEADING_FACES)
    type_ = font(face, fitted(face, copy[0], chance.randint(40, 90), 560))
    ImageDraw.Draw(page).text((320, 320), copy[0], ink_on(paper), type_, anchor="mm")
    return page.rotate(chance.uniform(10, 90) * chance.choice((-1, 1)), Image.Resampling.BICUBIC, fillcolor=paper)


LAYOUTS = (advertisement, few_words, price_tag, aslant)


def ink_on(paper: str) -> str:
    return "#ffffff" if sum(bytes.fromhex(paper[1:])) < 420 else "#16191d"


def fitted(face: str, text: str, size: float, width: float) -> float:
    """The size, or the smaller one at which the text is no wider."""
    return min(size, size * width / font(face, size).getlength(text))


def font(face: str, size: float) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(FONT_FOLDER / face, size)
    except OSError as error:
        raise SystemExit(f"The font {FONT_FOLDER / face} is missing: apt-get install {FONT_PACKAGE}") from error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    draw(parser.parse_args().folder)


if __name__ == "__main__":
    main()
