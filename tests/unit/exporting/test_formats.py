"""What is in the files, read by the libraries that people read them with."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.coco import COCO

from adlens.domain.exports import ExportFormat, Separator
from adlens.exporting.csv_table import COLUMNS, CsvTable


def table(data: bytes) -> list[dict[str, str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.fixture
def opened(tmp_path: Path):
    def load(data: bytes) -> COCO:
        path = tmp_path / "coco.json"
        path.write_bytes(data)
        with contextlib.redirect_stdout(io.StringIO()):
            return COCO(str(path))

    return load


@pytest.mark.parametrize("export_format", ExportFormat)
@pytest.mark.parametrize("with_embeddings", [False, True])
def test_the_same_creatives_give_the_same_bytes(written, creatives, export_format, with_embeddings) -> None:
    assert written(export_format, creatives, with_embeddings) == written(export_format, creatives, with_embeddings)


# --- CSV ------------------------------------------------------------------------------------------------------------


def test_csv_has_a_row_per_creative(written, creatives) -> None:
    rows = table(written(ExportFormat.CSV, creatives))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0] == {
        "creative_id": "00000000-0000-0000-0000-000000000001",
        "group_id": "grp_1",
        "filename": "mug.jpg",
        "status": "SUCCESS",
        "failure_code": "",
        "failure_reason": "",
        "uploaded_at": "2026-03-01T10:15:03.000005Z",
        "format": "JPEG",
        "bytes": "70478",
        "width": "900",
        "height": "1200",
        "sha256": "0" * 64,
        "phash": "f" * 16,
        "topic": "cups",
        "topic_confidence": "0.75",
        "second_topic": "ties",
        "second_topic_score": "0.2",
        "text": "'=Кружка 350 | SALE",
        "text_blocks": "2",
        "text_confidence": "0.5",
        "languages": "ru",
        "objects": "cup: 2; bottle: 1",
        "object_count": "3",
        "object_confidence": "0.4",
        "dominant_colors": "#ff0000 #ffffff",
        "secondary_colors": "#800000",
        "color_classes": "red: 70.00; white: 30.00",
        "model_name": "compact",
        "model_version": "1",
        "model_checksum": "c" * 64,
        "seconds": "0.75",
        "topic_decision": "unsure",
        "weak_objects": "spoon: 1",
    }
    failed, waiting, nothing, empty = rows[1:]
    assert (failed["failure_code"], failed["failure_reason"]) == ("invalid_image", "The file is broken.")
    assert failed["filename"] == "'=cmd|' /C calc'!A0.png"
    assert (waiting["status"], waiting["topic"], waiting["width"]) == ("PENDING", "", "")
    assert (nothing["text_blocks"], nothing["object_count"]) == ("", "")
    assert (empty["text_blocks"], empty["object_count"]) == ("0", "0")


def csv_of(*cells: object, separator: Separator = Separator.COMMA) -> str:
    data = io.BytesIO()
    table = CsvTable(data.write, [f"column {n}" for n, _ in enumerate(cells)], separator)
    table.add(cells)
    table.flush()
    return data.getvalue().decode("utf-8-sig")


def cells_of(text: str, separator: Separator) -> list[str]:
    """As a spreadsheet that expects this separator reads them."""
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator.character) for cell in row]


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\u00a0=", "\u200b=", '"=', "＝", "＠", "－"]
)
def test_no_text_becomes_a_formula(start: str) -> None:
    assert cells_of(csv_of(f'{start}HYPERLINK("http://example.com")'), Separator.COMMA)[1].startswith("'")


@pytest.mark.parametrize("separator", Separator)
@given(st.lists(st.text(" abя=+-@＝;,\t\"'\n\u00a0", max_size=12), min_size=2, max_size=3))
def test_nor_does_a_part_of_it_whatever_separator_a_spreadsheet_expects(separator: Separator, texts: list[str]) -> None:
    written = csv_of(*texts, separator=separator)
    for expected in Separator:
        assert not [cell for cell in cells_of(written, expected) if cell.strip().startswith(tuple("=+-@＝"))]
    assert len(cells_of(written, separator)) == 2 * len(texts)


@pytest.mark.parametrize("separator", Separator)
def test_every_cell_with_any_separator_is_quoted(separator: Separator) -> None:
    texts = ["1,5", "red: 70; white: 30", "50 % off", "a=b", "'quoted'", ' "a" ', "Скидка, -20%"]
    written = csv_of(*texts, -1.5, 7, None, separator=Separator.COMMA)
    assert cells_of(written, Separator.COMMA)[len(texts) + 3 :] == [*texts, "-1.5", "7", ""]
    line = csv_of(*texts, separator=separator).splitlines()[1]
    for text in texts[:2]:
        assert f'"{text}"' in line


@pytest.mark.parametrize("separator", Separator)
def test_an_export_opens_in_columns_where_its_separator_is_expected(written, creatives, separator) -> None:
    data = written(ExportFormat.CSV, creatives, separator=separator).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(data, newline=""), delimiter=separator.character))
    assert rows[0] == list(COLUMNS)
    assert {len(row) for row in rows} == {len(COLUMNS)}


def test_every_creative_is_one_line(written, creative) -> None:
    data = written(ExportFormat.CSV, [creative(1, filename="a\nb\u2028c\r.png"), creative(2)])
    assert len(data.decode("utf-8-sig").splitlines()) == 3


def test_csv_has_embeddings_on_request(written, creatives) -> None:
    rows = table(written(ExportFormat.CSV, creatives, True))
    assert json.loads(rows[0]["embedding"]) == [0.5, -0.25, 0.1]
    assert rows[1]["embedding"] == ""


# --- JSON Lines -----------------------------------------------------------------------------------------------------


def test_json_lines_nest_what_was_found(written, creatives) -> None:
    lines = written(ExportFormat.JSONL, creatives).decode().splitlines()
    first, failed, _, nothing, empty = map(json.loads, lines)
    assert list(first) == sorted(first)
    assert first["uploaded_at"] == "2026-03-01T10:15:03.000005Z"
    assert first["topic_scores"] == {"cups": 0.75, "other": 0.05, "ties": 0.2}
    assert first["text_blocks"][0] == {
        "text": "=Кружка\t350",
        "confidence": 0.75,
        "bbox": {"x1": 0.1, "y1": 0.1, "x2": 0.5, "y2": 0.2},
        "language": "ru",
    }
    assert first["objects"][2] == {
        "class": "bottle",
        "confidence": 0.3,
        "bbox": {"x1": 0, "y1": 0, "x2": 1, "y2": 1},
    }
    assert first["swatches"][1] == {"hex": "#800000", "percent": 20.0, "role": "secondary", "color_class": "red"}
    assert first["model"]["engines"] == {"color": "kmeans", "ocr": "rapidocr"}
    assert failed["failure"] == {"code": "invalid_image", "reason": "The file is broken."}
    assert failed["model"] is failed["text_blocks"] is failed["width"] is None
    assert [thing["class"] for thing in first["weak_objects"]] == ["spoon"]
    assert (first["topic_decision"], empty["topic_decision"]) == ("unsure", None)
    lists = ("text_blocks", "objects", "weak_objects", "swatches")
    assert [nothing[name] for name in lists] == [None] * 4
    assert [empty[name] for name in lists] == [[]] * 4
    assert "Кружка" in lines[0]


def test_json_lines_have_embeddings_on_request(written, creatives) -> None:
    first, failed, *_ = map(json.loads, written(ExportFormat.JSONL, creatives, True).splitlines())
    assert first["embedding"] == [0.5, -0.25, 0.1]
    assert failed["embedding"] is None


# --- Parquet --------------------------------------------------------------------------------------------------------


def test_parquet_is_typed_and_says_the_same_as_json_lines(written, creatives) -> None:
    found = pq.read_table(io.BytesIO(written(ExportFormat.PARQUET, creatives, True)))
    assert found.schema.field("uploaded_at").type == pa.timestamp("us", tz="UTC")
    assert found.schema.field("embedding").type == pa.list_(pa.float32())
    assert pa.types.is_map(found.schema.field("topic_scores").type)
    lines = [json.loads(line) for line in written(ExportFormat.JSONL, creatives, True).splitlines()]
    rows = found.to_pylist(maps_as_pydicts="strict")
    assert len(rows) == len(lines) == 5
    for row, line in zip(rows, lines, strict=True):
        assert row.keys() == line.keys()
        for name in row.keys() - {"uploaded_at", "embedding"}:
            assert row[name] == line[name], name
        assert row["uploaded_at"].tzinfo is not None
    assert rows[0]["uploaded_at"] == datetime(2026, 3, 1, 10, 15, 3, 5, tzinfo=UTC)
    assert rows[0]["embedding"] == pytest.approx([0.5, -0.25, 0.1])


def test_parquet_has_no_embeddings_unless_asked_for(written, creatives) -> None:
    assert "embedding" not in pq.read_schema(io.BytesIO(written(ExportFormat.PARQUET, creatives))).names


def test_many_creatives_are_several_row_groups(written, creative) -> None:
    found = pq.ParquetFile(io.BytesIO(written(ExportFormat.PARQUET, [creative(n, analysis=None) for n in range(6001)])))
    assert found.metadata.num_rows == 6001
    assert found.metadata.num_row_groups == 2


# --- COCO -----------------------------------------------------------------------------------------------------------


def test_coco_loads_in_pycocotools(written, creatives, opened) -> None:
    coco = opened(written(ExportFormat.COCO, creatives))
    assert [category["name"] for category in coco.loadCats(coco.getCatIds())] == ["bottle", "cup", "text"]
    assert len(coco.getImgIds()) == 3  # two were never decoded
    cups = coco.loadAnns(coco.getAnnIds(catIds=coco.getCatIds(catNms=["cup"])))
    assert [cup["bbox"] for cup in cups] == [[180, 300, 495, 900], [0, 0, 90, 120]]
    assert [(cup["area"], cup["iscrowd"], cup["score"]) for cup in cups] == [(445500, 0, 0.5), (10800, 0, 0.4)]
    (image,) = coco.loadImgs(cups[0]["image_id"])
    assert (image["width"], image["height"]) == (900, 1200)
    assert (image["topic"], image["topic_decision"]) == ("cups", "unsure")
    assert image["file_name"] == "00000000-0000-0000-0000-000000000001.jpg"
    assert coco.annToMask(cups[0]).sum() == pytest.approx(445500, rel=0.01)


def test_text_in_coco_has_what_it_says_and_its_outline(written, creatives, opened) -> None:
    coco = opened(written(ExportFormat.COCO, creatives))
    first, second = coco.loadAnns(coco.getAnnIds(catIds=coco.getCatIds(catNms=["text"])))
    assert (first["text"], first["language"]) == ("=Кружка\t350", "ru")
    assert first["segmentation"] == [[90, 120, 450, 132, 450, 240, 90, 228]]
    assert second["segmentation"] == [[90, 360, 360, 360, 360, 480, 90, 480]]


def test_results_are_evaluated_against_a_coco_export(written, creatives, opened, tmp_path) -> None:
    from pycocotools.cocoeval import COCOeval

    truth = opened(written(ExportFormat.COCO, creatives))
    keep = ("image_id", "category_id", "bbox", "score")
    results = [{name: annotation[name] for name in keep} for annotation in truth.dataset["annotations"]]
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1)


def test_a_class_that_is_called_text_is_not_taken_for_lines(written, creative, opened) -> None:
    from dataclasses import replace

    from adlens.domain.analysis import BoundingBox, DetectedObject, Detections

    found = creative().analysis
    signs = Detections((DetectedObject("text", 0.5, BoundingBox(0, 0, 1, 1)),))
    coco = opened(written(ExportFormat.COCO, [creative(analysis=replace(found, detections=signs))]))
    assert [(c["supercategory"], c["name"]) for c in coco.dataset["categories"]] == [
        ("object", "text"),
        ("text", "text"),
    ]


def test_times_in_other_zones_are_told_in_utc(written, creative) -> None:
    from datetime import timezone

    moment = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=3)))
    (line,) = written(ExportFormat.JSONL, [creative(uploaded_at=moment)]).splitlines()
    assert json.loads(line)["uploaded_at"] == "2026-03-01T09:00:00.000000Z"
