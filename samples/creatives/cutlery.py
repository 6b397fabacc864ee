from samples.creatives.registry import BANNER, CARD, SQUARE, creative
from samples.drawing.canvas import Canvas
from samples.drawing.studio import Part, Shot, photograph
from samples.products.common import GOLD, STEEL
from samples.products.cutlery import fork, knife, plate, spoon


def row(pieces: list[list[Part]], gap: float) -> list[Part]:
    """Pieces side by side about the origin."""
    middle = (len(pieces) - 1) / 2
    return [part.moved(x=(k - middle) * gap) for k, piece in enumerate(pieces) for part in piece]


@creative("cutlery_01_card.jpg", "ru", "fork", CARD)
def family(c: Canvas) -> None:
    c.gradient("#d7e7fb", "#8fb8ee", 90)
    c.slab(40, 300, 820, 640, "#ffffff", radius=48, alpha=0.55)
    bottom = c.text(60, 70, "Набор столовых\nприборов", "black", 82, "#0b2f6b")
    c.pill(840, bottom - 54, "24 предмета", "bold", 34, "#ffffff", "#1f6fe0", anchor="r")
    pieces = row([fork(), knife(), spoon()], 0.95)
    c.product(photograph(pieces, Shot(4.0, 4.6, ground="wall"), 680), 275, 900, 560)
    c.features(
        520,
        430,
        ["Нержавеющая\nсталь 18/10", "Можно мыть\nв посудомойке", "Подарочная\nупаковка"],
        "bold",
        36,
        "#0b2f6b",
        "#1f6fe0",
        gap=3.2,
    )
    c.price(60, 1010, "2 490 ₽", "4 990 ₽", "black", 96, "#0b2f6b", "#45669c")
    c.text(60, 1120, "6 персон  ·  гарантия 10 лет", "medium", 32, "#0b2f6b")


@creative("cutlery_02_square.jpg", "en", "fork", SQUARE)
def golden(c: Canvas) -> None:
    c.gradient("#1c1c1e", "#070707", 60)
    c.disc(540, 620, 460, "#3a2f1a", alpha=0.5, blur=90)
    c.text(540, 86, "Golden hour dinner", "serif", 94, "#f2d492", anchor="m")
    c.text(540, 200, "24-piece cutlery set", "serif-regular", 44, "#d8c9a6", anchor="m")
    setting = row([fork(GOLD), [], knife(GOLD)], 2.35) + plate("#191919", GOLD)
    setting += [p.moved(x=3.1) for p in spoon(GOLD)]
    setting = [p.moved(x=-0.3) for p in setting]
    c.product(photograph(setting, Shot(7.2, 4.8, ground="wall"), 640), 540, 880, 560)
    c.text(90, 950, "$79", "serif", 92, "#f2d492")
    c.pill(990, 946, "Free delivery", "manrope", 36, "#1c1c1e", "#f2d492", anchor="r", pad=1.0)


@creative("cutlery_03_banner.jpg", "ru", "knife", BANNER)
def wooden(c: Canvas) -> None:
    c.gradient("#e0262d", "#a80f1c", 30)
    c.disc(945, 314, 236, "#ff5a4f", alpha=0.55)
    bottom = c.text(70, 100, "Накрой на стол", "condensed", 104, "#ffffff")
    bottom = c.text(70, bottom + 44, "Приборы с деревянной ручкой", "condensed", 46, "#ffe1d6")
    bottom = c.text(70, bottom + 60, "-50%", "black", 150, "#ffe14d")
    c.text(480, bottom - 92, "только\nдо воскресенья", "condensed", 40, "#ffffff")
    c.pill(70, bottom + 52, "В каталог", "condensed", 38, "#a80f1c", "#ffffff", pad=1.3)
    pieces = row([fork(grip="#8a4b22"), knife(grip="#8a4b22"), spoon(grip="#8a4b22")], 0.95)
    c.product(photograph(pieces, Shot(3.6, 4.6, ground="wall"), 640), 945, 570, 512)


@creative("cutlery_04_sticker.png", "en", "spoon", (720, 960))
def sticker(c: Canvas) -> None:
    c.slab(24, 24, 672, 912, "#808386", radius=64)
    c.slab(54, 250, 612, 510, "#a9acaf", radius=40)
    c.text(360, 78, "FORK & SPOON", "condensed", 84, "#ffffff", anchor="m")
    c.text(360, 170, "Brushed steel, 8 in", "condensed", 42, "#f0f0f0", anchor="m")
    pieces = [p.moved(-0.75, 0, 0, turn=(0, 0, 8)) for p in fork(STEEL)] + [
        p.moved(0.75, 0, 0, turn=(0, 0, -8)) for p in spoon(STEEL)
    ]
    c.product(photograph(pieces, Shot(4.6, 4.8, ground="wall"), 520), 360, 735, 460)
    c.text(84, 816, "$9.50", "black", 76, "#ffffff")
    c.pill(636, 812, "2 pieces", "condensed", 40, "#3d4043", "#ffffff", anchor="r")
