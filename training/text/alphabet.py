"""What the reader can write. Index 0 of its output is CTC's blank; character i of ALPHABET is output i + 1."""

from __future__ import annotations

RUSSIAN = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
LATIN = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
MARKS = " !\"#$%&'()*+,-./:;<=>?@[]_|~«»°×•№₽€–—©®™"
SIGNS = "£¥±‰§→≥≤½¼¾⅓⅔⅕⅛²³"
ALPHABET = RUSSIAN + RUSSIAN.upper() + LATIN + LATIN.upper() + DIGITS + MARKS + SIGNS
"""New characters go to its end: a head that knows the beginning can learn on."""
