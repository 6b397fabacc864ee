"""Impressions, clicks, conversions and spend of creatives: files of them read strictly, and what became of each."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TextIO
from uuid import UUID

from adlens.domain.errors import InvalidValue
from adlens.domain.text import storable

LARGEST = 10**12
SPEND_DIGITS = 12
"""After the point: enough for what is written by programs that calculate in binary fractions."""
LONGEST_PLACEMENT = 200
CONVERSION_DIGITS = 4
"""After the point: platforms share a conversion out between the ads that led to it."""
LONGEST_KEY = 500
LONGEST_PATH = 4096
LONGEST_ROW = 65_536
MOST_LISTED = 1000


class KeyKind(StrEnum):
    """By what a row names its creative. A row that has several goes by the first of them."""

    CREATIVE_ID = "creative_id"
    SHA256 = "sha256"
    FILENAME = "filename"


class Reason(StrEnum):
    """Why a key has no creative."""

    UNKNOWN = "unknown"
    AMBIGUOUS = "ambiguous"
    NO_ID = "not_an_id"


WHOLE = ("impressions", "clicks")
NUMBERS = (*WHOLE, "conversions", "spend")
EXAMPLES = {"impressions": "12000", "clicks": "180", "conversions": "2.37", "spend": "12.5"}
NEEDED = ("day", *NUMBERS)
COLUMNS = (*KeyKind, *NEEDED, "placement")


@dataclass(frozen=True, slots=True)
class Figures:
    impressions: int = 0
    clicks: int = 0
    conversions: Decimal = Decimal(0)
    spend: Decimal = Decimal(0)

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.impressions + other.impressions,
            self.clicks + other.clicks,
            self.conversions + other.conversions,
            self.spend + other.spend,
        )


@dataclass(frozen=True, slots=True)
class SentRow:
    """`line` is that of the file, from 1, or the number of the row in JSON; `key` is what was sent."""

    line: int
    kind: KeyKind
    key: str
    day: date
    placement: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class MalformedRow:
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class DailyPerformance:
    day: date
    placement: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class NotMatched:
    """A key without a creative: where it is first, in how many rows, and their sums."""

    kind: KeyKind
    key: str
    reason: Reason
    line: int
    rows: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class PerformanceReport:
    """What became of a file. `sent` sums up its well-formed rows, and is `matched` and `unmatched` together.

    `stored` counts the days and placements of creatives that the file tells of, `changed` those that were not stored
    like this before. The lists end after MOST_LISTED; `not_matched_keys` and `malformed` count all.
    """

    rows: int
    matched_rows: int
    unmatched_rows: int
    malformed: int
    stored: int
    changed: int
    sent: Figures
    matched: Figures
    unmatched: Figures
    not_matched: tuple[NotMatched, ...]
    not_matched_keys: int
    malformed_rows: tuple[MalformedRow, ...]


# --- values ---------------------------------------------------------------------------------------------------------

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PLAIN = re.compile(r"[0-9]{1,16}(\.[0-9]*)?|\.[0-9]+")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,' \u2019\u00a0\u2009\u202f])[0-9]{3})(?:\1[0-9]{3})*")
_ONE_GROUP = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")


class _Malformed(ValueError):
    pass


Decimals = Mapping[str, str]
"""The decimal sign of columns, a point or a comma, where their numbers show it; empty where they show both."""


def decimal_sign(text: str, is_count: bool = False) -> str | None:
    """The decimal sign that a number shows by itself: 12,5 and 1.234,00 have a comma, 1,234,567 a point. None where it
    shows none, as 12, and where it can be either: 1,234 is a little more than one, or than a thousand. A count that has
    digits other than zeros there is no fraction.
    """
    points, commas = text.count("."), text.count(",")
    if points and commas:
        return "." if text.rfind(".") > text.rfind(",") else ","
    if not points and not commas:
        return None
    sign, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return other
    if not _ONE_GROUP.fullmatch(text):
        return sign
    return other if is_count and not text.endswith("000") else None


def plain_number(text: str, name: str, decimals: Decimals) -> str | None:
    """`text` of the column `name` with nothing but digits and a decimal point, and so that it can be read in one way
    only; as it is when it is no number. None when it can be read in two.
    """
    text = text.strip()
    sign = decimal_sign(text, name in WHOLE) or decimals.get(name)
    if not sign and ("." in text or "," in text):
        return None
    whole, point, fraction = text.rpartition(sign) if sign and sign in text else (text, "", "")
    if (grouped := _GROUPED.fullmatch(whole)) and grouped[1] != sign:
        whole = whole.replace(grouped[1], "")
    return f"{whole}{'.' if point else ''}{fraction}{'0' if len(fraction) == 3 else ''}"


def read_row(line: int, values: Mapping[str, str], decimals: Decimals) -> SentRow | MalformedRow:
    """A row from the texts of its columns."""
    try:
        kind, key = _key(values)
        figures = Figures(
            int(_number(values, "impressions", decimals, 0)),
            int(_number(values, "clicks", decimals, 0)),
            _number(values, "conversions", decimals, CONVERSION_DIGITS),
            _number(values, "spend", decimals, SPEND_DIGITS),
        )
        if figures.clicks > figures.impressions:
            raise _Malformed(f"{figures.clicks} clicks are more than {figures.impressions} impressions.")
        return SentRow(line, kind, key, _day(values.get("day", "")), _placement(values), figures)
    except _Malformed as error:
        return MalformedRow(line, str(error))


def _key(values: Mapping[str, str]) -> tuple[KeyKind, str]:
    for kind in KeyKind:
        value = values.get(kind, "").strip()
        if not value:
            continue
        longest = LONGEST_PATH if kind is KeyKind.FILENAME else LONGEST_KEY
        if len(value) > longest:
            raise _Malformed(f"{kind} is longer than {longest} characters.")
        if "\x00" in value:
            raise _Malformed(f"{kind} has a character that no text has.")
        match kind:
            case KeyKind.CREATIVE_ID:
                return kind, _canonical_id(value)
            case KeyKind.SHA256:
                return kind, value.lower()
            case _:
                return kind, value
    raise _Malformed(f"It names no creative: {', '.join(KeyKind)} are empty.")


def _canonical_id(value: str) -> str:
    return str(_id(value) or value)


def is_id(key: str) -> bool:
    return _id(key) is not None


def _id(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _day(value: str) -> date:
    try:
        if not _DAY.fullmatch(value.strip()):
            raise ValueError
        return date.fromisoformat(value.strip())
    except ValueError:
        raise _Malformed(f"day is {_shown(value)}, not a day like 2026-03-01.") from None


def _number(values: Mapping[str, str], name: str, decimals: Decimals, digits: int) -> Decimal:
    """With at most `digits` after the point. Fractions of conversions are rounded to these: platforms write more."""
    value = values.get(name, "").strip()
    plain = value if value.isdigit() else plain_number(value, name, decimals)
    if plain is None:
        raise _Malformed(
            f"{name} is {_shown(value)}, which is one number with a decimal comma and another with a decimal point, "
            "and no other row of the column shows which is meant."
        )
    if not _PLAIN.fullmatch(plain) or (number := Decimal(plain)) > LARGEST:
        kind = "a whole number" if digits == 0 else "a number"
        raise _Malformed(f"{name} is {_shown(value)}, not {kind} from 0 to {LARGEST}, such as {EXAMPLES[name]}.")
    if name == "conversions":
        return number.quantize(Decimal(1).scaleb(-digits))
    if len(plain.partition(".")[2].rstrip("0")) > digits:
        said = f"with more than {digits} digits after the point" if digits else "not a whole number"
        raise _Malformed(f"{name} is {_shown(value)}, {said}.")
    return number


def _placement(values: Mapping[str, str]) -> str:
    value = values.get("placement", "").strip()
    if len(value) > LONGEST_PLACEMENT or "\x00" in value:
        raise _Malformed(f"placement is longer than {LONGEST_PLACEMENT} characters, or no text.")
    return value


def _shown(value: str) -> str:
    return repr(value if len(value) <= 40 else f"{value[:40]}…") if value.strip() else "empty"


# --- tables ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Header:
    """`columns` are the names of the fields in their order; None for one that means nothing here."""

    columns: tuple[str | None, ...]
    ignored: tuple[str, ...] = ()
    delimiter: str = ","

    def values(self, fields: Sequence[str]) -> dict[str, str]:
        return {name: value for name, value in zip(self.columns, fields, strict=True) if name is not None}


def _header(names: Sequence[str], delimiter: str) -> Header:
    """Raises InvalidValue when a column is missing, or there twice."""
    known = [name.strip().lower() for name in names]
    columns = tuple(name if name in COLUMNS else None for name in known)
    missing = [name for name in NEEDED if name not in columns]
    if not any(kind in columns for kind in KeyKind):
        missing.insert(0, " or ".join(KeyKind))
    if missing:
        raise InvalidValue(f"The header lacks the columns {', '.join(missing)}.", missing[0])
    twice = sorted({name for name in columns if name is not None and columns.count(name) > 1})
    if twice:
        raise InvalidValue(f"The header has the column {twice[0]} more than once.", twice[0])
    ignored = tuple(storable(name.strip()) for name, column in zip(names, columns, strict=True) if column is None)
    return Header(columns, ignored, delimiter)


@dataclass
class CsvSheet:
    """Rows of delimited text, one at a time. `header` is known once the first of `rows` was asked for.

    `text` must have been opened with newline="". The delimiter is the comma, semicolon or tab that makes most of the
    header, or that of a line `sep=;` before it.
    """

    text: TextIO
    decimals: Decimals = field(default_factory=dict)
    header: Header = field(default_factory=lambda: Header(()))

    def rows(self) -> Iterator[SentRow | MalformedRow]:
        """Raises InvalidValue for a header that does not do, and where the file cannot be read on."""
        for line, fields in self.records():
            yield self._row(line, fields)

    def signs(self) -> Decimals:
        """The decimal signs of the columns, from all rows. These are read with it from a sheet of their own."""
        found: dict[str, set[str]] = {name: set() for name in NUMBERS}
        places: list[tuple[int, str]] = []
        for _, fields in self.records():
            places = places or [(n, name) for n, name in enumerate(self.header.columns) if name in found]
            if len(fields) != len(self.header.columns):
                continue
            for n, name in places:
                if not fields[n].isdigit() and (sign := decimal_sign(fields[n].strip(), name in WHOLE)):
                    found[name].add(sign)
        return {name: signs.pop() if len(signs) == 1 else "" for name, signs in found.items() if signs}

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """The same as lines and fields, nothing of them read yet."""
        first, skipped = self.text.readline(LONGEST_ROW), 0
        first = first.removeprefix("\ufeff")
        told = re.fullmatch(r"sep=([,;\t])", first.strip("\r\n"))
        if told:
            first, skipped = self.text.readline(LONGEST_ROW), 1
        while first and not first.strip():
            first, skipped = self.text.readline(LONGEST_ROW), skipped + 1
        if not first:
            raise InvalidValue("The file is empty: its first line must name the columns.", "body")
        self.header = _read_header(first, told[1] if told else None)
        reader = csv.reader(_lines(self.text), delimiter=self.header.delimiter, strict=True)
        line = skipped + 2  # of the file; that of the header is before it
        try:
            for fields in reader:
                if any(map(str.strip, fields)):
                    yield line, fields
                line = skipped + 2 + reader.line_num
        except csv.Error as error:
            raise InvalidValue(f"The row that begins in line {line} cannot be read: {error}.", "body") from error

    def _row(self, line: int, fields: list[str]) -> SentRow | MalformedRow:
        if len(fields) != len(self.header.columns):
            return MalformedRow(line, f"It has {len(fields)} fields where the header has {len(self.header.columns)}.")
        values = self.header.values(fields)
        if self.header.delimiter == ",":
            # No spreadsheet with a decimal comma writes such a file, so that a point alone needs nothing to show it.
            pointed = {name: "." for name in NUMBERS if "," not in values[name]}
            return read_row(line, values, {**pointed, **self.decimals})
        return read_row(line, values, self.decimals)


def _read_header(line: str, delimiter: str | None) -> Header:
    def names(by: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=by))
        except csv.Error as error:
            raise InvalidValue(f"The header cannot be read: {error}.", "body") from error

    chosen = delimiter or max(",;\t", key=lambda by: sum(name.strip().lower() in COLUMNS for name in names(by)))
    return _header(names(chosen), chosen)


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(LONGEST_ROW):
        if len(line) == LONGEST_ROW:
            raise csv.Error(f"a line is longer than {LONGEST_ROW} characters")
        yield line


@dataclass
class JsonSheet:
    """Rows of a JSON list of objects, one at a time. The first object's names are the header."""

    text: TextIO
    header: Header = field(default_factory=lambda: Header(()))

    def rows(self) -> Iterator[SentRow | MalformedRow]:
        """Raises InvalidValue for what is no list of objects, and for a first one that lacks what is needed."""
        for number, told in enumerate(_objects(self.text), start=1):
            names = {str(name).strip().lower(): value for name, value in told.items()}
            if number == 1:
                self.header = _header(list(names), ",")
            texts = {name: _as_text(value) for name, value in names.items() if name in COLUMNS}
            strange = next((name for name, text in texts.items() if text is None), None)
            if strange is not None:
                yield MalformedRow(number, f"{strange} is neither a text nor a number.")
                continue
            given = {name: text for name, text in texts.items() if text is not None}
            yield read_row(number, given, {name: "." for name in NUMBERS if "," not in given.get(name, "")})
        if not self.header.columns:
            raise InvalidValue("The list is empty.", "body")


def _as_text(value: Any) -> str | None:
    """Numbers as they were written; nothing for null."""
    match value:
        case None:
            return ""
        case bool() | list() | dict():
            return None
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


_NO_LIST = "The body is no JSON list of rows, [{...}, ...]"
_DECODER = json.JSONDecoder(parse_float=Decimal)
_SIGN = re.compile(r"[^ \t\r\n]")


def _objects(text: TextIO) -> Iterator[dict[str, Any]]:
    """The objects of a list without ever holding all of it. Raises InvalidValue, naming the row."""
    buffer, at, ended, number = "", 0, False, 1

    def more() -> bool:
        nonlocal buffer, at, ended
        piece = text.read(LONGEST_ROW)
        buffer, at, ended = buffer[at:] + piece, 0, not piece
        return not ended

    def sign() -> str:
        """The next character that is no space; "" at the end."""
        nonlocal at
        while (found := _SIGN.search(buffer, at)) is None:
            at = len(buffer)
            if not more():
                return ""
        at = found.start()
        return found[0]

    def wrong(what: str) -> InvalidValue:
        return InvalidValue(f"{_NO_LIST}: {what} at row {number}.", "body")

    if sign() == "\ufeff":
        at += 1
    if sign() != "[":
        raise wrong("it does not begin with [")
    at += 1
    if sign() == "]":
        return
    while True:
        if sign() != "{":
            raise wrong("there is no {")
        while True:
            try:
                found, end = _DECODER.raw_decode(buffer, at)
                break
            except (ValueError, RecursionError) as error:
                if len(buffer) - at > LONGEST_ROW or not more():
                    raise wrong(str(error).partition(":")[0].lower()) from error
        at = end
        yield found
        number += 1
        after = sign()
        at += 1
        if after == "]":
            break
        if after != ",":
            raise wrong("there is no comma")
    if sign():
        raise wrong("something comes after the list")


def rows_of(sheet: CsvSheet | JsonSheet) -> Iterator[SentRow | MalformedRow]:
    """The rows of a sheet. Raises InvalidValue when it cannot be read to its end, wherever that is noticed."""
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
    """Text of UTF-8, of UTF-16 with or without a mark at its beginning, or of `charset`; raises InvalidValue if it is
    unknown.
    """
    try:
        encoding = codecs.lookup(charset).name if charset else "utf-8"
        if encoding in ("utf-8", "utf-16"):
            encoding = _utf_16(stream.peek(2)[:2]) or encoding
        return io.TextIOWrapper(stream, encoding, newline="")
    except (LookupError, ValueError) as error:  # a ValueError where the name itself is no text
        raise InvalidValue(f"There is no encoding {charset!r}.", "content-type") from error


def _utf_16(begin: bytes) -> str | None:
    """The kind of UTF-16 that begins like this: with its mark, or with a letter of ASCII in two bytes."""
    if begin in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if len(begin) == 2 and 0 in begin and any(begin):
        return "utf-16-be" if begin[0] == 0 else "utf-16-le"
    return None


@dataclass
class Malformed:
    """Counts malformed rows, and keeps the first of them."""

    count: int = 0
    first: list[MalformedRow] = field(default_factory=list)

    def without(self, rows: Iterable[SentRow | MalformedRow]) -> Iterator[SentRow]:
        """The other rows."""
        for row in rows:
            if isinstance(row, SentRow):
                yield row
                continue
            self.count += 1
            if len(self.first) < MOST_LISTED:
                self.first.append(row)
