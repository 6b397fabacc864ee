"""COCO: pictures, and boxes of objects and of text in pixels, for detectors to learn from.

The format is one JSON object with long lists one after the other, of which each creative adds to two: both are spooled
to temporary files and joined at the end, when the categories are known. Its fields are those of
https://cocodataset.org/#format-data; what COCO has no field for has a name of its own. Weak objects are left out: a
detector would learn them as facts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

from adlens.domain.analysis import BoundingBox
from adlens.domain.creative import Creative
from adlens.domain.exports import ExportOrder
from adlens.domain.media import ImageFormat
from adlens.domain.ports.exports import Sink
from adlens.exporting.json_text import json_text, utc_text, vector_text
from adlens.exporting.records import embedding

TEXT = ("text", "text")
"""Supercategory and name of lines of text. Objects are of the supercategory `object`."""
INFO = {
    "description": "Creatives of AdLens: objects and lines of text, in pixels of the upright picture.",
    "version": "1",
}

_EXTENSIONS = {ImageFormat.JPEG: "jpg", ImageFormat.PNG: "png", ImageFormat.WEBP: "webp"}
# Stands where an annotation's category goes until all categories are known.
_CATEGORY = '"category_id":'


def write_coco(creatives: Iterable[Creative], sink: Sink, order: ExportOrder) -> int:
    """Creatives whose picture was never decoded have no size, so they are left out."""
    with tempfile.TemporaryFile("w+b") as images, tempfile.TemporaryFile("w+b") as annotations:
        categories: dict[tuple[str, str], int] = {}
        rows = annotated = 0
        for creative in creatives:
            if creative.facts is None:
                continue
            rows += 1
            images.write(_image(rows, creative, order.with_embeddings).encode() + b"\n")
            for category, annotation in _annotations(creative):
                annotated += 1
                number = categories.setdefault(category, len(categories))
                line = json_text({**annotation, "category_id": 0, "id": annotated, "image_id": rows})
                before, _, after = line.partition(f"{_CATEGORY}0")
                annotations.write(f"{number}\t{before}{_CATEGORY}\t{after}\n".encode())
        ids = _category_ids(categories)
        sink.write(b'{"annotations":[')
        _join(sink, (before + b"%d" % ids[int(number)] + after for number, before, after in _split(annotations)))
        sink.write(b'],"categories":[')
        listed = sorted((ids[number], *category) for category, number in categories.items())
        _join(sink, (json_text({"id": i, "name": name, "supercategory": kind}).encode() for i, kind, name in listed))
        sink.write(b'],"images":[')
        images.seek(0)
        _join(sink, (line.rstrip(b"\n") for line in images))
        sink.write(b'],"info":' + json_text(INFO).encode() + b',"licenses":[]}\n')
        return rows


def _image(number: int, creative: Creative, with_embeddings: bool) -> str:
    facts, found = creative.facts, creative.analysis
    assert facts is not None  # noqa: S101 - the caller has looked
    text = json_text(
        {
            "id": number,
            # Names of files are their owners' and may repeat; this one does not.
            "file_name": f"{creative.key.id}.{_EXTENSIONS[facts.format]}",
            "width": facts.width,
            "height": facts.height,
            "date_captured": utc_text(creative.uploaded_at),
            "creative_id": str(creative.key.id),
            "group_id": creative.group_id,
            "original_filename": creative.filename,
            "sha256": facts.sha256,
            "topic": found and found.topic and found.topic.topic,
            "topic_decision": found and found.topic and found.topic.decision.value,
        }
    )
    if with_embeddings:
        vector = embedding(creative)
        return f'{text[:-1]},"embedding":{"null" if vector is None else vector_text(vector)}}}'
    return text


def _annotations(creative: Creative) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Category and annotation, without what is counted over the file, of each object and line of text."""
    facts, found = creative.facts, creative.analysis
    if facts is None or found is None:
        return
    for thing in found.detections.objects if found.detections else ():
        yield ("object", thing.class_name), _region(thing.bbox, thing.confidence, facts.width, facts.height)
    for block in found.text or ():
        region = _region(block.bbox, block.confidence, facts.width, facts.height)
        if len(block.polygon) > 2:
            corners = (
                round(share * size, 2)
                for x, y in block.polygon
                for share, size in ((x, facts.width), (y, facts.height))
            )
            region["segmentation"] = [list(corners)]
        yield TEXT, region | {"text": block.text, "language": block.language}


def _region(box: BoundingBox, score: float, width: int, height: int) -> dict[str, Any]:
    """Of a rectangle, its outline stands for the segmentation, as pycocotools does for results without one."""
    x1, y1, x2, y2 = (
        round(share * size, 2) for share, size in zip(box.as_tuple(), (width, height, width, height), strict=True)
    )
    w, h = round(x2 - x1, 2), round(y2 - y1, 2)
    return {
        "bbox": [x1, y1, w, h],
        "area": round(w * h, 2),
        "segmentation": [[x1, y1, x2, y1, x2, y2, x1, y2]],
        "iscrowd": 0,
        "score": score,
    }


def _category_ids(categories: dict[tuple[str, str], int]) -> dict[int, int]:
    """COCO ids, from 1 in the order of names, by the number of first appearance; text is the last."""
    ordered = sorted(categories, key=lambda category: (category == TEXT, category))
    return {categories[category]: id_ for id_, category in enumerate(ordered, start=1)}


def _split(spooled: IO[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    spooled.seek(0)
    for line in spooled:
        number, before, after = line.rstrip(b"\n").split(b"\t")  # JSON has no bare tabs
        yield number, before, after


def _join(sink: Sink, parts: Iterable[bytes]) -> None:
    separator = b"\n"
    for part in parts:
        sink.write(separator + part)
        separator = b",\n"
