"""`adlens analyze` on real files, with a bundle of fake engines: no weights, all the rest is real."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

from adlens_cli.main import app
from adlens_cli.pictures import find_pictures
from functions.api.creatives.schemas import CreativeOut

MANIFEST = """
name = "fake"
version = "1"
[ocr]
engine = "fake-text"
[detection]
engine = "fake-objects"
[classification]
engine = "fake-topic"
[color]
engine = "fake-palette"
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "manifest.toml").write_text(MANIFEST)
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "inner").mkdir(parents=True)
    Image.new("RGB", (40, 30), "red").save(folder / "red.png")
    Image.new("RGB", (30, 40), "blue").save(folder / "inner" / "blue.jpg")
    Image.new("RGB", (10, 10), "green").save(folder / "no-extension", "WEBP")
    (folder / "notes.txt").write_text("not a picture")
    return folder


def adlens(*arguments: object):
    return CliRunner().invoke(app, ["analyze", *map(str, arguments)])


def test_json_has_one_creative_a_line_in_the_shape_of_the_api(pictures: Path, bundle: Path) -> None:
    result = adlens(pictures, "--json", "--bundle", bundle)
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(row.pop("path")).name for row in rows] == ["blue.jpg", "no-extension", "red.png"]
    for row in rows:
        assert CreativeOut.model_validate(row).overall_status == "SUCCESS"
    assert {row["file_format"] for row in rows} == {"JPEG", "WEBP", "PNG"}


def test_the_same_content_gets_the_same_id_and_findings(pictures: Path, bundle: Path) -> None:
    (pictures / "copy.png").write_bytes((pictures / "red.png").read_bytes())
    result = adlens(pictures / "red.png", pictures / "copy.png", "--json", "--bundle", bundle)
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first["creative_id"] == second["creative_id"]
    assert first["ocr_text"] == second["ocr_text"]


def test_a_broken_file_is_a_row_with_its_reason_and_costs_the_exit_status(pictures: Path, bundle: Path) -> None:
    (pictures / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (pictures / "page.png").write_text("<!doctype html>")
    result = adlens(pictures, "--json", "--bundle", bundle)
    assert result.exit_code == 1
    rows = {Path(row["path"]).name: row for row in map(json.loads, result.stdout.splitlines())}
    assert len(rows) == 5
    assert rows["page.png"]["failure"]["code"] == "unsupported_format"
    assert rows["broken.jpg"]["overall_status"] == "ERROR"
    assert rows["broken.jpg"]["failure"]["reason"]
    assert "2 of 5" in result.stderr


def test_a_table_is_shown_when_nothing_else_is_asked_for(pictures: Path, bundle: Path) -> None:
    result = adlens(pictures / "red.png", "--bundle", bundle)
    assert "red.png" in result.stdout
    assert "Topic" in result.stdout


@pytest.mark.parametrize(("decision", "shown"), [("sure", "cups 93%"), ("person", "cups 93%"), ("unsure", "cups? 93%")])
def test_a_guess_is_shown_with_a_question_mark(decision: str, shown: str) -> None:
    from adlens_cli.tables import topic

    assert topic({"main_topic": "cups", "topic_confidence": 0.93, "topic_decision": decision}) == shown


def decision(confidence: float) -> str:
    """That of the fake topics."""
    return "sure" if confidence >= 0.6 else "unsure"


def test_csv_holds_a_row_per_creative(pictures: Path, bundle: Path) -> None:
    result = adlens(pictures, "--csv", "-", "--bundle", bundle)
    assert result.stdout.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(result.stdout.removeprefix("\ufeff"))))
    assert [row["overall_status"] for row in rows] == ["SUCCESS"] * 3
    assert all(row["dominant_colors"].startswith("#") for row in rows)
    assert [row["topic_decision"] for row in rows] == [decision(float(row["topic_confidence"])) for row in rows]


def test_text_of_a_picture_is_no_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    from adlens_cli.tables import writers

    stage = {"status": "SUCCESS", "seconds": 0.1}
    row = {
        "ocr_text": "=HYPERLINK(1)\nsale;＝1",
        "failure": None,
        "detected_objects": [],
        "weak_objects": [],
        "dominant_colors": [],
        "secondary_colors": [],
        "stages": {"detection": stage},
    }
    [writer] = writers(False, tmp_path / "t.csv", None)
    with writer as write:
        write(row)
    data = (tmp_path / "t.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert "\"'=HYPERLINK(1) | sale;'＝1\"" in data.decode()


def test_parquet_is_typed_and_nested(pictures: Path, bundle: Path, tmp_path: Path) -> None:
    result = adlens(pictures, "--parquet", tmp_path / "out.parquet", "--bundle", bundle)
    assert result.exit_code == 0, result.output
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.num_rows == 3
    assert str(table.schema.field("upload_timestamp").type) == "timestamp[us, tz=UTC]"
    confidences = table.column("topic_confidence").to_pylist()
    assert table.column("topic_decision").to_pylist() == list(map(decision, confidences))
    assert table.schema.field("weak_objects").type == table.schema.field("detected_objects").type
    block = table.column("dominant_colors")[0].as_py()[0]
    assert set(block) == {"rgb", "hex", "percent", "class_en"}


@pytest.mark.parametrize("arguments", [("nowhere",), (".", "--bundle", "nowhere")])
def test_what_is_not_there_is_said_and_ends_with_status_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    result = adlens(*(tmp_path / a if a in (".", "nowhere") else a for a in arguments))
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_a_folder_without_pictures_is_an_error(tmp_path: Path, bundle: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = adlens(empty, "--bundle", bundle)
    assert result.exit_code == 2
    assert "no pictures" in result.stderr


def test_hidden_files_below_a_named_folder_are_left_out(pictures: Path) -> None:
    (pictures / ".cache").mkdir()
    (pictures / ".cache" / "thumb.png").write_bytes((pictures / "red.png").read_bytes())
    hidden = pictures / ".cache"
    assert all(".cache" not in path.parts for path in find_pictures([pictures]))
    assert len(find_pictures([hidden])) == 1
