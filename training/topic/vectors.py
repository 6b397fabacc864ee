"""What a bundle's detector and looks stage see on photographs and scenes: what the topic is learned from.

    python -m training.topic.vectors --bundle models/compact [--looks FILE] [--weights FOLDER]

Runs the engines as they are served. Goes on where it stopped. Without --photographs and ADLENS_PHOTOGRAPHS it looks for
them beside the project.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from adlens.domain.analysis import Looks, Stage
from adlens.domain.ports.vision import LooksExtractor, ObjectDetector
from adlens.domain.topics import taxonomy
from adlens.settings import CommandLineSettings
from adlens.vision.bundle import load_bundle, read_manifest
from training.looks.pictures import image_of
from training.paths import DATA, ROOT
from training.photographs import folder_of, read_photographs
from training.topic.pictures import Page, Picture, of_photographs, of_scenes

OUT = DATA / "topic" / "vectors"
SCENES = DATA / "scenes"
_SAVE_EVERY = 500

Row = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Vectors:
    """n pictures: the highest score of each class (n, C), probabilities of classes of ImageNet (n, K) and the features
    they came from (n, D), and of each picture its id, topic, source and part (`training.topic.pictures`)."""

    classes: list[str]
    kinds: list[str]
    scores: npt.NDArray[np.float32]
    looks: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]
    ids: list[str]
    topics: list[str]
    sources: list[str]
    parts: list[str]

    def of_topics(self) -> Vectors:
        """Without the classes that show no topic: what a detector of photographs takes renders for is chance."""
        kept = [column for column, name in enumerate(self.classes) if taxonomy().topic_of_class(name)]
        return replace(self, classes=[self.classes[column] for column in kept], scores=self.scores[:, kept])

    def with_scores_of(self, sources: Sequence[str]) -> Vectors:
        """Without the detector's scores in pictures of other sources: where it learned, it is surer than elsewhere."""
        honest = np.isin(self.sources, sources)
        return replace(self, scores=np.where(honest[:, None], self.scores, np.float32(0)))

    def shows(self) -> npt.NDArray[np.float32]:
        """(C, topics): 1 where a class shows a topic."""
        topics = list(taxonomy().topics)
        return np.array(
            [[taxonomy().topic_of_class(name) == one for one in topics] for name in self.classes], np.float32
        )

    def alike(self) -> npt.NDArray[np.float32]:
        """(K, topics): 1 where a kind looks like a topic."""
        topics = taxonomy().topics.values()
        return np.array([[name in topic.looks for topic in topics] for name in self.kinds], np.float32)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        np.savez(
            path,
            **{name: one.astype(np.float16) if isinstance(one, np.ndarray) else one for name, one in columns.items()},
        )

    @classmethod
    def load(cls, path: Path) -> Vectors:
        """Raises SystemExit when there are none at `path`."""
        try:
            with np.load(path) as found:
                columns = {field.name: found[field.name] for field in fields(cls)}
        except OSError as error:
            raise SystemExit(f"No vectors in {path}: run python -m training.topic.vectors first.") from error
        return cls(
            **{
                name: column.astype(np.float32) if column.dtype == np.float16 else column.tolist()
                for name, column in columns.items()
            }
        )


def extract(
    detector: ObjectDetector | None,
    looker: LooksExtractor | None,
    classes: list[str],
    kinds: list[str],
    pictures: Sequence[Picture | Page],
    path: Path,
    looks: Vectors | None = None,
) -> Vectors:
    """Of `pictures`, kept at `path`; `looks` are vectors of the same looks stage, which need not be computed again."""
    seen = _rows(Vectors.load(path)) if path.exists() else {}
    looked = {id_: row[1:] for id_, row in _rows(looks).items()} if looks else {}
    found = {one.id: seen[one.id] for one in pictures if one.id in seen}

    def vectors() -> Vectors:
        done = [one for one in pictures if one.id in found]
        columns = [np.array(column, np.float32) for column in zip(*(found[one.id] for one in done), strict=True)]
        columns_of_rows = ([getattr(one, key) for one in done] for key in ("id", "topic", "source", "part"))
        return Vectors(classes, kinds, *columns, *columns_of_rows)

    for one in tqdm(pictures, unit="picture", disable=None):
        if one.id in found:
            continue
        image = image_of(one.pixels())
        scores = detector.detect(image, Looks()).class_scores if detector else {}
        if one.id in looked:
            likeness, features = looked[one.id]
        else:
            saw = looker.extract(image) if looker else Looks()
            likeness, features = [saw.class_scores.get(kind, 0.0) for kind in kinds], saw.embedding
        found[one.id] = [scores.get(name, 0.0) for name in classes], likeness, features
        if len(found) % _SAVE_EVERY == 0:
            vectors().save(path)
    result = vectors()
    result.save(path)
    return result


def _rows(vectors: Vectors) -> dict[str, tuple[Row, Row, Row]]:
    return dict(zip(vectors.ids, zip(vectors.scores, vectors.looks, vectors.features, strict=True), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="whose detector and looks stage to run")
    parser.add_argument("--weights", type=Path, help="fills ${weights} in its manifest; default: ADLENS_WEIGHTS")
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--scenes", type=Path, default=SCENES)
    parser.add_argument("--pages", type=int, default=300, help="of nothing but print")
    parser.add_argument("--looks", type=Path, help="vectors of another bundle with the same looks stage")
    parser.add_argument("--out", type=Path, help=f"default: {OUT.relative_to(DATA.parents[1])}/BUNDLE.npz")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    variables = {"weights": str(arguments.weights or ROOT / CommandLineSettings().weights)}
    bundle, stages = (
        load_bundle(arguments.bundle, arguments.threads, variables),
        read_manifest(arguments.bundle, variables).stages,
    )
    if bundle.looks is None:
        raise SystemExit(f"{arguments.bundle} has no looks stage.")
    settings = stages[Stage.DETECTION].settings if Stage.DETECTION in stages else {}
    classes = list(settings.get("classes") or (name for topic in taxonomy().topics.values() for name in topic.objects))
    photographs = of_photographs(read_photographs(folder_of(arguments.photographs)))
    pictures = [*photographs, *of_scenes(arguments.scenes), *map(Page, range(arguments.pages))]
    path = arguments.out or OUT / f"{arguments.bundle.name}.npz"
    looks = Vectors.load(arguments.looks) if arguments.looks else None
    kinds = [name for topic in taxonomy().topics.values() for name in topic.looks]
    vectors = extract(bundle.objects, bundle.looks, classes, kinds, pictures, path, looks)
    print(f"{path}: {len(vectors.ids)} pictures, {len(classes)} classes, {vectors.features.shape[1]} features")


if __name__ == "__main__":
    main()
