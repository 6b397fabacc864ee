"""The walk of a creative through the deployed template, as clients and operators see it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from adlens.storage.bundles import fetch_bundle
from adlens.vision.bundle import load_bundle

SHARED = Path(__file__).resolve().parents[3] / "shared" / "creatives-dev"
SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_pictures_walk_from_a_signed_form_to_analytics(running, workspace, picture, recount, told, tmp_path) -> None:
    formats = {"sale 0 ü.jpg": "JPEG", "sale 1 ü.png": "PNG", "sale 2 ü.webp": "WEBP"}
    files = {name: picture(seed, image_format) for seed, (name, image_format) in enumerate(formats.items())}
    group_id, ids = workspace.upload(files, tmp_path)
    creatives = workspace.settled(group_id)
    assert {creative["overall_status"] for creative in creatives.values()} == {"SUCCESS"}
    for name, creative in creatives.items():
        assert creative["creative_id"] == ids[name]
        assert creative["file_size"] == len(files[name])
        assert (creative["image_width"], creative["image_height"]) == (320, 240)
        assert creative["file_format"] == formats[name]
        assert "SALE" in creative["ocr_text"]
        assert sum(c["percent"] for c in creative["dominant_colors"] + creative["secondary_colors"]) == pytest.approx(
            100, abs=0.1
        )
        original = httpx.get(creative["file_path"])
        assert original.content == files[name]
        assert original.headers["content-type"] == f"image/{creative['file_format'].lower()}"
        preview = httpx.get(creative["preview_url"])
        assert (preview.headers["content-type"], preview.content[8:12]) == ("image/webp", b"WEBP")
    assert told(workspace.get(f"/analytics/group/{group_id}")) == recount(list(creatives.values()))
    assert told(workspace.get("/analytics/all")) == recount(list(creatives.values()))
    [group] = workspace.get("/groups")
    assert (group["group_id"], group["count"]) == (group_id, len(files))
    status = workspace.get(f"/status/{ids['sale 0 ü.jpg']}")
    assert status["overall_status"].endswith("sec")
    assert status["file_size"] == f"{len(files['sale 0 ü.jpg'])} байт"


def test_a_multipart_upload_of_an_existing_client_ends_in_the_same_place(workspace, picture, fresh_id) -> None:
    ids = [fresh_id(), fresh_id()]
    answer = workspace.api.post(
        "/upload",
        data={"group_id": "grp_20260101_120000_abc123", "creative_ids": ids, "original_filenames": ["a.jpg", "b.jpg"]},
        files=[("files", ("a.jpg", picture(1), "image/jpeg")), ("files", ("b.jpg", b"<html>", "image/jpeg"))],
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["uploaded"] == 1
    assert len(answer.json()["errors"]) == 1
    creatives = workspace.settled("grp_20260101_120000_abc123")
    assert [creative["creative_id"] for creative in creatives.values()] == [ids[0]]
    assert creatives["a.jpg"]["overall_status"] == "SUCCESS"


def test_the_store_itself_refuses_what_the_form_does_not_allow(workspace, picture) -> None:
    form = workspace.api.post("/uploads", json={"files": [{"filename": "a.png", "size": 10}]}).json()["uploads"][0][
        "form"
    ]
    too_large = b"x" * (25 * 2**20 + 1)
    assert (
        httpx.post(form["url"], data=form["fields"], files={"file": ("a.png", too_large)}, timeout=60).status_code
        == 400
    )
    other_key = form["fields"] | {"key": "somebody/else/s"}
    assert httpx.post(form["url"], data=other_key, files={"file": ("a.png", picture(1))}).status_code == 403


def test_an_analysis_can_be_asked_for_again_with_new_settings(workspace, picture, recount, told, tmp_path) -> None:
    group_id, ids = workspace.upload({"a.png": picture(3, "PNG")}, tmp_path)
    assert len(workspace.settled(group_id)["a.png"]["dominant_colors"]) == 3
    assert workspace.api.put("/settings/DOMINANT_COLORS_COUNT", params={"value": 1}).status_code == 200
    answer = workspace.api.post(f"/creatives/{ids['a.png']}/reanalyze")
    assert answer.status_code == 202, answer.text
    creatives = workspace.settled(group_id)
    assert len(creatives["a.png"]["dominant_colors"]) == 1
    assert told(workspace.get(f"/analytics/group/{group_id}")) == recount(list(creatives.values()))


def test_health_names_every_part(running, workspace, picture, tmp_path) -> None:
    group_id, _ = workspace.upload({"a.png": picture(4, "PNG")}, tmp_path)
    workspace.settled(group_id)
    health = httpx.get(f"{running.deployment.api_url}/health", timeout=30)
    assert health.status_code == 200, health.text
    assert str(running.deployment.database_url) not in health.text


def test_the_documentation_works_behind_the_gateway(running) -> None:
    url = running.deployment.api_url
    page = httpx.get(f"{url}/docs", timeout=30)
    assert page.status_code == 200
    address = re.search(r"url: '([^']+)'", page.text)
    assert address
    schema = httpx.get(httpx.URL(f"{url}/docs").join(address[1]), timeout=30).json()
    assert "/uploads" in schema["paths"]
    tried_out = httpx.URL(f"{url}/openapi.json").join(schema["servers"][0]["url"])
    assert str(tried_out).rstrip("/") == url


def test_without_a_key_nothing_is_told(running) -> None:
    answer = httpx.get(f"{running.deployment.api_url}/groups", timeout=30)
    assert answer.status_code == 401
    assert "x-api-key" in answer.json()["detail"]
    assert httpx.get(f"{running.deployment.api_url}/groups", headers={"x-api-key": "adl_x_y"}).status_code == 401


def test_objects_of_a_workspace_are_not_public(running, workspace, picture, tmp_path) -> None:
    group_id, ids = workspace.upload({"a.png": picture(5, "PNG")}, tmp_path)
    workspace.settled(group_id)
    signed = workspace.get(f"/creatives/{ids['a.png']}")["file_path"]
    assert str(workspace.id) in signed
    block = running.aws("s3").get_public_access_block(Bucket=running.deployment.uploads_bucket)
    assert all(block["PublicAccessBlockConfiguration"].values())


@pytest.mark.skipif(not SAMPLES.joinpath("labels.json").exists(), reason="the samples are not drawn")
def test_the_samples_all_succeed(workspace, recount, told, tmp_path) -> None:
    files = {
        label["file"]: (SAMPLES / label["file"]).read_bytes()
        for label in json.loads((SAMPLES / "labels.json").read_text())
    }
    group_id, _ = workspace.upload(files, tmp_path)
    creatives = workspace.settled(group_id, seconds=400)
    assert {name: creative["failure"] for name, creative in creatives.items()} == dict.fromkeys(files)
    assert told(workspace.get(f"/analytics/group/{group_id}")) == recount(list(creatives.values()))


@pytest.mark.skipif(not SHARED.exists(), reason="the real creatives for development are not here")
def test_real_creatives_all_succeed(workspace, tmp_path) -> None:
    labels = json.loads((SHARED / "labels.json").read_text())
    files = {label["file"]: (SHARED / "images" / label["file"]).read_bytes() for label in labels}
    group_id, _ = workspace.upload(files, tmp_path)
    creatives = workspace.settled(group_id, seconds=400)
    assert len(creatives) == 27
    assert {name: creative["failure"] for name, creative in creatives.items()} == dict.fromkeys(files)
    for label in labels:
        assert (creatives[label["file"]]["image_width"], creatives[label["file"]]["image_height"]) == (
            label["width"],
            label["height"],
        )
    assert "37% Charged" in creatives["clocks_11.jpg"]["ocr_text"]
    assert "SAMSUNG" in creatives["other_21.jpg"]["ocr_text"]


def test_a_bundle_published_to_the_store_is_fetched_once_per_content(running, tmp_path) -> None:
    s3, bucket = running.aws("s3"), running.deployment.models_bucket
    manifest = Path(__file__).resolve().parents[2] / "models" / "base" / "manifest.toml"
    s3.put_object(Bucket=bucket, Key="base/manifest.toml", Body=manifest.read_bytes())
    folder = fetch_bundle(s3, f"s3://{bucket}/base", tmp_path)
    assert load_bundle(folder, threads=1).info.name == "base"
    assert fetch_bundle(s3, f"s3://{bucket}/base/", tmp_path) == folder
    s3.put_object(Bucket=bucket, Key="base/manifest.toml", Body=manifest.read_bytes() + b"\n# newer\n")
    newer = fetch_bundle(s3, f"s3://{bucket}/base", tmp_path)
    assert newer != folder
    assert load_bundle(newer, threads=1).info.checksum != load_bundle(folder, threads=1).info.checksum
