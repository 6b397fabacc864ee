from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from adlens.domain.analysis import Stage
from adlens.domain.errors import InvalidBundle
from adlens.vision import bundle as room
from adlens.vision.bundle import EngineKind, StageManifest, load_bundle

MODELS = Path(__file__).parents[3] / "models"
WEIGHTS = b"weights"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
MD5 = hashlib.md5(WEIGHTS, usedforsecurity=False).hexdigest()
SETTINGS = ("classes", "threshold", "thresholds", "weak", "rivals", "iou", "side")
DETECTION = f"""
name = "test"
version = "3"

[detection]
engine = "yolov8-onnx"
licence = "AGPL-3.0"
threshold = 0.35
thresholds = {{ cup = 0.5 }}
weak = 0.2
rivals = []
iou = 0.7
side = 640
classes = ["cup"]

[detection.files.model]
path = "model.onnx"
sha256 = "{SHA256}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "manifest.toml").write_text(DETECTION)
    (tmp_path / "model.onnx").write_bytes(WEIGHTS)
    return tmp_path


def rewrite(folder: Path, old: str, new: str) -> None:
    manifest = folder / "manifest.toml"
    assert old in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(old, new))


def test_a_bundle_says_what_it_is_and_has(folder: Path) -> None:
    info = load_bundle(folder, threads=1).info
    assert (info.name, info.version) == ("test", "3")
    assert info.checksum == hashlib.sha256(DETECTION.encode()).hexdigest()
    assert info.engines == {Stage.DETECTION: "yolov8-onnx", Stage.COLOR: "kmeans-lab"}


def test_a_stage_without_a_model_has_no_engine_and_the_palette_needs_none(folder: Path) -> None:
    bundle = load_bundle(folder, threads=1)
    assert bundle.text is None
    assert bundle.topic is None
    assert bundle.embedding is None
    assert bundle.palette is not None


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('name = "test"', "", "lacks 'name'"),
        ('engine = "yolov8-onnx"', "", "lacks 'engine'"),
        ('"yolov8-onnx"', '"yolov99"', "unknown engine 'yolov99'; known: yolov8-onnx"),
        ('version = "3"', 'version = "3"\ncolour = 1', "unknown entries: colour"),
        (
            "threshold = 0.35",
            "",
            r"settings \['classes', 'iou', 'rivals', 'side', 'thresholds', 'weak'\]; yolov8-onnx needs",
        ),
        ("threshold = 0.35", "threshold = 0.35\ntreshold = 1", "treshold"),
        ("files.model]", "files.weights]", r"files \['weights'\]; yolov8-onnx needs \['model'\]"),
        (SHA256, "0" * 64, f"model.onnx is not the one of the manifest: its sha256 is {SHA256}"),
        ("model.onnx", "gone.onnx", "gone.onnx cannot be read: No such file"),
        ('path = "model.onnx"', 'path = "${weights}/model.onnx"', "needs the variable 'weights'"),
        ('path = "model.onnx"', 'path = "a"\npackage = "no_such_package"', "no_such_package is not installed"),
        (f'sha256 = "{SHA256}"', "", "model.onnx needs either a sha256 or"),
        (f'sha256 = "{SHA256}"', f'sha256 = "{SHA256}"\nunpinned = true', "needs either a sha256 or"),
        (f'sha256 = "{SHA256}"', f'md5 = "{"0" * 32}"', f"its md5 is {MD5}"),
        ("iou = 0.7", "iou = = 0.7", "Invalid value"),
    ],
)
def test_what_is_wrong_with_a_bundle_is_said(folder: Path, old: str, new: str, complaint: str) -> None:
    rewrite(folder, old, new)
    with pytest.raises(InvalidBundle, match=complaint):
        load_bundle(folder, threads=1)


def test_a_folder_without_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(InvalidBundle, match="no model bundle"):
        load_bundle(tmp_path / "nowhere", threads=1)


def test_weights_may_lie_where_the_caller_says(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("weights")
    (folder / "model.onnx").rename(elsewhere / "model.onnx")
    rewrite(folder, "model.onnx", "${weights}/model.onnx")
    load_bundle(folder, threads=1, variables={"weights": str(elsewhere)})


def test_a_file_may_be_pinned_by_the_md5_that_its_publisher_tells(folder: Path) -> None:
    rewrite(folder, f'sha256 = "{SHA256}"', f'md5 = "{MD5}"')
    assert "unpinned" not in load_bundle(folder, threads=1).info.about[Stage.DETECTION]


def test_files_that_nobody_pinned_are_named_and_tell_bundles_apart(folder: Path) -> None:
    rewrite(folder, f'sha256 = "{SHA256}"', "unpinned = true")
    one = load_bundle(folder, threads=1).info
    assert one.about[Stage.DETECTION]["unpinned"] == "model"
    assert load_bundle(folder, threads=1).info.checksum == one.checksum
    (folder / "model.onnx").write_bytes(b"other weights")
    assert load_bundle(folder, threads=1).info.checksum != one.checksum


def test_what_is_missing_is_said_with_where_it_comes_from(folder: Path) -> None:
    rewrite(folder, 'licence = "AGPL-3.0"', 'source = "the makers of it"')
    (folder / "model.onnx").unlink()
    with pytest.raises(InvalidBundle, match=r"model\.onnx cannot be read: No such file.*source: the makers of it"):
        load_bundle(folder, threads=1)


def test_engines_whose_libraries_are_not_here_are_refused_with_the_cure(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = EngineKind("threading", lambda stage, threads: None, ("model",), SETTINGS, ("no_lib",))
    monkeypatch.setitem(room.ENGINES, Stage.DETECTION, {"yolov8-onnx": kind})
    with pytest.raises(InvalidBundle, match=r"needs no_lib.*requirements/reference\.txt"):
        load_bundle(folder, threads=1)


def test_the_committed_base_bundle_needs_nothing_but_the_installed_packages() -> None:
    info = load_bundle(MODELS / "base", threads=1).info
    assert info.engines == {Stage.OCR: "rapidocr", Stage.COLOR: "kmeans-lab"}


def test_an_engine_is_made_once_with_its_manifest_whoever_asks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[StageManifest, int]] = []
    started = threading.Barrier(8)

    def make(stage: StageManifest, threads: int) -> object:
        made.append((stage, threads))
        threading.Event().wait(0.05)
        return object()

    kind = EngineKind("threading", make, ("model",), SETTINGS)
    monkeypatch.setitem(room.ENGINES, Stage.DETECTION, {"yolov8-onnx": kind})
    bundle = load_bundle(folder, threads=7)
    assert made == []
    seen: list[Any] = []

    def ask() -> None:
        started.wait()
        seen.append(bundle.objects)

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(set(map(id, seen))) == 1
    ((stage, threads),) = made
    assert threads == 7
    assert stage.files == {"model": folder / "model.onnx"}
    scores = {"threshold": 0.35, "thresholds": {"cup": 0.5}, "weak": 0.2, "rivals": []}
    assert stage.settings == {"classes": ["cup"], "iou": 0.7, "side": 640, **scores}
    assert stage.licence == "AGPL-3.0"


def test_what_fails_while_preparing_fails_for_who_needs_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(stage: StageManifest, threads: int) -> object:
        raise RuntimeError("no memory")

    kind = EngineKind("threading", make, ("model",), SETTINGS)
    monkeypatch.setitem(room.ENGINES, Stage.DETECTION, {"yolov8-onnx": kind})
    bundle = load_bundle(folder, threads=1)
    bundle.prepare()
    with pytest.raises(RuntimeError, match="no memory"):
        _ = bundle.objects


def test_preparing_imports_the_palette_beside_the_other_engines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported: list[str] = []
    done = threading.Barrier(3)

    def import_module(name: str) -> None:
        imported.append(name)
        done.wait(10)

    monkeypatch.setattr(room, "import_module", import_module)
    load_bundle(folder, threads=1).prepare()
    done.wait(10)
    assert set(imported) == {"adlens.vision.objects.yolo", "adlens.vision.palette"}


def test_loading_a_bundle_loads_no_library_of_its_engines() -> None:
    code = (
        "import sys; from pathlib import Path; from adlens.vision.bundle import load_bundle;"
        f"load_bundle(Path({str(MODELS / 'base')!r}), 1);"
        "print(sorted({'numpy', 'PIL', 'cv2', 'onnxruntime', 'rapidocr', 'sklearn', 'torch'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
