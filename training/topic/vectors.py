"""What a bundle's detector sees on the rendered scenes: the object and visual vectors that the topic is learned from.

    python -m training.topic.vectors --bundle models/compact [--weights FOLDER] [--scenes FOLDER]

Runs the engine as it is served. Goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from adlens.domain.ports import ObjectDetector
from adlens.domain.topics import taxonomy
from adlens.vision.bundle import load_bundle, read_manifest
from adlens.vision.image import PillowDecoder
from training.paths import DATA

OUT = DATA / "topic" / "vectors"
SCENES = DATA / "scenes"
LABELS = "labels.jsonl"
_SAVE_EVERY = 200


@dataclass(frozen=True, slots=True)
class Vectors:
    """n scenes: the highest score of each class (n, C), visual features (n, D), D being 0 where the detector has none,
    and of each scene its file, topic and split."""

    classes: list[str]
    scores: npt.NDArray[np.float32]
    visual: npt.NDArray[np.float32]
    files: list[str]
    topics: list[str]
    splits: list[str]

    def of_topics(self) -> Vectors:
        """Without the classes that show no topic: what a detector of photographs takes renders for is chance."""
        kept = [column for column, name in enumerate(self.classes) if taxonomy().topic_of_class(name)]
        return replace(self, classes=[self.classes[column] for column in kept], scores=self.scores[:, kept])

    def shows(self) -> npt.NDArray[np.float32]:
        """(C, topics): 1 where a class shows a topic."""
        topics = list(taxonomy().topics)
        return np.array(
            [[taxonomy().topic_of_class(name) == one for one in topics] for name in self.classes], np.float32
        )

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = {name: getattr(self, name) for name in self.__slots__}
        np.savez_compressed(path, **columns)

    @classmethod
    def load(cls, path: Path) -> Vectors:
        """Raises SystemExit when there are none at `path`."""
        try:
            with np.load(path) as found:
                columns = {name: found[name] for name in cls.__slots__}
        except OSError as error:
            raise SystemExit(f"No vectors in {path}: run python -m training.topic.vectors first.") from error
        lists = ("classes", "files", "topics", "splits")
        return cls(**{name: column.tolist() if name in lists else column for name, column in columns.items()})


def extract(detector: ObjectDetector, classes: list[str], scenes: Path, path: Path, most: int | None) -> Vectors:
    """Raises SystemExit without scenes."""
    try:
        labels = [json.loads(line) for line in (scenes / LABELS).read_text(encoding="utf-8").splitlines()][:most]
    except OSError as error:
        raise SystemExit(f"No scenes in {scenes}: run python -m training.scenes.render first.") from error
    known = Vectors.load(path) if path.exists() else None
    seen = dict(zip(known.files, zip(known.scores, known.visual, strict=True), strict=True)) if known else {}
    found = {label["file"]: seen[label["file"]] for label in labels if label["file"] in seen}

    def vectors() -> Vectors:
        done = [label for label in labels if label["file"] in found]
        scores, visual = zip(*(found[label["file"]] for label in done), strict=True)
        columns = ([label[key] for label in done] for key in ("file", "topic", "split"))
        return Vectors(classes, np.array(scores, np.float32), np.array(visual, np.float32), *columns)

    decoder = PillowDecoder()
    for label in tqdm(labels, unit="scene", disable=None):
        if label["file"] in found:
            continue
        seen_here = detector.detect(decoder.decode((scenes / label["file"]).read_bytes()))
        found[label["file"]] = [seen_here.class_scores.get(name, 0.0) for name in classes], seen_here.visual
        if len(found) % _SAVE_EVERY == 0:
            vectors().save(path)
    result = vectors()
    result.save(path)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="whose detector to run")
    parser.add_argument("--weights", type=Path, help="fills ${weights} in its manifest")
    parser.add_argument("--scenes", type=Path, default=SCENES)
    parser.add_argument("--out", type=Path, help=f"default: {OUT.relative_to(DATA.parents[1])}/BUNDLE.npz")
    parser.add_argument("--most", type=int, help="only the first so many scenes")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    variables = {"weights": str(arguments.weights)} if arguments.weights else {}
    detector = load_bundle(arguments.bundle, arguments.threads, variables).objects
    if detector is None:
        raise SystemExit(f"{arguments.bundle} detects no objects.")
    settings = read_manifest(arguments.bundle, variables).stages["detection"].settings
    classes = list(settings.get("classes") or (name for topic in taxonomy().topics.values() for name in topic.objects))
    path = arguments.out or OUT / f"{arguments.bundle.name}.npz"
    vectors = extract(detector, classes, arguments.scenes, path, arguments.most)
    print(f"{path}: {len(vectors.files)} scenes, {len(classes)} classes, {vectors.visual.shape[1]} visual features")


if __name__ == "__main__":
    main()
