"""The fonts that lines are drawn in: gathered, made whole, and split so that test families are never trained on.

python -m training.text.fonts            # installs what fonts.toml names from npm, and lists what there is
"""

from __future__ import annotations

import functools
import hashlib
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.paths import DATA

FOLDER = DATA / "fonts"
SYSTEM_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
NEEDED = "ДЖЩЮЯЁабвгджзийклмнопрстуфхцчшщъыьэюяёABQWabcdefgqwyz0123456789"
STYLES = ("400-normal", "700-normal", "900-normal", "300-normal", "500-italic", "700-italic")
MOST_STYLES = 4
_RELATED = {
    "pt": ("ptsans", "ptserif", "ptmono", "ptf", "pts", "ptc", "ptm", "ptn", "ptz"),
    "liberation": ("liberation", "arimo", "cousine", "tinos"),
    "dejavu": ("dejavu", "hack"),
    "charis": ("charis", "doulos"),
    "lato": ("lato", "carlito"),
    "noto": ("noto",),
    "cmun": ("cmun",),
    "nimbus": ("nimbus", "freemono", "freesans", "freeserif", "tex", "termes", "heros"),
    "old": ("old",),
    "libertine": ("linlibertine", "linbiolinum"),
}
"""Family by the beginnings of the file names that belong to it."""
_SALT = "13"
"""Chosen so that the designs of Arial, Times and Courier are trained on, and families that advertisements use (Inter,
Montserrat, Lato, Playfair ...) are not."""
_WEIGHTS = {"regular", "condensed", "semicondensed", "bold", "light"}
_UNUSABLE = ("emoji", "symbol", "math", "music", "icons", "bitmap", "lastresort", "tamil", "thai", "arab", "cjk")


@dataclass(frozen=True, slots=True)
class Font:
    """A font file and the family that decides its split."""

    path: Path
    family: str

    @property
    def split(self) -> str:
        """'train', 'val' (7 %) or 'test' (15 %), by the family's name: all its styles fall on one side."""
        share = int(hashlib.sha256(f"{_SALT}{self.family}".encode()).hexdigest(), 16) % 100
        return "test" if share < 15 else "val" if share < 22 else "train"


@functools.cache
def all_fonts() -> list[Font]:
    """Every usable font, in a stable order. Installs the npm packages and joins their subsets the first time."""
    found = {path.name: Font(path, family_of(path)) for path in sorted(_joined())}
    for path in sorted(_system()):
        found.setdefault(path.name, Font(path, family_of(path)))
    return list(found.values())


def family_of(path: Path) -> str:
    """What decides the split: the name's first word, and one name for families that share a design.

    'PTSans-Bold' and 'pt-serif-400' are both 'pt'; Cousine and Liberation Mono are one design.
    """
    name = path.stem.lower().replace("_", "-")
    head = ("".join(c if c.isalpha() else " " for c in name).split() or [name])[0]
    for family, prefixes in _RELATED.items():
        if head.startswith(prefixes):
            return family
    if head in _WEIGHTS:  # a file named by its style alone
        return path.parent.name.lower()
    return next((head[:n] for n in range(len(head), 3, -1) if head[:n] in _npm_heads()), head)


@functools.cache
def _npm_heads() -> set[str]:
    return {name.split("@")[0].split("-")[0] for name in manifest()["npm"]}


def manifest() -> dict[str, list[str]]:
    content: dict[str, list[str]] = tomllib.loads((Path(__file__).with_name("fonts.toml")).read_text())
    return content


@functools.cache
def installed() -> Path:
    """The node_modules with what fonts.toml names, fetched by the environment's npm when it is not there yet."""
    wanted = [*(f"@fontsource/{name}" for name in manifest()["npm"]), *manifest()["dictionaries"]]
    folder = FOLDER / "npm"
    stamp = folder / ".installed"
    if not stamp.is_file() or stamp.read_text() != "\n".join(wanted):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--silent"]
        subprocess.run(["npm", "install", *options, *wanted], cwd=folder, check=True)
        stamp.write_text("\n".join(wanted))
    return folder / "node_modules"


def _joined() -> Iterator[Path]:
    """npm's fonts come as one file per script; each style's Latin and Cyrillic ones are joined into one font."""
    target = FOLDER / "joined"
    target.mkdir(parents=True, exist_ok=True)
    for name in manifest()["npm"]:
        family = name.split("@")[0]
        files = installed() / "@fontsource" / family / "files"
        styles = [style for style in STYLES if (files / f"{family}-cyrillic-{style}.woff2").exists()]
        for style in styles[:MOST_STYLES]:
            path = target / f"{family}-{style}.ttf"
            if not path.exists():
                _join([files / f"{family}-{script}-{style}.woff2" for script in ("latin", "cyrillic")], path)
            if path.stat().st_size:
                yield path


def _join(sources: list[Path], target: Path) -> None:
    from fontTools.merge import Merger, Options
    from fontTools.ttLib import TTFont

    parts = []
    for number, source in enumerate(sources):
        font = TTFont(source)
        font.flavor = None
        for table in ("GSUB", "GPOS", "GDEF", "STAT", "kern"):
            if table in font:
                del font[table]
        parts.append(target.with_suffix(f".{number}.part"))
        font.save(parts[-1])
    try:
        merged = Merger(Options(drop_tables=["DSIG", "gasp", "meta"])).merge([str(part) for part in parts])
        merged.save(target)
        if not covers(target, NEEDED):
            target.write_bytes(b"")
    except (
        Exception
    ) as error:  # fontTools raises whatever a table's reader meets; such a font is left out, with a message
        print(f"{target.name} cannot be joined: {type(error).__name__}: {error}")
        target.write_bytes(b"")  # and not tried again
    for part in parts:
        part.unlink()


def _system() -> Iterator[Path]:
    for folder in SYSTEM_FOLDERS:
        for path in folder.rglob("*.[to]tf"):
            name = path.name.lower()
            if not any(word in name for word in _UNUSABLE) and covers(path, NEEDED):
                yield path


def covers(path: Path, characters: str) -> bool:
    """Whether the font has a glyph for each of `characters`."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, lazy=True) as font:
            return set(map(ord, characters)) <= (font.getBestCmap() or {}).keys()
    except (TTLibError, OSError, AssertionError):
        return False


if __name__ == "__main__":
    fonts = all_fonts()
    for split in ("train", "val", "test"):
        chosen = [font for font in fonts if font.split == split]
        print(f"{split}: {len(chosen)} fonts of {len({font.family for font in chosen})} families")
