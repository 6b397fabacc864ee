from samples.creatives.registry import BANNER, CARD, SQUARE, creative
from samples.drawing.canvas import Canvas
from samples.drawing.studio import Shot, photograph
from samples.products.bags import backpack, handbag, suitcase

HANDBAG = Shot(4.2, 3.6, (0.15, 1.32, 0), yaw=-35, pitch=12)


@creative("bags_01_card.jpg", "ru", "handbag", CARD)
def red(c: Canvas) -> None:
    c.gradient("#ffe9ee", "#ffb9c8", 80)
    c.disc(450, 640, 360, "#ffffff", alpha=0.5, blur=90)
    c.text(60, 72, "Сумка женская", "serif", 92, "#6b0f25")
    c.text(60, 182, "Экокожа, 3 отделения, длинный ремень", "serif-regular", 38, "#6b0f25")
    c.product(photograph(handbag("#c01d2e", "#5c0c18"), HANDBAG, 820), 450, 955, 640)
    c.pill(60, 270, "НОВИНКА", "manrope", 30, "#ffffff", "#c01d2e")
    c.price(60, 1078, "3 990 ₽", "6 400 ₽", "black", 84, "#6b0f25", "#a5566a")
    c.text(840, 1108, "34 × 26 × 12 см", "medium", 30, "#6b0f25", anchor="r")


@creative("bags_02_card.jpg", "ru", "backpack", CARD)
def city(c: Canvas) -> None:
    c.gradient("#fff06a", "#f5c400", 70)
    c.text(60, 70, "Рюкзак городской", "black", 82, "#14213d")
    c.text(60, 172, "Вместит всё и останется лёгким", "medium", 38, "#14213d")
    shot = Shot(3.8, 3.5, (0.15, 1.36, 0), yaw=-35, pitch=14)
    c.product(photograph(backpack("#1d5fc4", "#142a55", "#f5c400"), shot, 820), 575, 985, 640)
    c.features(
        60, 330, ["20 литров", "USB-порт", 'Ноутбук\nдо 15,6"', "680 г"], "bold", 34, "#14213d", "#1d5fc4", gap=2.7
    )
    c.slab(0, 1040, 900, 160, "#14213d")
    c.price(60, 1092, "2 790 ₽", "4 500 ₽", "black", 78, "#ffffff", "#9fb0d0")
    c.pill(840, 1078, "Хит", "black", 44, "#14213d", "#f5c400", anchor="r")


@creative("bags_03_banner.jpg", "en", "suitcase", BANNER)
def travel(c: Canvas) -> None:
    c.gradient("#bdeeff", "#5fc3f0", 90)
    c.wave(520, 14, "#8fdcf7")
    c.wave(552, 10, "#e6f8ff", phase=1.5)
    bottom = c.text(70, 76, "Pack light.\nGo far.", "black", 112, "#05395c", leading=1.08)
    bottom = c.text(70, bottom + 44, "Cabin suitcase, 38 l, 2.4 kg", "medium", 38, "#05395c")
    right = c.pill(70, bottom + 52, "Book yours", "bold", 38, "#ffffff", "#ff5a1f", pad=1.1)
    c.text(right + 34, bottom + 66, "$119", "black", 56, "#05395c")
    shot = Shot(4.0, 4.3, (0.2, 1.78, 0), yaw=-28, pitch=8)
    c.product(photograph(suitcase("#e4503c"), shot, 680), 930, 590, 545)


@creative("bags_04_square.jpg", "en", "handbag", SQUARE)
def season(c: Canvas) -> None:
    c.gradient("#0e8f8b", "#06514f", 60)
    c.text(540, 90, "NEW SEASON", "manrope", 108, "#ffffff", anchor="m")
    c.text(540, 222, "Bags for every day of the week", "manrope-medium", 42, "#d3f3ef", anchor="m")
    c.product(photograph(handbag("#24262b", "#111214"), HANDBAG, 780), 540, 896, 560)
    c.text(80, 968, "from $65", "manrope", 56, "#ffffff")
    c.pill(1000, 954, "See all", "manrope", 42, "#06514f", "#ffe3b8", anchor="r", pad=1.1)
