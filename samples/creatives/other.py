import numpy as np

from samples.creatives.registry import BANNER, CARD, SQUARE, STRIP, creative
from samples.drawing.canvas import Canvas
from samples.drawing.studio import Shot, photograph
from samples.products.other import bottle, headphones, lamp


@creative("other_01_strip.jpg", "ru", None, STRIP)
def sale(c: Canvas) -> None:
    c.gradient("#ff00ff", "#d400d4", 20)
    rng = np.random.default_rng(5)
    for x, y, r in zip(rng.uniform(0, 1440, 26), rng.uniform(0, 370, 26), rng.uniform(6, 46, 26), strict=True):
        c.disc(x, y, r, "#ffffff", alpha=0.14)
    c.text(70, 92, "РАСПРОДАЖА", "black", 124, "#ffffff")
    c.text(70, 254, "Только 3 дня. Все товары для дома", "bold", 42, "#fff2a8")
    c.badge(1260, 185, 140, "до\n-70%", "black", 70, "#8a008a", "#ffee32", star=True)


@creative("other_02_card.webp", "ru", "bottle", CARD)
def water(c: Canvas) -> None:
    c.gradient("#e8f7dd", "#a5dc86", 80)
    c.disc(640, 640, 260, "#ffffff", alpha=0.8, blur=70)
    c.text(60, 70, "Бутылка для воды", "manrope", 80, "#12421f")
    c.text(60, 170, "Термос из нержавеющей стали", "manrope-medium", 38, "#12421f")
    shot = Shot(3.2, 4.2, (0.3, 1.82, 0), yaw=-10, pitch=7)
    c.product(photograph(bottle("#1f8a3d", "#20262a", "#f1f4ea"), shot, 900), 640, 1010, 740)
    c.features(
        60,
        360,
        ["750 мл", "Холод\n24 часа", "Тепло\n12 часов", "Не протекает"],
        "manrope",
        38,
        "#12421f",
        "#1f8a3d",
        gap=2.6,
    )
    c.price(60, 1082, "1 190 ₽", "1 900 ₽", "black", 84, "#12421f", "#5d8a62")


@creative("other_03_square.jpg", "en", None, SQUARE)
def sound(c: Canvas) -> None:
    c.gradient("#2b2b33", "#101014", 60)
    c.disc(560, 600, 330, "#6c3bff", alpha=0.55, blur=70)
    c.disc(560, 600, 400, "#ffffff", alpha=0.1, ring=3)
    c.disc(560, 600, 470, "#ffffff", alpha=0.06, ring=3)
    c.text(70, 84, "Pure sound", "black", 124, "#ffffff")
    c.text(70, 228, "Wireless headphones", "medium", 46, "#b9a8ff")
    c.product(
        photograph(headphones("#e9e9ee", "#26262c"), Shot(4.2, 3.6, (0.2, 1.42, 0), yaw=-32, pitch=9), 760),
        560,
        920,
        590,
    )
    c.text(70, 968, "40 h of music  ·  Noise cancelling", "medium", 36, "#ffffff")
    c.pill(1010, 946, "$129", "black", 54, "#101014", "#c8ff3d", anchor="r", pad=0.7)


@creative("other_04_banner.jpg", "en", None, BANNER)
def evening(c: Canvas) -> None:
    c.gradient("#1f3a5f", "#12233d", 30)
    c.disc(900, 210, 300, "#ffd97a", alpha=0.5, blur=80)
    c.slab(0, 540, 1200, 88, "#0b1729")
    bottom = c.text(70, 110, "Light up\nyour evening", "serif", 96, "#ffe9b8", leading=1.1)
    bottom = c.text(70, bottom + 46, "Table lamps from $39", "manrope-medium", 40, "#ffffff")
    c.pill(70, bottom + 54, "Choose a lamp", "manrope", 34, "#12233d", "#ffc94a", pad=1.2)
    c.product(photograph(lamp("#f2c25b", "#2a6f97"), Shot(4.2, 4.2, (0.3, 1.7, 0), pitch=4), 640), 900, 575, 510)
