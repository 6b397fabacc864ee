"""Files of figures are read as spreadsheets and advertising platforms write them, and refused row by row."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlens.domain.errors import DamagedTable, InvalidValue, TableTooLarge
from adlens.domain.performance import KeyKind, Malformed, MalformedRow, Metrics, SentRow
from adlens.importing.delimited import CsvSheet
from adlens.importing.json_list import JsonSheet
from adlens.importing.numbers import NUMBERS
from adlens.importing.rows import MOST_EMPTY_ROWS, RowLimit
from adlens.importing.sheets import decoded, rows_of, signs_of
from adlens.importing.table import Table, table_of_file

HEADER = "filename,day,impressions,clicks,conversions,spend"
ID = "0b9d5f0c-6a3e-4c1b-9d55-2f4a7c1e8b11"


def read(data: str | bytes, charset: str | None = None) -> list[SentRow | MalformedRow]:
    data = data.encode() if isinstance(data, str) else data

    def text() -> TextIO:
        return decoded(io.BufferedReader(io.BytesIO(data)), charset)

    return list(rows_of(CsvSheet(text(), signs_of(CsvSheet(text())))))


def read_json(text: str) -> list[SentRow | MalformedRow]:
    return list(rows_of(JsonSheet(io.StringIO(text))))


def one(line: str, header: str = HEADER) -> SentRow | MalformedRow:
    (row,) = read(f"{header}\n{line}\n")
    return row


def reason(line: str, header: str = HEADER) -> str:
    row = one(line, header)
    assert isinstance(row, MalformedRow)
    return row.reason


ROW = SentRow(2, KeyKind.FILENAME, "a.png", date(2026, 3, 1), "", Metrics(100, 10, Decimal(1), Decimal("12.5")))


@pytest.mark.parametrize(
    "file",
    [
        f"{HEADER}\na.png,2026-03-01,100,10,1,12.5\n",
        f"{HEADER}\r\na.png,2026-03-01,100,10,1,12.5\r\n",
        f"{HEADER}\na.png,2026-03-01,100,10,1,12.5",
        f"\ufeff{HEADER}\na.png,2026-03-01,100,10,1,12.5\n",
        HEADER.upper().replace(",", " , ") + "\n a.png ,2026-03-01, 100,10 ,1,12.50\n",
        HEADER.replace(",", ";") + "\na.png;2026-03-01;100;10;1;12,5\n",
        HEADER.replace(",", "\t") + "\na.png\t2026-03-01\t100\t10\t1\t12.5\n",
        '"filename","day","impressions","clicks","conversions","spend"\n"a.png","2026-03-01","100","10","1","12.5"\n',
        f"notes,{HEADER}\nfine,a.png,2026-03-01,100,10,1,12.5\n",
        f"{HEADER}\na.png,2026-03-01,100,10,1,12.5\n\n  \n,,,,,\n",
    ],
)
def test_the_usual_ways_to_write_a_table_are_one(file: str) -> None:
    assert read(file) == [ROW]


def numbers(delimiter: str, *rows: tuple[str, ...]) -> list[tuple[float, ...] | str]:
    """What became of rows of impressions, clicks, conversions and spend."""
    lines = [HEADER.split(","), *(["a.png", "2026-03-01", *row] for row in rows)]
    table = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    return [
        row.reason if isinstance(row, MalformedRow) else tuple(float(getattr(row.figures, name)) for name in NUMBERS)
        for row in read(table)
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (("98.0", "4.00", "2.37", "1"), (98, 4, 2.37, 1)),
        (("98,0", "4,0", "2,37", "1,5"), (98, 4, 2.37, 1.5)),
        (("1,234", "1.234", "0.12345", "1,234.56"), (1234, 1234, 0.1234, 1234.56)),
        (("1 234", "1\u00a0234", "0,5", "12\u202f345,6"), (1234, 1234, 0.5, 12345.6)),
        (("1'234'567", "1,234,567", "1.234.567,5", "1,234,567"), (1234567, 1234567, 1234567.5, 1234567)),
        (("7", "0", "0,125", ".125"), (7, 0, 0.125, 0.125)),
    ],
)
def test_numbers_are_read_as_their_signs_show(delimiter: str, row: tuple[str, ...], meant: tuple[float, ...]) -> None:
    assert numbers(delimiter, row) == [meant]


@pytest.mark.parametrize("delimiter", [";", "\t"])
@pytest.mark.parametrize(("shown", "meant"), [("0.5", 1234.0), ("0,5", 1.234)])
def test_the_column_decides_where_a_number_can_be_two(delimiter: str, shown: str, meant: float) -> None:
    alone = ("10", "1", "0", "1,234")
    (refused,) = numbers(delimiter, alone)
    assert "a decimal comma and another with a decimal point" in str(refused)
    assert numbers(delimiter, alone, ("10", "1", "0", shown)) == [(10, 1, 0, meant), (10, 1, 0, 0.5)]
    mixed = numbers(delimiter, alone, ("10", "1", "0", "0,5"), ("10", "1", "0", "0.5"))
    assert "no other row" in str(mixed[0])
    assert mixed[1:] == [(10, 1, 0, 0.5)] * 2


def test_thousands_without_a_fraction_are_two_numbers_as_a_count_as_well() -> None:
    assert "impressions is '98.000'" in str(numbers("\t", ("98.000", "1", "0", "1"))[0])
    assert numbers("\t", ("98.000", "1", "0", "1"), ("1.234", "1", "0", "1")) == [(98000, 1, 0, 1), (1234, 1, 0, 1)]


def test_a_comma_separated_table_has_decimal_points() -> None:
    assert numbers(",", ("10", "1", "1.234", "1.234")) == [(10, 1, 1.234, 1.234)]
    assert "spend is '1,234'" in str(numbers(",", ("10", "1", "1", "1,234"))[0])


def test_what_excel_writes() -> None:
    assert [row.line for row in read("sep=;\n" + HEADER.replace(",", ";") + "\na.png;2026-03-01;100;10;1;12,5\n")] == [
        3
    ]
    table = f"{HEADER}\nкружка.png,2026-03-01,100,10,1,12.5\n"
    for data, charset in (
        (table.encode("utf-16"), None),
        (table.encode("utf-16-le"), "UTF-16"),
        (table.encode("utf-16-be"), "utf-16"),
        (table.encode("utf-16-le"), None),
        (table.encode("utf-16"), "utf-8"),
        (table.encode("cp1251"), "windows-1251"),
    ):
        (row,) = read(data, charset)
        assert isinstance(row, SentRow)
        assert row.key == "кружка.png"


def test_text_of_another_encoding_is_refused_and_the_answer_says_what_to_do() -> None:
    with pytest.raises(InvalidValue, match="UTF-8") as refusal:
        read(f"{HEADER}\nкружка.png,2026-03-01,100,10,1,12.5\n".encode("cp1251"))
    assert refusal.value.field == "body"
    for charset in ("klingon", "undefined", "utf\x008", "base64", "idna"):
        with pytest.raises(InvalidValue, match=r"no encoding|The text is not"):
            read(f"{HEADER}\n{'ы' * 99}\n", charset)


def test_quoted_fields_may_hold_anything_and_lines_are_those_of_the_file() -> None:
    rows = read(
        f"{HEADER},placement\n"
        '"a, ""b""\nc.png",2026-03-01,100,10,1,12.5,"feed,\ntop"\n'
        "b.png,2026-03-01,x,10,1,12.5,\n"
        "\n"
        "c.png,2026-03-01,100,10,1,12.5,\n"
    )
    assert [row.line for row in rows] == [2, 5, 7]
    assert isinstance(rows[0], SentRow)
    assert (rows[0].key, rows[0].placement) == ('a, "b"\nc.png', "feed,\ntop")


def test_a_row_goes_by_the_first_of_its_names() -> None:
    header = f"sha256,creative_id,{HEADER}"
    figures = "2026-03-01,100,10,1,12.5"
    keys = [
        one(f"{'A' * 64},{ID.upper()},a.png,{figures}", header),
        one(f"{'A' * 64},,a.png,{figures}", header),
        one(f",,a.png,{figures}", header),
        one(f",banner 17,a.png,{figures}", header),
    ]
    assert [(row.kind, row.key) for row in keys if isinstance(row, SentRow)] == [
        (KeyKind.CREATIVE_ID, ID),
        (KeyKind.SHA256, "a" * 64),
        (KeyKind.FILENAME, "a.png"),
        (KeyKind.CREATIVE_ID, "banner 17"),
    ]
    assert "names no creative" in reason(f", ,,{figures}", header)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a.png,01.03.2026,100,10,1,12.5", "day is '01.03.2026', not a day like 2026-03-01."),
        ("a.png,2026-02-30,100,10,1,12.5", "day is '2026-02-30'"),
        ("a.png,20260301,100,10,1,12.5", "day is '20260301'"),
        ("a.png,2026-03-01,1e3,10,1,12.5", "impressions is '1e3', not a whole number"),
        ("a.png,2026-03-01,-1,0,1,12.5", "impressions is '-1'"),
        ("a.png,2026-03-01,100,,1,12.5", "clicks is empty"),
        ("a.png,2026-03-01,100,10,1,12e3", "spend is '12e3'"),
        ("a.png,2026-03-01,100,1.5,1,12.5", "clicks is '1.5', not a whole number"),
        ("a.png,2026-03-01,100,10,x,12.5", "conversions is 'x', not a number from 0"),
        ("a.png,2026-03-01,1000000000001,10,1,12.5", "impressions is '1000000000001'"),
        ("a.png,2026-03-01,١٠٠,10,1,12.5", "impressions is '١٠٠'"),
        ("a.png,2026-03-01,10,11,1,12.5", "11 clicks are more than 10 impressions."),
        ("a.png,2026-03-01,100,10,1,-0.1", "spend is '-0.1'"),
        ("a.png,2026-03-01,100,10,1,NaN", "spend is 'NaN'"),
        ("a.png,2026-03-01,100,10,1,0.1234567890123", "more than 12 digits after the point"),
        ("a.png,2026-03-01,100,10,1", "It has 5 fields where the header has 6."),
        ("a.png,2026-03-01,100,10,1,12.5,7", "It has 7 fields where the header has 6."),
        (f"{'a' * 4097},2026-03-01,100,10,1,12.5", "filename is longer than 4096 characters."),
        ("a\x00.png,2026-03-01,100,10,1,12.5", "filename has a character that no text has."),
    ],
)
def test_a_row_that_cannot_be_read_says_why_and_others_go_on(line: str, said: str) -> None:
    first, second = read(f"{HEADER}\n{line}\na.png,2026-03-01,100,10,1,12.5\n")
    assert isinstance(first, MalformedRow)
    assert said in first.reason
    assert (first.line, second.line) == (2, 3)
    assert isinstance(second, SentRow)


@pytest.mark.parametrize(
    ("file", "field", "said"),
    [
        ("", "body", "empty"),
        ("\n \n", "body", "empty"),
        ("filename,day,clicks,conversions\n", "impressions", "lacks the columns impressions, spend"),
        ("name,day,impressions,clicks,conversions,spend\n", "creative_id or sha256 or filename", "lacks"),
        (f"{HEADER},Clicks\n", "clicks", "more than once"),
        (f'{HEADER}\n"a.png,2026-03-01,100\n', "body", "The row that begins in line 2 cannot be read"),
        (f'{HEADER}\na.png,2026-03-01,"1"0,10,1,12.5\n', "body", "line 2"),
        (f"{HEADER}\n{'a' * 70_000},2026-03-01,100,10,1,12.5\n", "body", "longer"),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(file: str, field: str, said: str) -> None:
    with pytest.raises(InvalidValue, match=said) as refusal:
        read(file)
    assert refusal.value.field == field


def test_columns_that_mean_nothing_are_named() -> None:
    sheet = CsvSheet(io.StringIO(f"Campaign,{HEADER},CTR\nx,a.png,2026-03-01,100,10,1,12.5,0.1\n"))
    assert len(list(sheet.rows())) == 1
    assert sheet.header.ignored == ("Campaign", "CTR")


JSON_ROW = {"filename": "a.png", "day": "2026-03-01", "impressions": 100, "clicks": 10, "conversions": 1, "spend": 12.5}


def test_json_is_the_same_table() -> None:
    written = [JSON_ROW, {**JSON_ROW, "spend": "12.50", "Day": None, "placement": None}]
    rows = read_json(json.dumps([*written, {**JSON_ROW, "clicks": True}, {"filename": "a.png"}], indent=1))
    assert rows[0] == SentRow(1, ROW.kind, ROW.key, ROW.day, "", ROW.figures)
    assert [type(row) for row in rows] == [SentRow, MalformedRow, MalformedRow, MalformedRow]
    assert [row.reason for row in rows if isinstance(row, MalformedRow)] == [
        "day is empty, not a day like 2026-03-01.",
        "clicks is neither a text nor a number.",
        "impressions is empty, not a whole number from 0 to 1000000000000, such as 12000.",
    ]


def test_money_in_json_is_exact() -> None:
    (row,) = read_json('[{"filename":"a","day":"2026-03-01","impressions":1,"clicks":0,"conversions":0,"spend":0.1}]')
    assert isinstance(row, SentRow)
    assert row.figures.spend == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"does not begin with \["),
        ("{}", r"does not begin with \["),
        ("[]", "empty"),
        ("[1]", r"no \{ at row 1"),
        (json.dumps([JSON_ROW])[:-1], "no comma at row 2"),
        (json.dumps([JSON_ROW])[:-2], "at row 1"),
        (json.dumps([JSON_ROW]) + "x", "something comes after the list"),
        ('[{"filename": "a"}]', "lacks the columns day"),
        ('[{"a": "' + "x" * 200_000, "at row 1"),
        ("[" + "{" * 5, "at row 1"),
    ],
)
def test_what_is_no_list_of_rows_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        read_json(text)


class Pieces(io.StringIO):
    """A text that comes a few letters at a time."""

    def read(self, size: int | None = -1) -> str:
        return super().read(7)


def test_json_is_read_in_pieces() -> None:
    text = json.dumps([{**JSON_ROW, "impressions": n} for n in range(10, 300)])
    rows = list(JsonSheet(Pieces(text)).rows())
    assert [row.figures.impressions for row in rows if isinstance(row, SentRow)] == list(range(10, 300))


def test_malformed_rows_are_counted_and_the_first_are_kept() -> None:
    malformed = Malformed()

    def rows() -> Iterator[SentRow | MalformedRow]:
        yield from (MalformedRow(n, "bad") for n in range(1500))
        yield ROW

    assert list(malformed.without(rows())) == [ROW]
    assert (malformed.count, len(malformed.first), malformed.first[-1].line) == (1500, 1000, 999)


@given(st.binary(max_size=400))
def test_no_bytes_at_all_break_it(data: bytes) -> None:
    for sheet in (CsvSheet, JsonSheet):
        for head in (b"", HEADER.encode() + b"\n", b'[{"filename":"'):
            try:
                text = decoded(io.BufferedReader(io.BytesIO(head + data)))
                assert all(isinstance(row, SentRow | MalformedRow) for row in rows_of(sheet(text)))
            except InvalidValue:
                pass


LINE = "a.png,2026-03-01,100,10,1,12.5"


@pytest.mark.parametrize("empty", ["", ",,,,,", "  "])
def test_some_empty_rows_are_passed_over_and_very_many_refused(empty: str) -> None:
    def file(count: int) -> str:
        return "\n".join([HEADER, *([empty] * count), LINE, *([empty] * count)])

    (row,) = read(file(MOST_EMPTY_ROWS))
    assert row == replace(ROW, line=MOST_EMPTY_ROWS + 2)
    with pytest.raises(InvalidValue, match="5,000 empty ones"):
        read(file(MOST_EMPTY_ROWS + 1))
    with pytest.raises(InvalidValue, match="empty ones"):
        read("\n" * (MOST_EMPTY_ROWS + 1) + file(0))


def test_a_table_has_so_many_rows_at_most_whatever_they_are() -> None:
    limit = RowLimit(1000, "Split it.")
    by_json = [JSON_ROW, *([{}] * 1000)]
    for data, as_json in (
        ("\n".join([HEADER, *([LINE] * 1001)]), False),
        ("\n".join([HEADER, *(["a"] * 1001)]), False),
        ("\n".join([HEADER, *([LINE, "", ""] * 400)]), False),
        (json.dumps(by_json), True),
    ):
        with pytest.raises(TableTooLarge, match=r"more than 1,000 rows\. Split it\."):
            list(Table(data.encode(), as_json, False, None, limit).rows())
    whole = Table("\n".join([HEADER, *([LINE] * 1000)]).encode(), False, False, None, limit)
    assert len(list(whole.rows())) == 1000


def test_a_compressed_table_is_bounded_by_what_it_unpacks_to() -> None:
    data = gzip.compress("\n".join([HEADER, *([LINE] * 1000)]).encode())
    assert len(list(table_of_file(data, False, None).rows())) == 1000
    with pytest.raises(TableTooLarge, match="larger than 0 MB"):
        list(Table(data, False, True, None, most_bytes=20_000).rows())
    for broken in (data[:-9], b"\x1f\x8b" + data):
        with pytest.raises(DamagedTable):
            list(table_of_file(broken, False, None).rows())
