"""Rows of any performance table, and the text of its bytes."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from adlens.domain.errors import InvalidValue
from adlens.domain.performance import MalformedRow, SentRow
from adlens.importing.delimited import CsvSheet
from adlens.importing.json_list import JsonSheet
from adlens.importing.numbers import Decimals


def rows_of(sheet: CsvSheet | JsonSheet) -> Iterator[SentRow | MalformedRow]:
    """Raises InvalidValue when the sheet cannot be read to its end."""
    with _reading(sheet):
        yield from sheet.rows()


def signs_of(sheet: CsvSheet) -> Decimals:
    """`CsvSheet.signs`, with the errors of `rows_of`."""
    with _reading(sheet):
        return sheet.signs()


@contextmanager
def _reading(sheet: CsvSheet | JsonSheet) -> Iterator[None]:
    try:
        yield
    except UnicodeError as error:
        raise InvalidValue(
            f"The text is not {sheet.text.encoding}: save it as UTF-8, or name its charset in the Content-Type.", "body"
        ) from error


def decoded(stream: io.BufferedReader, charset: str | None = None) -> TextIO:
    """The text of `stream`, in UTF-8, in UTF-16 with or without a byte order mark, or in `charset`. Raises InvalidValue
    for an unknown charset.
    """
    try:
        encoding = codecs.lookup(charset).name if charset else "utf-8"
        if encoding in ("utf-8", "utf-16"):
            encoding = _utf_16(stream.peek(2)[:2]) or encoding
        return io.TextIOWrapper(stream, encoding, newline="")
    except (LookupError, ValueError) as error:  # ValueError: the name has a NUL
        raise InvalidValue(f"There is no encoding {charset!r}.", "content-type") from error


def _utf_16(begin: bytes) -> str | None:
    """The UTF-16 encoding that two first bytes show: a byte order mark or an ASCII letter. None if they show none."""
    if begin in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if len(begin) == 2 and 0 in begin and any(begin):
        return "utf-16-be" if begin[0] == 0 else "utf-16-le"
    return None
