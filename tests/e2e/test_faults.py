"""What goes wrong in production, done to the real local stack: each creative ends, nothing is lost or counted twice."""

from __future__ import annotations

import io
import json
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from urllib.parse import quote_plus

import pytest
from PIL import Image
from sqlalchemy import text

from adlens.domain.creative import preview_key
from adlens.persistence.session import make_engine

ROUND_TRIP = 240

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def uploaded(workspace, picture, tmp_path):
    """A group of one analysed creative, and the key of its object."""
    group_id, ids = workspace.upload({"one.png": picture(1, "PNG")}, tmp_path)
    creative = workspace.settled(group_id)["one.png"]
    assert creative["overall_status"] == "SUCCESS"
    return group_id, creative, f"{workspace.id}/{group_id}/{ids['one.png']}"


def s3_event(bucket: str, key: str, etag: str, sequencer: str) -> str:
    stored = {"key": quote_plus(key), "size": 1, "eTag": etag, "sequencer": sequencer}
    record = {"eventName": "ObjectCreated:Post", "s3": {"bucket": {"name": bucket}, "object": stored}}
    return json.dumps({"Records": [record]})


def send(running, *bodies: str) -> None:
    sqs, url = running.aws("sqs"), running.deployment.queue_url
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda body: sqs.send_message(QueueUrl=url, MessageBody=body), bodies))


def quiet(running, wait_until) -> None:
    """Waits until both queues are empty and stay so: nothing is under way any more."""
    wait_until(lambda: running.queues_are_empty() and not time.sleep(1) and running.queues_are_empty(), ROUND_TRIP)


def test_the_same_event_five_times_changes_nothing(running, workspace, uploaded, wait_until, recount, told) -> None:
    group_id, before, key = uploaded
    bucket = running.deployment.uploads_bucket
    etag = running.aws("s3").head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
    send(running, *[s3_event(bucket, key, etag, "00FF")] * 5)
    quiet(running, wait_until)
    after = workspace.get(f"/creatives/{before['creative_id']}")
    for signed in ("file_path", "preview_url"):  # anew with each answer
        assert before.pop(signed)
        assert after.pop(signed)
    assert after == before
    assert told(workspace.get(f"/analytics/group/{group_id}")) == recount([after])


def test_five_events_at_once_give_one_analysis(
    running, workspace, picture, wait_until, recount, told, tmp_path
) -> None:
    """The object's own event and five copies race; the copies come while the first may be at work."""
    group_id, ids = workspace.upload({"one.png": picture(2, "PNG")}, tmp_path)
    key = f"{workspace.id}/{group_id}/{ids['one.png']}"
    bucket = running.deployment.uploads_bucket
    etag = running.aws("s3").head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
    send(running, *[s3_event(bucket, key, etag, "00FF")] * 5)
    creative = workspace.settled(group_id)["one.png"]
    quiet(running, wait_until)
    assert creative["overall_status"] == "SUCCESS"
    assert told(workspace.get(f"/analytics/group/{group_id}")) == recount([creative])


def test_events_out_of_order_leave_the_newest_content(running, workspace, picture, uploaded, wait_until) -> None:
    """The file is replaced; the event of the old content, delivered late, must not bring it back."""
    _, before, key = uploaded
    bucket, s3 = running.deployment.uploads_bucket, running.aws("s3")
    old_etag = s3.head_object(Bucket=bucket, Key=key)["ETag"].strip('"')
    replacement = picture(99, "WEBP")
    s3.put_object(Bucket=bucket, Key=key, Body=replacement, ContentType="image/webp")
    wait_until(lambda: workspace.get(f"/creatives/{before['creative_id']}")["file_format"] == "WEBP", ROUND_TRIP)
    send(running, s3_event(bucket, key, old_etag, "0000"))
    quiet(running, wait_until)
    after = workspace.get(f"/creatives/{before['creative_id']}")
    assert (after["file_format"], after["file_size"]) == ("WEBP", len(replacement))
    assert after["overall_status"] == "SUCCESS"


def test_a_worker_killed_at_work_loses_nothing(
    running, workspace, picture, wait_until, recount, told, tmp_path
) -> None:
    files = {f"{seed}.jpg": picture(seed, quality=95) for seed in range(12)}
    group_id, _ = workspace.upload(files, tmp_path)

    def at_work() -> bool:
        return any(row["status"] == "PROCESSING" for row in workspace.progress(group_id).values())

    killed = 0
    for _ in range(2):
        wait_until(at_work, ROUND_TRIP)
        for environment in running.environments("functions.analyze.handler.handler"):
            environment.kill()
            killed += 1
    creatives = workspace.settled(group_id, ROUND_TRIP)
    assert killed
    assert {creative["overall_status"] for creative in creatives.values()} == {"SUCCESS"}
    assert told(workspace.get(f"/analytics/group/{group_id}")) == recount(list(creatives.values()))


def test_a_database_gone_for_twenty_seconds_loses_nothing(
    running, workspace, picture, wait_until, recount, told, tmp_path
) -> None:
    files = {f"{seed}.jpg": picture(seed) for seed in range(100, 108)}
    group_id, _ = workspace.upload(files, tmp_path)
    running.postgres.stop()
    try:
        time.sleep(20)
        answer = workspace.api.get("/groups")
        assert answer.status_code == 503
        assert answer.json()["code"] == "temporarily_unavailable"
    finally:
        running.postgres.start()
    wait_until(lambda: workspace.api.get("/groups").status_code == 200, 60)
    creatives = workspace.settled(group_id, ROUND_TRIP)
    assert {creative["overall_status"] for creative in creatives.values()} == {"SUCCESS"}
    assert told(workspace.get(f"/analytics/group/{group_id}")) == recount(list(creatives.values()))


def test_an_object_deleted_before_it_is_read_ends_in_error(running, workspace, uploaded, recount, told) -> None:
    group_id, creative, key = uploaded
    running.aws("s3").delete_object(Bucket=running.deployment.uploads_bucket, Key=key)
    assert workspace.api.post(f"/creatives/{creative['creative_id']}/reanalyze").status_code == 202
    after = workspace.settled(group_id)["one.png"]
    assert after["overall_status"] == "ERROR"
    assert after["failure"]["code"] == "object_gone"
    assert "Upload it again" in after["failure"]["reason"]
    assert after["ocr_text"] == creative["ocr_text"], "what was found before stays"
    assert told(workspace.get(f"/analytics/group/{group_id}")) == recount([after])


def test_a_deleted_creative_leaves_no_file_not_even_one_that_comes_later(
    running, workspace, picture, uploaded, wait_until
) -> None:
    group_id, creative, key = uploaded
    deployment, s3 = running.deployment, running.aws("s3")
    [previews] = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if "previews" in bucket["Name"]]
    places = ((deployment.uploads_bucket, key), (previews, preview_key(key)))

    def stored() -> list[str]:
        listings = [s3.list_objects_v2(Bucket=bucket, Prefix=path) for bucket, path in places]
        return [entry["Key"] for listing in listings for entry in listing.get("Contents", ())]

    assert len(stored()) == 2
    assert workspace.api.delete(f"/groups/{group_id}").status_code == 204
    assert stored() == []
    for bucket, path in places:  # by a form that was signed before, by a worker that was at it
        s3.put_object(Bucket=bucket, Key=path, Body=picture(1, "PNG"))
    quiet(running, wait_until)
    assert workspace.api.get(f"/creatives/{creative['creative_id']}").status_code == 404
    with make_engine(deployment.database_url).begin() as connection:  # as if hours had gone by
        connection.execute(text("UPDATE removals SET deleted_at = deleted_at - interval '3 hours', due = now()"))
    assert running.invoke(deployment.sweep_function, {})["FilesRemoved"] >= 1
    assert stored() == []


def bomb() -> bytes:
    """A PNG of a few hundred bytes that says it is 30,000 by 30,000."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 90)) + chunk(b"IEND", b"")
    )


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


@pytest.fixture
def poison(picture) -> dict[str, tuple[bytes, str | None]]:
    """Twenty files that break naive services, with the error code each must end in (None: SUCCESS)."""
    photo = Image.open(io.BytesIO(picture(7, "PNG"))).convert("RGB")
    rotated = Image.Exif()
    rotated[0x0112] = 6
    sixteen_bit = Image.new("I;16", (64, 48))
    sixteen_bit.putdata([x * 20 for x in range(64 * 48)])
    alpha = photo.convert("RGBA")
    alpha.putalpha(Image.linear_gradient("L").resize(photo.size))
    palette = photo.quantize(16)
    jpeg, png, webp = picture(1), picture(2, "PNG"), picture(3, "WEBP")
    frames = [photo, photo.rotate(90), photo.rotate(180)]
    return {
        "truncated.jpg": (jpeg[: len(jpeg) // 2], "invalid_image"),
        "truncated.png": (png[: len(png) // 2], "invalid_image"),
        "truncated.webp": (webp[: len(webp) // 2], "invalid_image"),
        "only-a-header.jpg": (jpeg[:20], "invalid_image"),
        "bomb.png": (bomb(), "image_too_large"),
        "html.jpg": (b"<!doctype html><title>403</title>" * 20, "unsupported_format"),
        "zip.png": (b"PK\x03\x04" + b"\0" * 200, "unsupported_format"),
        "gif.png": (encoded(photo, "GIF"), "unsupported_format"),
        "tiff.jpg": (encoded(photo, "TIFF"), "unsupported_format"),
        "bmp.jpg": (encoded(photo, "BMP"), "unsupported_format"),
        "magic-only.png": (b"\x89PNG\r\n\x1a\n", "invalid_image"),
        "webp-magic-only.webp": (b"RIFF\x04\0\0\0WEBP", "invalid_image"),
        "cmyk.jpg": (encoded(photo.convert("CMYK"), "JPEG"), None),
        "sixteen-bit.png": (encoded(sixteen_bit, "PNG"), None),
        "exif-rotated.jpg": (encoded(photo, "JPEG", exif=rotated), None),
        "animated.webp": (encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=100), None),
        "alpha.png": (encoded(alpha, "PNG"), None),
        "palette.png": (encoded(palette, "PNG", transparency=0), None),
        "one-pixel.png": (encoded(Image.new("RGB", (1, 1), "red"), "PNG"), None),
        "really-a-webp.jpg": (webp, None),
    }


def test_poison_among_good_files_ends_with_reasons(
    running, workspace, picture, poison, wait_until, recount, told, tmp_path
) -> None:
    good = {f"good-{seed}.jpg": picture(seed) for seed in range(20)}
    mixed = {}
    for (good_name, good_data), (bad_name, (bad_data, _)) in zip(good.items(), poison.items(), strict=True):
        mixed |= {good_name: good_data, bad_name: bad_data}
    group_id, _ = workspace.upload(mixed, tmp_path)
    creatives = workspace.settled(group_id, ROUND_TRIP)
    ended = {name: creative["failure"] and creative["failure"]["code"] for name, creative in creatives.items()}
    assert ended == dict.fromkeys(good) | {name: code for name, (_, code) in poison.items()}
    assert all(creative["failure"]["reason"].endswith(".") for creative in creatives.values() if creative["failure"])
    rotated = creatives["exif-rotated.jpg"]
    assert (rotated["image_width"], rotated["image_height"]) == (240, 320)
    assert creatives["really-a-webp.jpg"]["file_format"] == "WEBP"
    assert told(workspace.get(f"/analytics/group/{group_id}")) == recount(list(creatives.values()))


def test_an_empty_file_is_refused_by_the_store_and_swept(running, workspace, recount, told) -> None:
    """Zero bytes never become an object; the creative that waits for them is ended by the sweep."""
    import httpx

    answer = workspace.api.post("/uploads", json={"files": [{"filename": "empty.jpg", "size": 1}]}).json()
    group_id, [upload] = answer["group_id"], answer["uploads"]
    refused = httpx.post(upload["form"]["url"], data=upload["form"]["fields"], files={"file": ("empty.jpg", b"")})
    assert refused.status_code == 400
    assert workspace.progress(group_id)["empty.jpg"]["status"] == "PENDING"
    running.invoke(running.deployment.sweep_function, {})
    assert workspace.progress(group_id)["empty.jpg"]["status"] == "PENDING", "its form may still be used"
    with make_engine(running.deployment.database_url).begin() as connection:
        an_hour_ago = "UPDATE creatives SET updated_at = updated_at - interval '1 hour' WHERE id = :id"
        connection.execute(text(an_hour_ago), {"id": upload["creative_id"]})
    running.invoke(running.deployment.sweep_function, {})
    creative = workspace.settled(group_id)["empty.jpg"]
    assert creative["failure"]["code"] == "upload_missing"
    assert told(workspace.get(f"/analytics/group/{group_id}")) == recount([creative])


def test_what_the_queue_gives_up_ends_in_error(running, workspace, uploaded, wait_until) -> None:
    """A request that reaches the dead-letter queue ends its creative, unless a newer one is under way."""
    group_id, creative, _ = uploaded
    engine = make_engine(running.deployment.database_url)
    with engine.begin() as connection:  # as if its worker had died for the fifth time
        connection.execute(
            text("UPDATE creatives SET status = 'PENDING', revision = 2 WHERE id = :id"),
            {"id": creative["creative_id"]},
        )
    request = {"adlens": "analyze", "workspace_id": str(workspace.id), "creative_id": creative["creative_id"]}
    sqs, dlq = running.aws("sqs"), running.deployment.dead_letter_queue_url
    sqs.send_message(QueueUrl=dlq, MessageBody=json.dumps(request | {"revision": 1}))
    sqs.send_message(QueueUrl=dlq, MessageBody="not even JSON")
    quiet(running, wait_until)
    assert workspace.progress(group_id)["one.png"]["status"] == "PENDING"
    sqs.send_message(QueueUrl=dlq, MessageBody=json.dumps(request | {"revision": 2}))
    after = workspace.settled(group_id)["one.png"]
    assert after["failure"]["code"] == "analysis_failed"


def test_an_analysis_that_fails_each_time_reaches_the_dead_letters_and_ends(
    running, workspace, picture, wait_until, tmp_path
) -> None:
    """The previews cannot be stored. The queue gives the message up by itself, here after two attempts, not five."""
    sqs, s3, queue = running.aws("sqs"), running.aws("s3"), running.deployment.analysis_queue_url
    previews = running.deployment.uploads_bucket.replace("uploads", "previews")
    policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]

    def give_up_after(attempts: int) -> None:
        changed = json.dumps({**json.loads(policy), "maxReceiveCount": attempts})
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": changed})

    for kept in s3.list_objects_v2(Bucket=previews).get("Contents", ()):
        s3.delete_object(Bucket=previews, Key=kept["Key"])
    s3.delete_bucket(Bucket=previews)
    give_up_after(2)
    try:
        group_id, _ = workspace.upload({"one.png": picture(7, "PNG")}, tmp_path)
        creative = workspace.settled(group_id, ROUND_TRIP)["one.png"]
        assert creative["failure"]["code"] == "analysis_failed"
        assert "Start it again" in creative["failure"]["reason"]
    finally:
        give_up_after(json.loads(policy)["maxReceiveCount"])
        s3.create_bucket(Bucket=previews)
    quiet(running, wait_until)
    assert workspace.api.post(f"/creatives/{creative['creative_id']}/reanalyze").status_code == 202
    assert workspace.settled(group_id)["one.png"]["overall_status"] == "SUCCESS"


def test_a_message_that_is_none_of_ours_goes_to_the_dead_letters_and_stops_nothing(
    running, workspace, picture, wait_until, tmp_path
) -> None:
    send(running, "not JSON", json.dumps({"Records": [{"eventName": "ObjectCreated:Put"}]}), '{"hello": "world"}')
    group_id, _ = workspace.upload({"a.jpg": picture(1)}, tmp_path)
    assert workspace.settled(group_id)["a.jpg"]["overall_status"] == "SUCCESS"
    quiet(running, wait_until)


def test_an_object_nobody_registered_is_left_alone(running, workspace, picture, wait_until) -> None:
    key = f"{workspace.id}/grp_x/0b9d5f0c-6a3e-4c1b-9d55-2f4a7c1e8b11"
    running.aws("s3").put_object(Bucket=running.deployment.uploads_bucket, Key=key, Body=picture(1))
    quiet(running, wait_until)
    assert workspace.get("/groups") == []


@pytest.mark.timeout(1500)
def test_one_file_does_not_wait_behind_three_hundred_of_another_workspace(
    running, workspace, other_workspace, picture, wait_until, tmp_path
) -> None:
    """Nor behind as many that are analysed again. What ends between its arrival and its end is counted, not seconds."""
    engine = make_engine(running.deployment.database_url)

    def ended_before(group_id: str, creative_id: str, since: datetime) -> int:
        """How many of the others ended from `since` until the one did."""
        with engine.connect() as connection:
            return connection.execute(
                text(
                    "SELECT count(*) FROM creatives WHERE group_id = :group_id AND status = 'SUCCESS' AND updated_at "
                    "BETWEEN :since AND (SELECT updated_at FROM creatives WHERE id = :id)"
                ),
                {"group_id": group_id, "id": creative_id, "since": since},
            ).scalar_one()

    def wait_of(name: str, seed: int) -> int:
        one, ids = other_workspace.upload({name: picture(seed)}, tmp_path)
        with engine.connect() as connection:
            since = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        assert other_workspace.settled(one)[name]["overall_status"] == "SUCCESS"
        return ended_before(many, ids[name], since)

    def unfinished() -> int:
        return sum(row["status"] in ("PENDING", "PROCESSING") for row in workspace.progress(many).values())

    many, _ = workspace.upload({f"{seed}.jpg": picture(seed) for seed in range(300)}, tmp_path)
    between = wait_of("one.jpg", 1000)
    assert unfinished() > 5, "the others were through already: nothing was measured"
    assert between <= 5
    creatives = workspace.settled(many, 900)
    assert {creative["overall_status"] for creative in creatives.values()} == {"SUCCESS"}

    assert workspace.api.post(f"/groups/{many}/reanalyze").status_code == 202
    between = wait_of("two.jpg", 1001)
    assert unfinished() > 5
    assert between <= 5
    assert workspace.api.delete(f"/groups/{many}").is_success, "the rest need not be waited for"
    quiet(running, wait_until)
