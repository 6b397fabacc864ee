"""Files in: signed forms, and small batches through the API."""

from __future__ import annotations

import re
import struct
import time
import zlib
from functools import partial
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from PIL import Image

from adlens.domain.creative import CreativeId, object_key
from adlens.domain.media import MAX_FILE_BYTES
from functions.api.legacy import upload
from functions.api.middleware import MAX_REQUEST_BYTES
from functions.api.uploads.pictures import CheckPictures

MUG = {"filename": "mug.jpg", "size": 70478}


def picture(kind: str = "PNG", size: tuple[int, int] = (30, 20)) -> bytes:
    buffer = BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def send(client, files: list[tuple[str, bytes]], group_id: str = "grp_1", **changes):
    data = {
        "group_id": group_id,
        "creative_ids": [str(uuid4()) for _ in files],
        "original_filenames": [name for name, _ in files],
        **changes,
    }
    return client.post("/upload", data=data, files=[("files", (name, content)) for name, content in files])


# --- POST /uploads --------------------------------------------------------------------------------------------------


def test_each_file_gets_a_form_for_its_own_key(client, world) -> None:
    chosen = str(uuid4())
    files = [{**MUG, "creative_id": chosen}, {"filename": "b.webp", "size": 1}]
    answer = client.post("/uploads", json={"group_id": "grp_1", "files": files})
    assert answer.status_code == 201
    found = answer.json()
    assert found["group_id"] == "grp_1"
    assert found["refused"] == []
    first, second = found["uploads"]
    assert first["creative_id"] == chosen
    assert first["filename"] == "mug.jpg"
    assert first["form"]["url"] == "https://store.test/"
    assert first["form"]["fields"] == {
        "key": object_key(CreativeId(world.ours, UUID(chosen)), "grp_1"),
        "Content-Type": "image/jpeg",
    }
    assert second["form"]["fields"]["Content-Type"] == "image/webp"
    assert {str(key.id) for key in world.creatives.rows} == {chosen, second["creative_id"]}


def test_a_group_is_made_when_none_is_named(client) -> None:
    group_id = client.post("/uploads", json={"files": [MUG]}).json()["group_id"]
    assert re.fullmatch(r"grp_20260301_101512_[0-9a-f]{6}", group_id)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ({"filename": "notes.pdf", "size": 10}, "unsupported_format"),
        ({"filename": "no-extension", "size": 10}, "unsupported_format"),
        ({"filename": "mug.jpg", "size": 10, "content_type": "text/html"}, "unsupported_format"),
        ({"filename": "mug.jpg", "size": MAX_FILE_BYTES + 1}, "image_too_large"),
        ({"filename": "mug.jpg", "size": 0}, "invalid_image"),
    ],
)
def test_a_file_that_is_refused_does_not_stop_the_others(client, world, file, code: str) -> None:
    found = client.post("/uploads", json={"files": [MUG, file, MUG]}).json()
    assert [upload["filename"] for upload in found["uploads"]] == ["mug.jpg", "mug.jpg"]
    (refused,) = found["refused"]
    assert (refused["index"], refused["filename"], refused["code"]) == (1, file["filename"], code)
    assert refused["reason"]
    assert len(world.creatives.rows) == 2


@pytest.mark.parametrize(
    ("filename", "claimed", "signed"),
    [
        ("picture", "image/png", "image/png"),
        ("misnamed.jpg", "Image/WebP; q=1", "image/webp"),
        ("mug.JPEG", None, "image/jpeg"),
        ("mug.jfif", None, "image/jpeg"),
        ("mug.jpe", "", "image/jpeg"),
        ("mug.jpg", "image/jpg", "image/jpeg"),
        ("mug.pjpeg", "image/pjpeg", "image/jpeg"),
        ("mug.png", "", "image/png"),
        ("mug.png", "application/octet-stream", "image/png"),
    ],
)
def test_the_content_type_goes_before_the_extension(client, filename, claimed, signed) -> None:
    file = {"filename": filename, "size": 1, "content_type": claimed}
    (upload,) = client.post("/uploads", json={"files": [file]}).json()["uploads"]
    assert upload["form"]["fields"]["Content-Type"] == signed


def test_nothing_is_recorded_when_every_file_is_refused(client, world) -> None:
    found = client.post("/uploads", json={"files": [{"filename": "a.txt", "size": 1}]}).json()
    assert found["uploads"] == []
    assert world.creatives.rows == {}


def test_five_hundred_files_are_taken_and_no_more(client, world) -> None:
    assert len(client.post("/uploads", json={"files": [MUG] * 500}).json()["uploads"]) == 500
    answer = client.post("/uploads", json={"files": [MUG] * 501})
    assert answer.status_code == 422
    assert answer.json()["field"] == "files"
    assert "500" in answer.json()["detail"]
    assert len(world.creatives.rows) == 500


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"files": []}, "files"),
        ({"files": [{"filename": "a.jpg"}]}, "files.0.size"),
        ({"files": [{**MUG, "size": -1}]}, "files.0.size"),
        ({"files": [{**MUG, "creative_id": "7"}]}, "files.0.creative_id"),
        ({"files": [{**MUG, "sice": 3}]}, "files.0.sice"),
        ({"files": [MUG], "group_id": "a/b"}, "group_id"),
        ({"files": [{**MUG, "creative_id": str(UUID(int=1))}] * 2}, "files"),
        ([], "body"),
    ],
)
def test_what_does_not_fit_is_named(client, world, body, field: str) -> None:
    answer = client.post("/uploads", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert world.creatives.rows == {}


def test_an_id_that_is_used_in_another_group_is_a_conflict(client, world) -> None:
    known = world.add(group_id="grp_0")
    answer = client.post("/uploads", json={"group_id": "grp_1", "files": [{**MUG, "creative_id": str(known.key.id)}]})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\pictures\\mug.jpg", "mug.jpg"),
        ("../../mug.jpg", "mug.jpg"),
        ("a\x00b\n.jpg", "a_b_.jpg"),
        ("Кружка 350 мл.jpg", "Кружка 350 мл.jpg"),
        ("x" * 300 + ".jpg", "x" * 251 + ".jpg"),
    ],
)
def test_file_names_can_be_shown_and_stored(client, sent: str, kept: str) -> None:
    (upload,) = client.post("/uploads", json={"files": [{"filename": sent, "size": 1}]}).json()["uploads"]
    assert upload["filename"] == kept


# --- POST /upload ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_stored_with_the_type_of_their_content(client, world, kind: str) -> None:
    data, chosen = picture(kind), uuid4()
    answer = send(client, [("misnamed.gif", data)], creative_ids=[str(chosen)])
    assert answer.status_code == 200
    assert answer.json() == {"uploaded": 1, "group_id": "grp_1", "errors": []}
    key = CreativeId(world.ours, chosen)
    path = object_key(key, "grp_1")
    assert world.store.objects == {path: data}
    assert world.store.content_types == {path: f"image/{kind.lower()}"}
    assert (world.creatives.rows[key].filename, world.creatives.rows[key].size) == ("misnamed.gif", len(data))


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"", "empty"),
        (b"<html>not a picture</html>", "no JPEG, PNG or WebP"),
        (b"GIF89a" + bytes(20), "no JPEG, PNG or WebP"),
        (picture("PNG")[:-400], "damaged"),
        (picture("JPEG")[:-300], "damaged"),
        (picture("WEBP")[:-300], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "damaged"),
        (b"\xff\xd8\xff" + bytes(40), "damaged"),
    ],
)
def test_a_broken_file_is_one_entry_in_errors_and_the_others_go_on(client, world, broken: bytes, reason: str) -> None:
    answer = send(client, [("a.png", picture()), ("bad.png", broken), ("c.png", picture())])
    assert answer.status_code == 200
    found = answer.json()
    assert found["uploaded"] == 2
    (error,) = found["errors"]
    assert error.startswith("bad.png: ")
    assert reason in error
    assert len(world.store.objects) == len(world.creatives.rows) == 2


def test_a_bomb_is_refused_unread(client, world) -> None:
    buffer = BytesIO()
    Image.new("1", (8000, 7000)).save(buffer, "PNG")
    assert len(buffer.getvalue()) < 100_000
    assert "50 megapixels" in send(client, [("bomb.png", buffer.getvalue())]).json()["errors"][0]
    assert world.creatives.rows == {}


def test_long_bombs_are_refused_unread(client, world) -> None:
    """A batch of these held an environment for half a minute."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 1, 50_000_000, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000_000), 9)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    assert len(bomb) < 100_000
    started = time.process_time()
    errors = send(client, [(f"{n}.png", bomb) for n in range(14)]).json()["errors"]
    assert time.process_time() - started < 2
    assert "1x50000000 pixels; at most 65535 are accepted on a side" in errors[0]
    assert len(errors) == 14
    assert world.creatives.rows == {}


def test_pictures_of_a_request_have_so_many_pixels_together(client, world, monkeypatch) -> None:
    monkeypatch.setattr(upload, "CheckPictures", partial(CheckPictures, 4 * 300 * 300))
    kinds = ("PNG", "WEBP", "JPEG")
    files = [(kind, picture(kind, (300, 300))) for kind in kinds]
    huge = BytesIO()
    Image.new("1", (8000, 8000)).save(huge, "PNG")
    files += [("huge", huge.getvalue()), ("more", picture("WEBP", (301, 300))), ("last", picture("PNG", (300, 300)))]
    found = send(client, files).json()
    assert found["uploaded"] == 4
    assert [error.split(". ")[0] for error in found["errors"]] == [
        "huge: The picture has 8000x8000 pixels; at most 50 megapixels are accepted.",
        "more: The pictures of one request may have 200 megapixels together",
    ]


def test_a_creative_of_another_group_is_one_entry_in_errors(client, world) -> None:
    known = world.add(group_id="grp_0")
    answer = send(client, [("a.png", picture()), ("b.png", picture())], creative_ids=[str(known.key.id), str(uuid4())])
    assert answer.json()["uploaded"] == 1
    assert "another group" in answer.json()["errors"][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"creative_ids": [str(uuid4())]},
        {"creative_ids": []},
        {"original_filenames": ["a.png"]},
        {"original_filenames": ["a.png", "b.png", "c.png"]},
    ],
)
def test_counts_that_differ_are_400(client, world, changes) -> None:
    answer = send(client, [("a.png", picture()), ("b.png", picture())], **changes)
    assert answer.status_code == 400
    assert answer.json()["code"] == "malformed_request"
    assert next(iter(changes)) in answer.json()["detail"]
    assert world.creatives.rows == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"group_id": "a/b"}, "group_id"),
        ({"creative_ids": ["1"]}, "creative_ids.0"),
    ],
)
def test_ids_that_do_not_fit_are_named(client, changes, field: str) -> None:
    answer = send(client, [("a.png", picture())], **changes)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_the_same_id_twice_is_refused(client, world) -> None:
    answer = send(client, [("a.png", picture()), ("b.png", picture())], creative_ids=[str(UUID(int=1))] * 2)
    assert (answer.status_code, answer.json()["field"]) == (422, "creative_ids")


def test_a_batch_that_a_gateway_would_not_carry_is_413_and_says_what_to_do(client, world) -> None:
    answer = send(client, [("a.png", bytes(MAX_REQUEST_BYTES))])
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")
    assert "POST /uploads" in answer.json()["detail"]
    assert world.creatives.rows == {}


def test_a_body_of_unannounced_length_is_cut_off_too(client) -> None:
    def chunks():
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        for _ in range(50):
            yield bytes(100_000)

    answer = client.post("/upload", content=chunks(), headers={"content-type": "multipart/form-data; boundary=x"})
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


def test_a_body_that_is_no_multipart_is_400(client) -> None:
    answer = client.post("/upload", content=b"hello", headers={"content-type": "multipart/form-data"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


def test_a_store_that_does_not_answer_is_503(client, world) -> None:
    world.store.is_down = True
    answer = send(client, [("a.png", picture())])
    assert (answer.status_code, answer.json()["code"]) == (503, "temporarily_unavailable")
    assert answer.headers["retry-after"]
