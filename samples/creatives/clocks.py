from samples.creatives.registry import CARD, SQUARE, STRIP, creative
from samples.drawing.canvas import Canvas
from samples.drawing.pictures import dial, wood
from samples.drawing.studio import Shot, photograph
from samples.products.clocks import alarm_clock, wall_clock

ON_WALL = Shot(4.4, 4.4, (0.1, -0.1, 0), ground="wall")
HOURS = [str(hour) for hour in range(1, 13)]


@creative("clocks_01_card.jpg", "ru", "clock", CARD)
def quiet(c: Canvas) -> None:
    c.gradient("#f4f4f4", "#c9c9c9", 70)
    c.text(60, 70, "Часы настенные", "black", 86, "#1a1a1a")
    c.text(60, 176, "Бесшумный ход, без тиканья", "medium", 38, "#4c4c4c")
    face = dial("#fdfdfd", "#1b1b1b", numerals="bold", size=150)
    c.small_print += HOURS
    c.product(photograph(wall_clock(face, "#1f1f1f", "#1b1b1b", "#d62828"), ON_WALL, 820), 450, 866, 590)
    c.slab(0, 950, 900, 250, "#1f1f1f")
    c.badge(770, 966, 88, "-40%", "black", 58, "#ffffff", "#d62828")
    c.price(60, 1004, "1 290 ₽", "2 150 ₽", "black", 80, "#ffffff", "#9a9a9a")
    c.text(60, 1104, "Диаметр 30 см   ·   1 батарейка АА", "medium", 30, "#d9d9d9")


@creative("clocks_02_square.png", "en", "clock", SQUARE)
def retro(c: Canvas) -> None:
    c.gradient("#7fe3e6", "#7fe3e6")
    c.rays(700, 600, "#a9f0ef", 0.8)
    c.wave(880, 18, "#128c8c")
    bottom = c.text(70, 84, "Wake up\non time", "black", 128, "#07494d", leading=1.06)
    c.text(70, bottom + 40, "Retro alarm clock", "bold", 46, "#07494d")
    face = dial("#fffaf0", "#163c40", numerals="bold", size=190, bars=0.07)
    c.small_print += HOURS
    shot = Shot(4.4, 4.2, (0.2, 1.6, 0), yaw=-18, pitch=8)
    c.product(photograph(alarm_clock(face, "#0d8f92", "#163c40"), shot, 760), 720, 960, 640)
    c.badge(200, 620, 118, "-30%", "black", 76, "#ffffff", "#f25c05", star=True)
    c.text(70, 972, "$29", "black", 84, "#ffffff")


@creative("clocks_03_strip.jpg", "ru", "clock", STRIP)
def wooden(c: Canvas) -> None:
    c.gradient("#f4e3c3", "#d9b27c", 0)
    c.disc(220, 185, 205, "#fff5df", alpha=0.6)
    clock = wall_clock(
        dial(wood("#efd3a4", "#cfa468"), "#3c2410", ticks=False, bars=0.18),
        "#6b4220",
        "#3c2410",
        "#b5341c",
        time=(10, 9),
    )
    c.product(photograph(clock, ON_WALL, 420), 220, 335, 300)
    bottom = c.text(430, 96, "Часы для дома", "serif", 84, "#4b2d12")
    c.text(430, bottom + 44, "Дуб, орех и бук. Тихий механизм", "serif-regular", 36, "#6d4420")
    c.badge(1270, 130, 92, "до\n-40%", "black", 48, "#ffffff", "#b5341c")
    c.pill(1270, 264, "Выбрать", "manrope", 34, "#fff5df", "#4b2d12", anchor="m", pad=1.2)


@creative("clocks_04_card.webp", "en", "clock", CARD)
def violet(c: Canvas) -> None:
    c.gradient("#8f7bff", "#5a2fd0", 75)
    c.disc(450, 560, 345, "#a999ff", alpha=0.5)
    c.text(450, 76, "Silent wall clock", "manrope", 86, "#ffffff", anchor="m")
    c.text(450, 182, "for a room that sleeps", "manrope-medium", 42, "#e5deff", anchor="m")
    face = dial("#f6f3ff", "#3b1d91", ticks=False, bars=0.1)
    c.product(photograph(wall_clock(face, "#ffd166", "#3b1d91", "#ff5d8f", time=(4, 41)), ON_WALL, 800), 450, 850, 580)
    for x, value, what in ((170, "12 in", "diameter"), (450, "0 dB", "sweep motion"), (730, "2 years", "warranty")):
        c.slab(x - 125, 934, 250, 130, "#ffffff", radius=28, alpha=0.16)
        c.text(x, 962, value, "manrope", 46, "#ffffff", anchor="m")
        c.text(x, 1020, what, "manrope-medium", 28, "#e5deff", anchor="m")
    c.price(450, 1104, "$34.90", "$52", "black", 72, "#ffd166", "#c9bcff", anchor="m")
