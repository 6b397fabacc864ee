"""Model bundles: a folder with manifest.toml, which names the engine, the files and the settings of each stage.

    name = "compact"
    version = "1"

    [detection]                         # one of SECTIONS; what is missing is not available
    engine = "yolov8-onnx"              # a key of ENGINES
    licence = "AGPL-3.0"                # like source, quality and limits for people; all other keys are settings
    threshold = 0.35

    [detection.files.model]
    path = "yolov8n.onnx"               # in the bundle; with `package = "..."` in that installed package;
    sha256 = "6934..."                  # "${name}/..." takes a variable of the caller's

Where a publisher gives only an md5, `md5` stands for sha256; for files that users bring, which nobody can know before,
`unpinned = true` does. Those are reported (`about`), and the bundle's checksum covers what was found.

Loading verifies every file and makes no engine: engines, and the libraries they need, come with their first use.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from string import Template
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, cast

from adlens.domain.analysis import BundleInfo, Stage
from adlens.domain.errors import InvalidBundle
from adlens.domain.ports.vision import (
    Embedder,
    ImageDecoder,
    LooksExtractor,
    ObjectDetector,
    PaletteExtractor,
    TextReader,
    TopicClassifier,
)

if TYPE_CHECKING:
    from adlens.vision.text.reading import Recogniser

MANIFEST = "manifest.toml"
ABOUT = ("licence", "source", "quality", "limits")
_CHECKSUMS = ("sha256", "md5")
_FAKES = "adlens.vision.fakes"
LOOKS, EMBEDDING = "looks", "embedding"
SECTIONS: tuple[str, ...] = (*Stage, LOOKS, EMBEDDING)
"""What a manifest may have: the stages that users see, and what the topic and the comparison of creatives need besides:
looks, which are part of the time of the first stage that asks for them, and the embedding.
"""


@dataclass(frozen=True, slots=True)
class StageManifest:
    """One stage of a bundle. `files` are verified, by role; `settings` are the engine's. `unpinned` has the sha256
    of files that the manifest gives none of, by role.
    """

    engine: str
    files: Mapping[str, Path]
    settings: Mapping[str, Any]
    licence: str = ""
    source: str = ""
    quality: str = ""
    limits: str = ""
    unpinned: Mapping[str, str] = field(default_factory=dict)

    @property
    def about(self) -> dict[str, str]:
        about = {key: text for key in ABOUT if (text := getattr(self, key))}
        return about | ({"unpinned": ", ".join(self.unpinned)} if self.unpinned else {})


@dataclass(frozen=True, slots=True)
class Manifest:
    """`checksum` is the sha256 of the manifest, which names those of all files, and of those it leaves unpinned."""

    name: str
    version: str
    checksum: str
    stages: Mapping[str, StageManifest]


@dataclass(frozen=True, slots=True)
class EngineKind:
    """How to make an engine from a stage's manifest and a number of threads, and what the manifest must say.

    `module` is where it is; importing that loads the libraries of the engine, of which `needs` are not everywhere.
    """

    module: str
    make: Callable[[StageManifest, int], object]
    files: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def _line_reader(stage: StageManifest, recogniser: Recogniser, threads: int) -> TextReader:
    from adlens.vision.text.lines import LineFinder
    from adlens.vision.text.reader import LineReader

    finder = LineFinder(stage.files["detector"], stage.settings["megapixels"], threads)
    return LineReader(finder, recogniser, stage.settings["confidence"])


def _rapidocr(stage: StageManifest, threads: int) -> TextReader:
    from adlens.vision.text.ppocr import PpocrRecogniser

    recogniser = PpocrRecogniser(stage.files["orientation"], stage.files["recogniser"], threads)
    return _line_reader(stage, recogniser, threads)


def _ppocr_ctc(stage: StageManifest, threads: int) -> TextReader:
    from adlens.vision.text.ctc import CtcRecogniser

    settings = stage.settings
    recogniser = CtcRecogniser(stage.files["reader"], settings["alphabet"], settings["sure"], threads)
    return _line_reader(stage, recogniser, threads)


def _yolov8(stage: StageManifest, threads: int) -> ObjectDetector:
    from adlens.vision.objects.yolo import YoloDetector

    return YoloDetector(stage.files["model"], **stage.settings, threads=threads)


def _yolov8_context(stage: StageManifest, threads: int) -> ObjectDetector:
    from adlens.vision.objects.context import Context
    from adlens.vision.objects.yolo import YoloDetector

    settings = dict(stage.settings)
    known, trust = settings.pop("context_classes"), settings.pop("trust")
    context = Context(stage.files["context"], known, settings["classes"], trust, threads)
    return YoloDetector(stage.files["model"], **settings, threads=threads, context=context)


def _imagenet(stage: StageManifest, threads: int) -> LooksExtractor:
    from adlens.vision.looks.imagenet import ImagenetLooks

    return ImagenetLooks(stage.files["model"], stage.files["classes"], **stage.settings, threads=threads)


def _easyocr(stage: StageManifest, threads: int) -> TextReader:
    from adlens.vision.reference.text import EasyOcrReader

    return EasyOcrReader(stage.files["detector"], stage.files["recogniser"], **stage.settings, threads=threads)


def _ultralytics(stage: StageManifest, threads: int) -> ObjectDetector:
    from adlens.vision.reference.objects import UltralyticsDetector

    return UltralyticsDetector(stage.files["model"], **stage.settings, threads=threads)


def _mvp_topic(stage: StageManifest, threads: int) -> TopicClassifier:
    from adlens.vision.reference.topic import MvpTopicClassifier

    files = stage.files
    return MvpTopicClassifier(
        files["classifier"], files["config"], files["vocabulary"], **stage.settings, threads=threads
    )


def _topic_onnx(stage: StageManifest, threads: int) -> TopicClassifier:
    from adlens.vision.topic.classifier import MultimodalTopicClassifier

    return MultimodalTopicClassifier(stage.files["model"], stage.files["vocabulary"], **stage.settings, threads=threads)


def _looks_text(stage: StageManifest, threads: int) -> Embedder:
    from adlens.vision.embedding import LooksTextEmbedder

    return LooksTextEmbedder(stage.files["model"], stage.files["vocabulary"], threads)


def _kmeans_lab(stage: StageManifest, threads: int) -> PaletteExtractor:
    from adlens.vision.palette import KMeansPalette

    return KMeansPalette()


def _fake(name: str) -> Callable[[StageManifest, int], object]:
    def make(stage: StageManifest, threads: int) -> object:
        return getattr(import_module(_FAKES), name)()

    return make


_YOLO = ("classes", "threshold", "thresholds", "weak", "rivals", "iou", "side")
ENGINES: Mapping[str, Mapping[str, EngineKind]] = {
    Stage.OCR: {
        "rapidocr": EngineKind(
            "adlens.vision.text.ppocr",
            _rapidocr,
            files=("detector", "orientation", "recogniser"),
            settings=("confidence", "megapixels"),
        ),
        "easyocr": EngineKind(
            "adlens.vision.reference.text",
            _easyocr,
            files=("detector", "recogniser"),
            settings=("languages", "confidence", "recycle_after"),
            needs=("easyocr",),
        ),
        "ppocr-ctc": EngineKind(
            "adlens.vision.text.ctc",
            _ppocr_ctc,
            files=("detector", "reader"),
            settings=("confidence", "megapixels", "alphabet", "sure"),
        ),
        "fake-text": EngineKind(_FAKES, _fake("FakeTextReader")),
    },
    Stage.DETECTION: {
        "yolov8-onnx": EngineKind(
            "adlens.vision.objects.yolo",
            _yolov8,
            files=("model",),
            settings=_YOLO,
        ),
        "yolov8-context-onnx": EngineKind(
            "adlens.vision.objects.yolo",
            _yolov8_context,
            files=("model", "context"),
            settings=(*_YOLO, "context_classes", "trust"),
        ),
        "ultralytics": EngineKind(
            "adlens.vision.reference.objects",
            _ultralytics,
            files=("model",),
            settings=("threshold", "iou", "side"),
            needs=("ultralytics",),
        ),
        "fake-objects": EngineKind(_FAKES, _fake("FakeDetector")),
    },
    Stage.CLASSIFICATION: {
        "topic-onnx": EngineKind(
            "adlens.vision.topic.classifier",
            _topic_onnx,
            files=("model", "vocabulary"),
            settings=("topics", "classes", "looks", "temperature", "sure"),
        ),
        "mvp-topic": EngineKind(
            "adlens.vision.reference.topic",
            _mvp_topic,
            files=("classifier", "config", "vocabulary"),
            settings=("topics", "classes", "threshold", "max_tokens"),
            needs=("torch", "transformers"),
        ),
        "fake-topic": EngineKind(_FAKES, _fake("FakeTopicClassifier")),
    },
    Stage.COLOR: {
        "kmeans-lab": EngineKind("adlens.vision.palette", _kmeans_lab),
        "fake-palette": EngineKind(_FAKES, _fake("FakePalette")),
    },
    LOOKS: {
        "imagenet-onnx": EngineKind(
            "adlens.vision.looks.imagenet", _imagenet, files=("model", "classes"), settings=("side",)
        ),
        "fake-looks": EngineKind(_FAKES, _fake("FakeLooks")),
    },
    EMBEDDING: {
        "looks-text": EngineKind("adlens.vision.embedding", _looks_text, files=("model", "vocabulary")),
        "fake-embedding": EngineKind(_FAKES, _fake("FakeEmbedder")),
    },
}
_NEEDS_NO_MODEL = {Stage.COLOR: StageManifest("kmeans-lab", {}, {})}


class Bundle:
    """The engines of one bundle (domain.ports.vision.Engines), each made once, by whichever thread needs it first."""

    def __init__(self, manifest: Manifest, threads: int) -> None:
        self.info = BundleInfo(
            manifest.name,
            manifest.version,
            manifest.checksum,
            {stage: manifest.stages[stage].engine for stage in Stage if stage in manifest.stages},
            {stage: manifest.stages[stage].about for stage in Stage if stage in manifest.stages},
        )
        self.threads = threads
        self._manifest = manifest
        self._made: dict[str, object] = {}
        self._locks = {section: Lock() for section in SECTIONS if section in manifest.stages}

    @property
    def decoder(self) -> ImageDecoder:
        from adlens.vision.image import PillowDecoder

        return PillowDecoder()

    @property
    def text(self) -> TextReader | None:
        return cast(TextReader | None, self._engine(Stage.OCR))

    @property
    def objects(self) -> ObjectDetector | None:
        return cast(ObjectDetector | None, self._engine(Stage.DETECTION))

    @property
    def topic(self) -> TopicClassifier | None:
        return cast(TopicClassifier | None, self._engine(Stage.CLASSIFICATION))

    @property
    def looks(self) -> LooksExtractor | None:
        return cast(LooksExtractor | None, self._engine(LOOKS))

    @property
    def palette(self) -> PaletteExtractor:
        return cast(PaletteExtractor, self._engine(Stage.COLOR))

    @property
    def embedding(self) -> Embedder | None:
        return cast(Embedder | None, self._engine(EMBEDDING))

    def prepare(self) -> None:
        """Starts to import the engines' libraries in the background, in the order of their use, those of the palette,
        which take longest, beside the others: most of a cold start is that, and while the first picture is decoded and
        read it costs less.
        """
        for stages in [Stage.COLOR], [stage for stage in self._locks if stage != Stage.COLOR]:
            Thread(target=self._import_libraries, args=(stages,), daemon=True).start()

    def _import_libraries(self, stages: Iterable[str]) -> None:
        for stage in stages:
            # The lock keeps whoever needs the engine from importing half-initialised libraries meanwhile.
            with self._locks[stage], suppress(ImportError):  # then making the engine says so
                import_module(ENGINES[stage][self._manifest.stages[stage].engine].module)

    def _engine(self, stage: str) -> object | None:
        manifest = self._manifest.stages.get(stage)
        if manifest is None:
            return None
        with self._locks[stage]:
            if stage not in self._made:
                self._made[stage] = ENGINES[stage][manifest.engine].make(manifest, self.threads)
            return self._made[stage]


def load_bundle(folder: Path, threads: int, variables: Mapping[str, str] | None = None) -> Bundle:
    """The bundle in `folder`, each of whose models will use `threads` threads; raises InvalidBundle.

    `variables` fill the ${names} in the paths of the manifest: where weights lie that are not in the bundle itself.
    """
    return Bundle(read_manifest(folder, variables or {}), threads)


def read_manifest(folder: Path, variables: Mapping[str, str]) -> Manifest:
    """Reads and verifies a bundle; raises InvalidBundle, saying what is wrong with which file."""
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidBundle(f"{folder} is no model bundle: {error.strerror}: {path}") from error
    try:
        table = tomllib.loads(content.decode())
        stages = {stage: _stage(folder, stage, table[stage], variables) for stage in SECTIONS if stage in table}
        if unknown := table.keys() - {"name", "version", *SECTIONS}:
            raise InvalidBundle(f"it has unknown entries: {', '.join(sorted(unknown))}")
        name, version = str(table["name"]), str(table["version"])
    except KeyError as error:
        raise InvalidBundle(f"{path}: it lacks {error}") from error
    except (ValueError, InvalidBundle) as error:
        raise InvalidBundle(f"{path}: {error}") from error
    found = [f"{stage}.{role}={sha256}" for stage, entry in stages.items() for role, sha256 in entry.unpinned.items()]
    checksum = hashlib.sha256(b"\n".join([content, *map(str.encode, found)]))
    return Manifest(name, version, checksum.hexdigest(), _NEEDS_NO_MODEL | stages)


def _stage(folder: Path, stage: str, table: Mapping[str, Any], variables: Mapping[str, str]) -> StageManifest:
    about = {key: str(table[key]) for key in ABOUT if key in table}
    settings = {key: value for key, value in table.items() if key not in {"engine", "files", *about}}
    entries = table.get("files", {})
    kind = ENGINES[stage].get(table["engine"])
    if kind is None:
        raise InvalidBundle(f"{stage} has the unknown engine {table['engine']!r}; known: {', '.join(ENGINES[stage])}")
    for what, given, expected in ("files", entries, kind.files), ("settings", settings, kind.settings):
        if given.keys() != set(expected):
            raise InvalidBundle(f"{stage} has the {what} {sorted(given)}; {table['engine']} needs {sorted(expected)}")
    if missing := [package for package in kind.needs if find_spec(package) is None]:
        raise InvalidBundle(
            f"{stage} with {table['engine']} needs {' and '.join(missing)}, which are not installed: they come with "
            "requirements/reference.txt and the image target `reference`"
        )
    files = {role: _locate(folder, entry, variables) for role, entry in entries.items()}
    try:
        found = {role: _verified(files[role], entry) for role, entry in entries.items()}
    except OSError as error:
        origin = f" (source: {about['source']})" if "source" in about else ""
        raise InvalidBundle(f"the file {error.filename} cannot be read: {error.strerror}{origin}") from error
    unpinned = {role: sha256 for role, sha256 in found.items() if sha256}
    return StageManifest(table["engine"], files, settings, **about, unpinned=unpinned)


def _verified(path: Path, entry: Mapping[str, Any]) -> str:
    """The sha256 of a file that is not pinned, else nothing. Raises OSError when it cannot be read."""
    pins = [key for key in (*_CHECKSUMS, "unpinned") if entry.get(key)]
    if len(pins) != 1:
        raise InvalidBundle(f"the file {path} needs either a sha256 or, where nobody can know it, `unpinned = true`")
    algorithm = "sha256" if pins == ["unpinned"] else pins[0]
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, algorithm).hexdigest()
    if pins == ["unpinned"]:
        return checksum
    if checksum != entry[algorithm]:
        raise InvalidBundle(f"the file {path} is not the one of the manifest: its {algorithm} is {checksum}")
    return ""


def _locate(folder: Path, entry: Mapping[str, str], variables: Mapping[str, str]) -> Path:
    try:
        path = Template(entry["path"]).substitute(variables)
    except KeyError as error:
        raise InvalidBundle(f"{entry['path']} needs the variable {error}: tell AdLens where that is") from error
    if (package := entry.get("package")) is None:
        return folder / path
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise InvalidBundle(f"the package {package} is not installed")
    return Path(spec.origin).parent / path
