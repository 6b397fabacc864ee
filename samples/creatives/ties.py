from samples.creatives.registry import BANNER, CARD, SQUARE, creative
from samples.drawing.canvas import Canvas
from samples.drawing.studio import Part, Shot, photograph
from samples.products.ties import bow_tie, dots, shirt, stripes, tie

BUST = Shot(4.3, 4.3, (0, -0.4, 0), ground="wall")


def striped(first: str, second: str, share: float = 0.5, length: float = 3.0) -> list[Part]:
    return tie(stripes(first, second, 0.42, share), stripes(first, second, 0.42, share, angle=-30), length)


@creative("ties_01_card.jpg", "ru", "tie", CARD)
def office(c: Canvas) -> None:
    c.gradient("#c3d3e6", "#7d9cc4", 80)
    c.text(60, 70, "Галстук мужской", "manrope", 84, "#10264a")
    c.text(60, 174, "Натуральный шёлк, ручной узор", "manrope-medium", 38, "#10264a")
    c.pill(60, 236, "100% шёлк", "manrope", 32, "#ffffff", "#8c1c2c")
    bust = shirt("#f2f4f7", "#27406e") + [p.moved(y=0.66, z=0.12) for p in striped("#8c1c2c", "#ead9ae", 0.2, 3.4)]
    c.product(photograph(bust, BUST, 860), 450, 1200, 880)
    c.slab(40, 1010, 520, 150, "#ffffff", radius=32, shadow=0.25)
    c.price(76, 1042, "1 490 ₽", "2 900 ₽", "black", 64, "#10264a", "#8a94a5")
    c.text(76, 1114, "150 × 8 см", "manrope-medium", 30, "#10264a")


@creative("ties_02_square.jpg", "en", "tie", SQUARE)
def silk(c: Canvas) -> None:
    c.gradient("#ffb3ac", "#e83a3a", 45)
    c.slab(600, 0, 480, 1080, "#ffffff", alpha=0.28)
    bottom = c.text(70, 120, "Tie the\nlook\ntogether", "black", 116, "#4d0710", leading=1.05)
    bottom = c.text(70, bottom + 50, "Italian silk ties\nin 12 colours", "medium", 44, "#4d0710", leading=1.25)
    c.pill(70, bottom + 60, "2 for $50", "black", 56, "#ffffff", "#4d0710", pad=0.8)
    c.text(70, 960, "Free returns within 30 days", "medium", 32, "#4d0710")
    c.product(
        photograph(striped("#152a5c", "#c92a3e"), Shot(2.8, 4.2, (0.1, -1.35, 0), ground="wall"), 1040), 840, 1010, 910
    )


@creative("ties_03_square.jpg", "ru", "tie", SQUARE, orientation=6)
def bow(c: Canvas) -> None:
    c.gradient("#b25aa8", "#7a1478", 70)
    c.text(540, 84, "Бабочка на праздник", "round", 76, "#ffffff", anchor="m")
    c.text(540, 196, "Атлас, регулируемый ремешок", "round", 40, "#f8dcfb", anchor="m")
    bust = shirt("#f6f2f8", "#41133c", "#e9b8ee") + [p.moved(y=0.98, z=0.36) for p in bow_tie("#9c1fa8")]
    c.product(photograph(bust, Shot(4.6, 3.4, (0, 0.08, 0), ground="wall"), 760), 540, 1080, 780)
    c.badge(170, 400, 108, "590 ₽", "black", 52, "#5d0f68", "#ffe45e", star=True)


@creative("ties_04_banner.webp", "ru", "tie", BANNER)
def collection(c: Canvas) -> None:
    c.gradient("#5a5d60", "#3a3c3f", 30)
    c.slab(640, 0, 560, 628, "#808080", alpha=0.55)
    bottom = c.text(64, 110, "Галстуки\nот 990 ₽", "condensed", 124, "#ffffff", leading=1.12)
    bottom = c.text(64, bottom + 50, "Каждый третий в подарок", "condensed", 48, "#ffd54d")
    c.pill(64, bottom + 54, "Купить", "condensed", 42, "#2e3032", "#ffd54d", pad=1.4)
    three = [p.moved(x=-1.15) for p in tie(dots("#1d3557", "#f1faee"), dots("#1d3557", "#f1faee"))]
    three += striped("#2a6f57", "#e9d8a6", 0.3)
    three += [
        p.moved(x=1.15) for p in tie(dots("#7f1d2d", "#f4c7c3", 0.22, 0.045), dots("#7f1d2d", "#f4c7c3", 0.22, 0.045))
    ]
    c.product(photograph(three, Shot(4.4, 4.2, (0, -1.35, 0), ground="wall"), 700), 920, 590, 550)
