from samples.creatives.registry import BANNER, CARD, SQUARE, creative
from samples.drawing.canvas import Canvas
from samples.drawing.pictures import rosetta
from samples.drawing.studio import Shot, photograph
from samples.products.cups import cappuccino, mug

FRONT = Shot(4.0, 2.8, (0.4, 0.85, 0), yaw=-28, pitch=17)


@creative("cups_01_card.jpg", "ru", "cup", CARD)
def terracotta(c: Canvas) -> None:
    c.gradient("#fbe6d4", "#f0b48c", 60)
    c.disc(470, 640, 350, "#fff4ea", alpha=0.75)
    bottom = c.text(60, 70, "Кружка\nкерамическая", "manrope", 88, "#5a1f10")
    c.text(60, bottom + 36, "Ручная работа, глазурь без свинца", "manrope-medium", 34, "#7c3a24")
    c.product(photograph(mug("#c4512f", "#fbeee0"), FRONT, 700), 480, 890, 480)
    c.badge(764, 366, 92, "-45%", "black", 62, "#ffffff", "#d7263d", star=True)
    c.slab(40, 956, 820, 204, "#ffffff", radius=36, shadow=0.14)
    c.price(80, 1000, "490 ₽", "890 ₽", "black", 84, "#5a1f10", "#a68a7c")
    c.text(80, 1100, "с доставкой завтра", "manrope-medium", 28, "#7c3a24")
    c.features(546, 1012, ["350 мл", "Для СВЧ и ПММ"], "manrope", 28, "#5a1f10", "#d96b3b", gap=2.6)


@creative("cups_02_banner.jpg", "en", "cup", BANNER)
def morning(c: Canvas) -> None:
    c.gradient("#4a2c1d", "#7b4f32", 20)
    c.disc(920, 330, 230, "#a8744c", alpha=0.6, blur=90)
    c.text(70, 84, "CUPS & SAUCERS", "manrope", 26, "#e8c59c")
    bottom = c.text(70, 150, "Good morning,\ncoffee", "serif", 80, "#fff6e9", leading=1.1)
    bottom = c.text(70, bottom + 44, "Stoneware cup with saucer, 220 ml", "manrope-medium", 30, "#f1dcc0")
    right = c.pill(70, bottom + 56, "Shop now", "manrope", 32, "#4a2c1d", "#f4c889", pad=1.2)
    c.text(right + 36, bottom + 70, "from $18", "manrope", 36, "#fff6e9")
    shot = Shot(4.2, 3.0, (0, 0.5, 0), yaw=15, pitch=22)
    c.product(photograph(cappuccino("#f3efe8", rosetta("#a3632f", "#f6e3c5")), shot, 660), 903, 500, 310)


@creative("cups_03_square.webp", "ru", "cup", SQUARE)
def camping(c: Canvas) -> None:
    c.gradient("#9fc58a", "#4f8a4c", 90)
    c.disc(925, 345, 90, "#f7f3c6", alpha=0.8)
    c.polygon(
        [(0, 700), (230, 420), (420, 640), (640, 360), (900, 660), (1080, 520), (1080, 1080), (0, 1080)],
        "#3f7a45",
        alpha=0.75,
    )
    c.wave(800, 26, "#2d5b34")
    bottom = c.text(70, 76, "Эмалированная\nкружка", "round", 92, "#17361e", leading=1.2)
    c.text(70, bottom + 38, "Для похода и дачи", "round", 44, "#17361e")
    c.product(photograph(mug("#f1efe6", "#f6f4ee", belly=0.03, rim="#1f4f8f"), FRONT, 720), 600, 950, 490)
    c.badge(180, 700, 104, "400\nмл", "round", 50, "#17361e", "#f7f3c6")
    c.pill(70, 930, "690 ₽", "black", 62, "#ffffff", "#e2571e", pad=0.6)


@creative("cups_04_square.jpg", "en", "cup", SQUARE)
def pair(c: Canvas) -> None:
    c.gradient("#ffd3e6", "#ff8fc0", 120)
    c.slab(90, 330, 900, 620, "#ffffff", radius=60, alpha=0.45)
    c.text(540, 96, "Better together", "manrope", 104, "#8a0f52", anchor="m")
    c.text(540, 222, "Two mugs, one cosy evening", "manrope-medium", 42, "#8a0f52", anchor="m")
    parts = [p.moved(-0.9, turn=(0, 160, 0)) for p in mug("#e0218a", "#fff0f7")]
    parts += [p.moved(0.9, turn=(0, 20, 0)) for p in mug("#7a3fb0", "#f5ecff")]
    c.product(photograph(parts, Shot(6.0, 3.2, (0, 0.85, 0), pitch=15), 640), 540, 850, 390)
    c.badge(880, 390, 96, "Set\nof 2", "manrope", 46, "#ffffff", "#7a3fb0")
    c.price(540, 978, "$24", "$36", "black", 72, "#8a0f52", "#b0578a", anchor="m")
