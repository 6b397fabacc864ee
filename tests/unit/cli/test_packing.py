"""What `adlens models publish` takes along, and what it refuses to."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from adlens.domain.errors import InvalidBundle
from adlens.vision.bundle import load_bundle
from adlens_cli.packing import pack
from adlens_cli.places import MODELS

WEIGHTS = b"weights"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
MANIFEST = """# Written by hand: comments survive.
name = "test"
version = "3"

[detection]
engine = "yolov8-onnx"
threshold = 0.35
thresholds = {{}}
weak = 0.2
rivals = []
iou = 0.7
side = 640
classes = ["cup"]

[detection.files.model]
path = "{path}"
{pin}
"""


def bundle(folder: Path, path: str, pin: str = f'sha256 = "{SHA256}"') -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "manifest.toml").write_text(MANIFEST.format(path=path, pin=pin))
    return folder


def test_files_of_the_bundle_keep_their_place_and_notices_come_along(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "bundle", "weights/model.onnx")
    (folder / "weights").mkdir()
    (folder / "weights" / "model.onnx").write_bytes(WEIGHTS)
    (folder / "NOTICE").write_text("thanks")
    (folder / "metrics.json").write_text("{}")
    packed = pack(folder, {}, tmp_path / "packed")
    assert (packed / "manifest.toml").read_text() == (folder / "manifest.toml").read_text()
    names = {path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()}
    assert names == {"manifest.toml", "NOTICE", "weights/model.onnx"}


@pytest.mark.parametrize("path", ["${weights}/model.onnx", "../elsewhere/model.onnx"])
@pytest.mark.parametrize("pin", [f'sha256 = "{SHA256}"', "unpinned = true"])
def test_what_lies_elsewhere_is_carried_and_pinned(tmp_path: Path, path: str, pin: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "model.onnx").write_bytes(WEIGHTS)
    packed = pack(bundle(tmp_path / "bundle", path, pin), {"weights": str(elsewhere)}, tmp_path / "packed")
    assert (packed / "files" / f"{SHA256[:12]}-model.onnx").read_bytes() == WEIGHTS
    text = (packed / "manifest.toml").read_text()
    assert "comments survive" in text
    assert f'sha256 = "{SHA256}"' in text
    assert "unpinned" not in text
    (elsewhere / "model.onnx").unlink()
    load_bundle(packed, threads=1)


def test_a_pinned_package_keeps_its_files(tmp_path: Path) -> None:
    packed = pack(MODELS / "base", {}, tmp_path / "packed")
    assert [path.name for path in packed.iterdir()] == ["manifest.toml"]
    assert load_bundle(packed, threads=1).info == load_bundle(MODELS / "base", threads=1).info


def test_files_of_a_package_that_is_not_pinned_are_carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adlens_cli.packing._is_pinned", lambda package: False)
    packed = pack(MODELS / "base", {}, tmp_path / "packed")
    assert "package = " not in (packed / "manifest.toml").read_text()
    assert len(list((packed / "files").iterdir())) == 3
    load_bundle(packed, threads=1)


def test_a_link_that_leads_elsewhere_is_not_published(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "bundle", "model.onnx")
    (folder / "model.onnx").write_bytes(WEIGHTS)
    (folder / "card.md").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidBundle, match="leads outside"):
        pack(folder, {}, tmp_path / "packed")
    assert not (tmp_path / "packed").exists()


def test_an_altered_file_is_not_published(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "bundle", "model.onnx")
    (folder / "model.onnx").write_bytes(b"other")
    with pytest.raises(InvalidBundle, match="not the one of the manifest"):
        pack(folder, {}, tmp_path / "packed")
