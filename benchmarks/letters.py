"""How right a bundle reads what advertisements must get right to the letter, on pictures drawn for it:

    python -m benchmarks.letters [--bundle compact] [--lines 200] [--show]

Codes, units, prices, abbreviations, words of look-alike letters, legal lines and small print, in clean print of fonts
from samples.drawing.canvas and of Debian's fonts-liberation and fonts-open-sans. Each line is compared with what was
read where it stands. Some fonts draw two characters alike (I and l; 3 and З; A and А): beside the lines that are exact
stand those in which only such characters differ, which no reader could tell apart.
"""

from __future__ import annotations

import argparse
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from adlens.domain.analysis import TextBlock
from adlens.domain.ports.vision import Engines
from adlens_cli.bundles import open_bundle
from evaluation.edits import distance
from samples.drawing.canvas import FONT_FOLDER

FONTS = (
    "truetype/roboto/unhinted/RobotoTTF/Roboto-Regular.ttf",
    "truetype/roboto/unhinted/RobotoTTF/Roboto-Bold.ttf",
    "truetype/liberation/LiberationSans-Regular.ttf",
    "truetype/liberation/LiberationSans-Bold.ttf",
    "truetype/open-sans/OpenSans-Regular.ttf",
    "truetype/open-sans/OpenSans-Bold.ttf",
    "opentype/inter/Inter-Medium.otf",
)
PACKAGES = "fonts-roboto-unhinted fonts-liberation fonts-open-sans fonts-inter"
SIDE, MARGIN = 1080, 40
RAISED = "prices with raised kopecks"
_ERID = string.ascii_letters + string.digits
_NOT_IN_ALL = frozenset("₽→‰±§£½¼¾²³")
_SAME = 0.25
"""Of the ink: drawings that differ by less, at places of half a pixel, are the same."""
_PAPERS = (("#ffffff", "#111111"), ("#ffe600", "#d80000"), ("#1e50d8", "#ffffff"), ("#f3efe6", "#444444"))
_LEGAL = (
    "Реклама. Рекламодатель ООО «{name}», ИНН {inn}.",
    "Срок проведения акции с {day}.11.2026 по {day}.12.2026.",
    "Количество товара ограничено.",
    "Подробности об организаторе акции, правилах её проведения, количестве призов и сроках на сайте {site}.ru.",
    "Не является публичной офертой.",
    "Имеются противопоказания, необходима консультация специалиста.",
    "Цены действительны на момент публикации и могут отличаться от цен в магазинах сети.",
)


@dataclass(frozen=True, slots=True)
class Line:
    """`y` is the middle of it, as a fraction of the page."""

    text: str
    y: float
    font: ImageFont.FreeTypeFont


@dataclass(frozen=True, slots=True)
class Page:
    picture: Image.Image
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Kind:
    """`sizes` are those of the font in pixels, `width` that of the page."""

    make: Callable[[random.Random], str]
    sizes: tuple[int, int] = (22, 44)
    width: int = SIDE


def _erid(chance: random.Random) -> str:
    head = chance.choice(("2Vtzq", "LjN8K", "Kra2", "2SDnj"))
    return f"erid: {head}{''.join(chance.choice(_ERID) for _ in range(chance.randint(5, 8)))}"


def _code(chance: random.Random) -> str:
    letters, digits = string.ascii_uppercase, chance.randint(5, 90)
    return chance.choice(
        (
            f"{chance.choice(('SALE', 'PROMO', 'WELCOME', 'MAY', 'BLACK'))}{digits}",
            f"{chance.choice(('СКИДКА', 'ЛЕТО', 'ВЕСНА', 'КАТАЛОГ'))}{digits}",
            f"SM-{chance.choice(letters)}{chance.randint(100, 999)}{chance.choice(letters)}",
            f"{chance.choice('ABCDEFGHKMNPRTXZ')}{digits} {chance.choice(('Pro', 'Max', 'Plus', 'Ultra'))}",
            "".join(chance.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(chance.randint(6, 10))),
        )
    )


def _unit(chance: random.Random) -> str:
    number = chance.choice((3, 3, chance.randint(2, 99), chance.randint(100, 990)))
    unit = chance.choice(("шт", "кг", "г", "мл", "л", "см", "мм", "ГБ", "ТБ", "Вт", "мАч", "лет", "дня", "мин"))
    line = f"{chance.choice(('Набор', 'Порошок', 'Гарантия', 'Объём', 'До'))} {number}{chance.choice(('', ' '))}{unit}"
    return line.upper() if chance.random() < 0.5 else line


def _price(chance: random.Random) -> str:
    roubles = f"{chance.randint(30, 99_999):,}".replace(",", " ")
    return chance.choice(("{} ₽", "от {} ₽", "{} руб.", "{},90 ₽", "Цена {} ₽/кг")).format(roubles)


def _abbreviation(chance: random.Random) -> str:
    name = chance.choice(("Ромашка", "Яндекс", "Вектор", "КЦ", "Тёплый дом"))
    form = chance.choice(("ООО", "ООО", "ООО", "ОАО", "ЗАО", "ПАО", "АО"))
    return chance.choice((f"{form} «{name}»", f"Реклама. {form} «{name}»", f"Рекламодатель {form} «{name}»"))


def _alike(chance: random.Random) -> str:
    return chance.choice(
        ("ТОРТ", "ТЕСТ", "КАСКО", "МОТОР", "КАСТОМ", "ТОМАТ", "СЕРВАНТ", "НОТА", "ХАТА", "МАСКА", "СЕАНС", "ВЕСНА")
    )


def _special(chance: random.Random) -> str:
    return chance.choice(("Крем H2O", "Full HD 1080p", "CO2 в каждой банке", "Омега-3", "5G и 4K", "Витамин B12"))


def _sign(chance: random.Random) -> str:
    number, fraction = chance.randint(2, 90), chance.choice("½¼¾")
    return chance.choice(
        (
            f"{fraction} {chance.choice(('чашки сахара', 'стоимости тура', 'цены'))}",
            f"Размер {number}{fraction} дюйма",
            f"{chance.choice(('Квартира', 'Площадь', 'Студия'))} {number} м²",
            f"Объём {number} м³",
            f"{number * 1000:,} ₽ за м²".replace(",", " "),
            f"Скидка² до {number}% на всё",
        )
    )


def _rare_sign(chance: random.Random) -> str:
    number = chance.randint(2, 90)
    return chance.choice(
        (f"Dress £{number}.99", f"Точность ±{number} мм", f"Солёность {number} ‰", f"Закон, § {number}", "Подробнее →")
    )


def raised_price(chance: random.Random) -> Page:
    """One price with raised kopecks, as shops print it."""
    paper, ink = chance.choice(_PAPERS)
    picture = Image.new("RGB", (600, 320), paper)
    pen, size, name = ImageDraw.Draw(picture), chance.randint(70, 170), chance.choice(FONTS[1:6:2])
    roubles, kopecks = (
        str(chance.choice((chance.randint(10, 99), chance.randint(100, 999)))),
        f"{chance.randint(0, 99):02}",
    )
    big, small = _font(name, size), _font(name, round(size * chance.uniform(0.35, 0.55)))
    _, top, right, bottom = pen.textbbox((40, 60), roubles, font=big)
    pen.text((40, 60), roubles, ink, font=big)
    at = right + round(size * chance.uniform(0.04, 0.12))
    raised = top - pen.textbbox((0, 0), kopecks, font=small)[1]
    pen.text((at, raised), kopecks, ink, font=small)
    return Page(picture, [Line(f"{roubles} {kopecks}", (top + bottom) / 2 / 320, big)])


def _legal(chance: random.Random) -> str:
    parts = list(_LEGAL[1:])
    chance.shuffle(parts)
    line = " ".join((_LEGAL[0], *parts)).format(
        name=chance.choice(("Ромашка", "Вектор", "Северный ветер")),
        inn=chance.randint(10**9, 10**10 - 1),
        day=chance.randint(10, 28),
        site=chance.choice(("romashka", "vektor", "sever")),
    )
    return line[: chance.randint(180, 320)].rstrip()


KINDS = {
    "erid": Kind(_erid),
    "codes and models": Kind(_code),
    "numbers with units": Kind(_unit),
    "prices": Kind(_price),
    "legal forms": Kind(_abbreviation),
    "words of look-alike letters": Kind(_alike),
    "H2O, 1080p and the like": Kind(_special),
    "fractions, raised figures": Kind(_sign),
    "£, ±, ‰, §, →": Kind(_rare_sign),
    "legal lines, 180 to 320 characters": Kind(_legal, (18, 20), 3400),
    "small print, 9 px": Kind(lambda chance: _legal(chance)[:90].rstrip(), (9, 9)),
    "small print, 11 px": Kind(lambda chance: _legal(chance)[:90].rstrip(), (11, 11)),
}


def pages(kind: Kind, count: int, seed: int = 0) -> Iterator[Page]:
    chance = random.Random(seed)
    while count:
        paper, ink = chance.choice(_PAPERS)
        picture = Image.new("RGB", (kind.width, SIDE), paper)
        pen, y, lines = ImageDraw.Draw(picture), MARGIN, []
        while count and y < SIDE - 2 * MARGIN:
            size = chance.randint(*kind.sizes)
            font = _font(chance.choice(FONTS), size)
            text = kind.make(chance)
            _, top, right, bottom = pen.textbbox((MARGIN, y), text, font=font)
            if right > kind.width - MARGIN or not _has(font, text):
                continue
            pen.text((MARGIN, y), text, ink, font=font)
            lines.append(Line(text, (top + bottom) / 2 / SIDE, font))
            y, count = int(y + 2.2 * size), count - 1
        yield Page(picture, lines)


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    path = FONT_FOLDER / name
    if not path.is_file():
        raise SystemExit(f"Font {path} is missing: apt-get install {PACKAGES}")
    return ImageFont.truetype(path, size)


def _has(font: ImageFont.FreeTypeFont, text: str) -> bool:
    """Whether the font has the signs that some fonts lack: they draw one box for all such."""
    box = bytes(font.getmask("\ue000"))
    return all(bytes(font.getmask(sign)) != box for sign in _NOT_IN_ALL & set(text))


def read_whole(page: Page, engines: Engines) -> list[tuple[Line, str]]:
    """The page's one line and all that was read on it."""
    (line,) = page.lines
    return [(line, " ".join(block.text for block in _blocks(page, engines)))]


def read_lines(page: Page, engines: Engines) -> list[tuple[Line, str]]:
    """Each line of the page and what was read where it stands, nothing when no line was found there."""
    blocks = _blocks(page, engines)
    found = []
    for line in page.lines:
        here = [block for block in blocks if block.bbox.y1 <= line.y <= block.bbox.y2]
        found.append((line, " ".join(block.text for block in sorted(here, key=lambda block: block.bbox.x1))))
    return found


def _blocks(page: Page, engines: Engines) -> tuple[TextBlock, ...]:
    buffer = BytesIO()
    page.picture.save(buffer, "PNG", compress_level=1)
    reader = engines.text
    return reader.read(engines.decoder.decode(buffer.getvalue())) if reader else ()


def looks_the_same(line: Line, read: str) -> bool:
    """Whether the font draws both texts the same."""
    return len(read) == len(line.text) and all(
        one == other or _drawn_alike(line.font, one, other) for one, other in zip(line.text, read, strict=True)
    )


def _drawn_alike(font: ImageFont.FreeTypeFont, one: str, other: str) -> bool:
    first, second = (_drawing(font, character) for character in (one, other))
    if first.shape != second.shape:
        return False
    return float(np.abs(first - second).sum()) <= _SAME * float(first.sum())


def _drawing(font: ImageFont.FreeTypeFont, character: str) -> npt.NDArray[np.float64]:
    """Its ink (height, width) in [0, 255], cut where it is at least half covered."""
    room = 2 * round(font.size)
    picture = Image.new("L", (2 * room, 2 * room))
    ImageDraw.Draw(picture).text((room // 2, room), character, 255, font, anchor="ls")
    ink = np.asarray(picture, np.float64)
    rows, columns = (np.flatnonzero((ink >= 128).any(axis=axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else ink[:0, :0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", default="compact")
    parser.add_argument("--lines", type=int, default=200, help="of each kind")
    parser.add_argument("--show", action="store_true", help="list what was misread")
    parser.add_argument("--kind", action="append", help="only these", choices=(*KINDS, RAISED))
    arguments = parser.parse_args()
    engines = open_bundle(arguments.bundle, threads=2)
    print("| what | lines | exact, % | or drawn the same, % | wrong characters, % | not found |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in arguments.kind or (*KINDS, RAISED):
        if name == RAISED:
            chance = random.Random(0)
            found = [pair for _ in range(arguments.lines) for pair in read_whole(raised_price(chance), engines)]
        else:
            found = [pair for page in pages(KINDS[name], arguments.lines) for pair in read_lines(page, engines)]
        exact = sum(line.text == read for line, read in found) / len(found)
        same = sum(looks_the_same(line, read) for line, read in found) / len(found)
        edits = sum(distance(line.text, read) for line, read in found) / sum(len(line.text) for line, _ in found)
        missing = sum(not read for _, read in found)
        row = f"| {name} | {len(found)} | {exact:.1%} | {same:.1%} | {edits:.2%} | {missing} |"
        print(row.replace("%", ""), flush=True)
        if arguments.show:
            for line, read in found:
                if line.text != read:
                    print(f"    {line.text!r} read as {read!r}{' (drawn the same)' * looks_the_same(line, read)}")


if __name__ == "__main__":
    main()
