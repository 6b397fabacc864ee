"""Performance tables as a JSON list of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TextIO

from adlens.domain.errors import InvalidValue
from adlens.domain.performance import MalformedRow, SentRow
from adlens.importing.numbers import NUMBERS
from adlens.importing.rows import COLUMNS, FILE_ROWS, LONGEST_ROW, Header, RowLimit, read_header, read_row


@dataclass
class JsonSheet:
    """Rows of a JSON list of objects, read one at a time. The names in the first object are the header."""

    text: TextIO
    header: Header = field(default_factory=lambda: Header(()))
    limit: RowLimit = FILE_ROWS

    def rows(self) -> Iterator[SentRow | MalformedRow]:
        """Raises InvalidValue for anything but a list of objects, and for a first object without the needed columns,
        and TableTooLarge."""
        for number, row in enumerate(_objects(self.text), start=1):
            self.limit.check(number)
            names = {str(name).strip().lower(): value for name, value in row.items()}
            if number == 1:
                self.header = read_header(list(names), ",")
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
    """Numbers as written, "" for null; None for values that no column can have."""
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
    """The objects of a list, without holding all of it in memory. Raises InvalidValue, naming the row."""
    buffer, at, ended, number = "", 0, False, 1

    def more() -> bool:
        nonlocal buffer, at, ended
        piece = text.read(LONGEST_ROW)
        buffer, at, ended = buffer[at:] + piece, 0, not piece
        return not ended

    def sign() -> str:
        """The next character other than white space; "" at the end."""
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
