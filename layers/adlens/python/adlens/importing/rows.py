"""A row of a performance table from the texts of its columns, whatever the file was."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from adlens.domain.errors import InvalidValue, TableTooLarge
from adlens.domain.performance import MOST_ROWS, KeyKind, MalformedRow, Metrics, SentRow, parse_id
from adlens.domain.text import storable
from adlens.importing.numbers import NUMBERS, PLAIN, Decimals, plain_number

LARGEST = 10**12
SPEND_DIGITS = 12
"""After the point: enough for what is written by programs that calculate in binary fractions."""
CONVERSION_DIGITS = 4
"""After the point: platforms share a conversion out between the ads that led to it."""
LONGEST_PLACEMENT = 200
LONGEST_KEY = 500
LONGEST_PATH = 4096
LONGEST_ROW = 65_536
MOST_EMPTY_ROWS = 5000
"""In a row. Spreadsheets append some; with more of them a small compressed file would keep a worker busy."""

NEEDED = ("day", *NUMBERS)
COLUMNS = (*KeyKind, *NEEDED, "placement")
EXAMPLES = {"impressions": "12000", "clicks": "180", "conversions": "2.37", "spend": "12.5"}

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class RowLimit:
    """`advice` is a sentence for who sent more."""

    most: int
    advice: str

    def check(self, number: int) -> None:
        """Raises TableTooLarge for a row after the last one."""
        if number > self.most:
            raise TableTooLarge(f"The table has more than {self.most:,} rows. {self.advice}")


IN_PARTS = "Send it in parts that each have all rows of their days."
FILE_ROWS = RowLimit(MOST_ROWS, IN_PARTS)


class _Malformed(ValueError):
    pass


def read_row(line: int, values: Mapping[str, str], decimals: Decimals) -> SentRow | MalformedRow:
    """A row from the texts of its columns. `decimals` are the decimal signs of the columns."""
    try:
        kind, key = _key(values)
        figures = Metrics(
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
    return str(parse_id(value) or value)


def _day(value: str) -> date:
    try:
        if not _DAY.fullmatch(value.strip()):
            raise ValueError
        return date.fromisoformat(value.strip())
    except ValueError:
        raise _Malformed(f"day is {_shown(value)}, not a day like 2026-03-01.") from None


def _number(values: Mapping[str, str], name: str, decimals: Decimals, digits: int) -> Decimal:
    """A number with at most `digits` after the point. Conversions are rounded to these: platforms write more."""
    value = values.get(name, "").strip()
    plain = value if value.isdigit() else plain_number(value, name, decimals)
    if plain is None:
        raise _Malformed(
            f"{name} is {_shown(value)}, which is one number with a decimal comma and another with a decimal point, "
            "and no other row of the column shows which is meant."
        )
    if not PLAIN.fullmatch(plain) or (number := Decimal(plain)) > LARGEST:
        kind = "a whole number" if digits == 0 else "a number"
        raise _Malformed(f"{name} is {_shown(value)}, not {kind} from 0 to {LARGEST}, such as {EXAMPLES[name]}.")
    if name == "conversions":
        return number.quantize(Decimal(1).scaleb(-digits))
    if len(plain.partition(".")[2].rstrip("0")) > digits:
        fault = f"with more than {digits} digits after the point" if digits else "not a whole number"
        raise _Malformed(f"{name} is {_shown(value)}, {fault}.")
    return number


def _placement(values: Mapping[str, str]) -> str:
    value = values.get("placement", "").strip()
    if len(value) > LONGEST_PLACEMENT or "\x00" in value:
        raise _Malformed(f"placement is longer than {LONGEST_PLACEMENT} characters, or no text.")
    return value


def _shown(value: str) -> str:
    return repr(value if len(value) <= 40 else f"{value[:40]}…") if value.strip() else "empty"


@dataclass(frozen=True, slots=True)
class Header:
    """`columns` are the names of the fields in their order; None for one that means nothing here."""

    columns: tuple[str | None, ...]
    ignored: tuple[str, ...] = ()
    delimiter: str = ","

    def values(self, fields: Sequence[str]) -> dict[str, str]:
        return {name: value for name, value in zip(self.columns, fields, strict=True) if name is not None}


def read_header(names: Sequence[str], delimiter: str) -> Header:
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
