"""One template, five advertisers: pictures that share layout and colours and are no duplicates of each other.

    python -m benchmarks.templates FOLDER

Banner makers fill one layout with other words, another logo and another product, so whoever looks at shapes and colours
alone takes them for one picture. Products are cut out of samples/.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from adlens_cli.places import CHECKOUT
from benchmarks.text_alone import fitted, font

SAMPLES = CHECKOUT / "samples"
BOLD, PLAIN = "DejaVuSans-Bold.ttf", "DejaVuSans.ttf"


@dataclass(frozen=True, slots=True)
class Advertiser:
    """`product` is a sample that shows one."""

    name: str
    heading: str
    line: str
    button: str
    price: str
    product: str
    colour: str = "#22a03a"


CAMPAIGNS = (
    (
        Advertiser("Север", "Вклад 18%", "на полгода", "Открыть", "от 10 000 ₽", "clocks_02_square.png"),
        Advertiser("Лингва", "Английский", "первый урок", "Записаться", "0 ₽", "cups_01_card.jpg"),
        Advertiser("Пронто", "Пицца 2+1", "закажи сегодня", "Заказать", "590 ₽", "cutlery_01_card.jpg"),
        Advertiser("Лапа", "Ветклиника", "осмотр щенка", "Позвонить", "900 ₽", "bags_04_square.jpg"),
        Advertiser("Ветер", "Туры в Сочи", "вылет в мае", "Выбрать", "24 900 ₽", "ties_02_square.jpg"),
    ),
    (
        Advertiser("Harbor", "Car loans", "a quote today", "Apply", "from 4.9%", "ties_03_square.jpg"),
        Advertiser("Pixel", "Learn Go", "twelve weeks", "Enrol", "$490", "clocks_01_card.jpg"),
        Advertiser("Bloom", "Fresh tulips", "before noon", "Order", "$29", "cups_04_square.jpg"),
        Advertiser("Movers", "House move", "two vans free", "Call us", "$199", "bags_02_card.jpg"),
        Advertiser("Grill", "Burger day", "two for one", "Find us", "$8.50", "cutlery_02_square.jpg"),
    ),
)
# Nothing but a word or two and a colour of their own.
SHORT = (
    Advertiser("Север", "Вклад", "", "18%", "", ""),
    Advertiser("Лингва", "Курсы", "", "SQL", "", "", "#7b2ff2"),
    Advertiser("Пронто", "Пицца", "", "2+1", "", "", "#e53935"),
    Advertiser("Лапа", "Корма", "", "кошкам", "", "", "#f2720c"),
    Advertiser("Ветер", "Турция", "", "в мае", "", "", "#1565d8"),
)
Layout = Callable[[Advertiser], Image.Image]


def plain(one: Advertiser) -> Image.Image:
    """A heading, a line and a button on white."""
    page = Image.new("RGB", (300, 250), "#ffffff")
    write(page, (20, 28), one.heading, 34, 250)
    write(page, (20, 80), one.line, 20, 250, face=PLAIN)
    button(page, (20, 180, 170, 226), one.button, "#22a03a")
    return page


def leaderboard(one: Advertiser) -> Image.Image:
    page = Image.new("RGB", (728, 90), "#123a63")
    logo(page, (45, 45), 32, one.name, "#ffd400")
    write(page, (96, 14), one.heading, 32, 380, "#ffffff")
    write(page, (96, 56), one.line, 18, 380, "#c9d9ea", PLAIN)
    button(page, (560, 22, 710, 68), one.button, "#ff7a00")
    return page


def square(one: Advertiser) -> Image.Image:
    """A product under a heading."""
    page = Image.new("RGB", (600, 600), "#fbe6d4")
    write(page, (40, 36), one.heading, 62, 520, "#5a1f10")
    page.paste(product(one, (420, 340)), (90, 140))
    button(page, (40, 510, 280, 570), one.price, "#d7263d")
    write(page, (310, 522), one.line, 30, 260, "#7c3a24", PLAIN)
    return page


def card(one: Advertiser) -> Image.Image:
    """As marketplaces have it: the product above, the words below."""
    page = Image.new("RGB", (450, 600), "#eef2f7")
    page.paste(product(one, (450, 360)), (0, 0))
    write(page, (24, 384), one.heading, 40, 400)
    write(page, (24, 440), one.line, 24, 400, "#5b6675", PLAIN)
    write(page, (24, 500), one.price, 48, 260, "#d7263d")
    logo(page, (400, 540), 36, one.name, "#1b6ef3")
    return page


def word(one: Advertiser) -> Image.Image:
    """One word over a field of the advertiser's colour."""
    page = Image.new("RGB", (400, 400), "#ffffff")
    ImageDraw.Draw(page).rectangle((0, 200, 400, 400), fill=one.colour)
    write(page, (40, 70), one.heading, 64, 320)
    return page


def word_and_button(one: Advertiser) -> Image.Image:
    page = Image.new("RGB", (300, 250), "#ffffff")
    write(page, (20, 40), one.heading, 48, 260)
    button(page, (20, 160, 170, 216), one.button, one.colour)
    return page


def half(one: Advertiser) -> Image.Image:
    page = Image.new("RGB", (640, 360), "#5b2a86")
    page.paste(product(one, (320, 360)), (320, 0))
    write(page, (24, 40), one.name.upper(), 18, 280, "#ffd400")
    write(page, (24, 90), one.heading, 44, 280, "#ffffff")
    write(page, (24, 160), one.line, 24, 280, "#e6d8f2", PLAIN)
    button(page, (24, 260, 220, 316), one.button, "#ffd400", "#16191d")
    return page


def disc(one: Advertiser) -> Image.Image:
    page = Image.new("RGB", (500, 500), "#101820")
    ImageDraw.Draw(page).ellipse((70, 70, 430, 430), fill="#d7263d")
    middle = (250, 205)
    type_ = font(BOLD, fitted(BOLD, one.heading, 54, 300))
    ImageDraw.Draw(page).text(middle, one.heading, "#ffffff", type_, anchor="mm")
    ImageDraw.Draw(page).text((250, 285), one.price, "#ffd400", font(BOLD, 44), anchor="mm")
    write(page, (24, 452), one.name, 26, 300, "#ffffff", PLAIN)
    return page


LAYOUTS: tuple[Layout, ...] = (plain, leaderboard, square, card, half, disc)


def filled() -> Iterator[tuple[str, list[Image.Image]]]:
    """Per template and campaign its name and the five pictures, none of which is a duplicate of another."""
    for layout in LAYOUTS:
        for number, campaign in enumerate(CAMPAIGNS):
            yield f"{layout.__name__}-{number}", [layout(one) for one in campaign]
    for layout in (word, word_and_button):
        yield layout.__name__, [layout(one) for one in SHORT]


def product(one: Advertiser, size: tuple[int, int]) -> Image.Image:
    """The sample's product and what is around it, as large as `size`."""
    labels = json.loads((SAMPLES / "labels.json").read_text(encoding="utf-8"))
    box = next(row["box"] for row in labels if row["file"] == one.product)
    with Image.open(SAMPLES / one.product) as file:
        picture = file.convert("RGB")
    left, top, right, bottom = (round(part * side) for part, side in zip(box, picture.size * 2, strict=True))
    scale = max((right - left) / size[0], (bottom - top) / size[1])
    scale = min(scale, picture.width / size[0], picture.height / size[1])
    width, height = size[0] * scale, size[1] * scale
    x = min(max((left + right - width) / 2, 0), picture.width - width)
    y = min(max((top + bottom - height) / 2, 0), picture.height - height)
    corners = (x, y, x + width, y + height)
    return picture.transform(size, Image.Transform.EXTENT, corners, Image.Resampling.BICUBIC)


def write(
    page: Image.Image,
    at: tuple[float, float],
    text: str,
    size: float,
    width: float,
    ink: str = "#16191d",
    face: str = BOLD,
) -> None:
    ImageDraw.Draw(page).text(at, text, ink, font(face, fitted(face, text, size, width)))


def button(page: Image.Image, box: tuple[int, int, int, int], text: str, colour: str, ink: str = "#ffffff") -> None:
    pen, middle = ImageDraw.Draw(page), ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    pen.rounded_rectangle(box, 8, fill=colour)
    pen.text(middle, text, ink, font(BOLD, fitted(BOLD, text, 24, box[2] - box[0] - 24)), anchor="mm")


def logo(page: Image.Image, middle: tuple[int, int], radius: int, name: str, colour: str) -> None:
    pen = ImageDraw.Draw(page)
    pen.ellipse((middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius), fill=colour)
    pen.text(middle, name[0], "#101820", font(BOLD, radius), anchor="mm")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, pictures in filled():
        for number, page in enumerate(pictures):
            page.save(folder / f"{name}-{number}.png")


if __name__ == "__main__":
    main()
