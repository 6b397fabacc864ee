"""Fits what the whole picture says of the objects in it, for the detector of a bundle, and its thresholds.

    python -m training.objects.context --bundle models/compact

A regression on the features of the looks stage says for each of our classes whether it is in the picture. It learns
from the same photographs as the detector (what people labelled, else what the teacher saw: training.objects.teacher,
whose answers it takes from --out) and from rendered scenes. How much it and the detector's own score count, and the
thresholds, are chosen on the sources held out of the detector's training; there each photograph is judged by a
regression that saw nothing of its source. Writes context.onnx, its card and metrics, and the settings of the manifest.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import tomlkit
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from adlens.domain.ports.vision import LooksExtractor
from adlens.settings import CommandLineSettings
from adlens.vision.bundle import MANIFEST, load_bundle, read_manifest
from adlens.vision.image import Pixels
from adlens.vision.objects.context import FAINTEST, Context, combine
from adlens.vision.session import Floats
from training import seal
from training.looks.pictures import image_of
from training.objects.classes import CLASSES
from training.objects.evaluate import PAGES, Model, look, pages_with_objects, scores
from training.objects.photographs import HELD_OUT, PHOTOGRAPHS, Photograph, folder_of, read_photographs
from training.objects.teacher import SURE, WEAKEST, read_picture, teach
from training.objects.thresholds import NEVER, WEAK, choose_thresholds, truth
from training.onnx_files import OPSET
from training.paths import DATA, ROOT
from training.scenes.labels import read_scenes

ALONE, WHOLE = "the detector alone", "with the whole picture"
DATASET = "photographs held out by source"
ENGINE, FILE, CARD = "yolov8-context-onnx", "context.onnx", "cards/context.md"
STRENGTH = 3.0
TAUGHT, SCENE = 0.7, 0.3
"""What a label of the teacher's and one of a rendered scene count beside a person's."""
TRUST, WEIGHT = (0.25, 0.5, 1.0), (0.5, 1.0, 1.5)
"""What the detector's odds and the regression's may count for."""

Known = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Features (n, D) and, by class, whether it is there and what that counts: (n, classes) each; and the sources."""

    features: Floats
    there: Known
    known: Known
    sources: list[str]


class Regression(nn.Module):
    """(n, D) features -> (n, classes) log-odds that a class is in the picture."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, len(CLASSES))
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, features: Tensor) -> Tensor:
        found: Tensor = self.linear(functional.normalize(features))
        return found


def fit(pictures: Pictures, rows: npt.NDArray[np.bool_]) -> Regression:
    """Learned from those rows; classes that few pictures have count for more, by the root of how few they are."""
    there, known = (torch.tensor(one[rows], dtype=torch.float32) for one in (pictures.there, pictures.known))
    features = torch.tensor(pictures.features[rows])
    with_it, without = (there * known).sum(0), ((1 - there) * known).sum(0)
    weights = known * torch.where(there > 0, (without / with_it.clamp(min=1)).sqrt(), torch.ones(()))
    model = Regression(features.shape[1])
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=150, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        wrong = functional.binary_cross_entropy_with_logits(model(features), there, reduction="none") * weights
        total = (wrong.sum() * STRENGTH + (model.linear.weight**2).sum() / 2) / len(features)
        total.backward()
        return total

    optimizer.step(loss)
    return model.eval()


def features_of(looker: LooksExtractor, paths: Sequence[Path], kept: Path) -> Floats:
    """(n, D); taken from `kept` where they are there."""
    if kept.exists() and len(found := np.load(kept)) == len(paths):
        return np.asarray(found, np.float32)
    seen = (looker.extract(image_of(read_picture(path))) for path in tqdm(paths, desc="looks", disable=None))
    found = np.array([one.embedding for one in seen], np.float32)
    kept.parent.mkdir(parents=True, exist_ok=True)
    np.save(kept, found)
    return found


def read(
    photographs: Sequence[Photograph], seen: Sequence[Sequence[Any]], scenes: Path, looker: LooksExtractor, out: Path
) -> Pictures:
    """Photographs, then scenes. What the teacher neither saw nor surely did not see counts for nothing."""
    labels = read_scenes(scenes)
    paths = [one.path for one in photographs] + [scenes / label["file"] for label in labels]
    there, known = np.zeros((len(paths), len(CLASSES))), np.zeros((len(paths), len(CLASSES)))
    for row, (photograph, found) in enumerate(zip(photographs, seen, strict=True)):
        drawn = {thing.label for thing in photograph.things}
        for column, name in enumerate(CLASSES):
            if name in photograph.known | drawn:
                there[row, column], known[row, column] = name in drawn, 1
            elif name not in photograph.about:
                score = max((one.score for one in found if one.label == name), default=0.0)
                there[row, column], known[row, column] = score >= SURE, TAUGHT * (score >= SURE or score < WEAKEST)
    for row, label in enumerate(labels, start=len(photographs)):
        there[row] = [name in {thing["class"] for thing in label["objects"]} for name in CLASSES]
        known[row] = SCENE
    sources = [one.source for one in photographs] + [""] * len(labels)
    return Pictures(features_of(looker, paths, out / "context-features.npy"), there, known, sources)


@torch.no_grad()
def judged(pictures: Pictures, sources: Sequence[str]) -> Floats:
    """(n, classes) log-odds of the pictures of `sources`, each by a regression without its source; 0 for the others."""
    found = np.zeros(pictures.there.shape, np.float32)
    of = np.array(pictures.sources)
    for source in sources:
        if (mine := of == source).any():
            found[mine] = fit(pictures, ~mine)(torch.tensor(pictures.features[mine])).numpy()
    return found


def choose(photographs: Sequence[Photograph], strongest: Floats, context: Floats) -> tuple[float, float]:
    """What the detector's odds and the context's count: what ranks the photographs of the classes best, on average."""
    there, known = truth(photographs)
    own = np.clip(strongest, FAINTEST, 0.99)
    odds = np.log(own / (1 - own))

    def rank(weights: tuple[float, float]) -> float:
        together = weights[0] * odds + weights[1] * context
        together[strongest < FAINTEST] = -np.inf
        return float(
            np.mean(
                [
                    average_precision_score(there[rows, column], np.maximum(together[rows, column], -1e6))
                    for column in range(len(CLASSES))
                    if there[rows := known[:, column], column].any()
                ]
            )
        )

    return max(product(TRUST, WEIGHT), key=rank)


def export(model: Regression, weight: float, path: Path) -> None:
    """`features` (1, D) -> `logits` (1, classes), times `weight`."""
    whole = Regression(model.linear.in_features)
    whole.load_state_dict({name: value * weight for name, value in model.state_dict().items()})
    example = (torch.ones(1, model.linear.in_features),)
    torch.onnx.export(
        whole, example, str(path), input_names=["features"], output_names=["logits"], opset_version=OPSET, dynamo=False
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--photographs", type=Path)
    parser.add_argument("--weights", type=Path, help="the teacher's, and ${weights} of the manifest")
    parser.add_argument("--scenes", type=Path, default=DATA / "scenes")
    parser.add_argument("--out", type=Path, default=DATA / "objects")
    parser.add_argument("--pages", type=int, default=PAGES, help="of nothing but print")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    weights = arguments.weights or ROOT / CommandLineSettings().weights
    variables = {"weights": str(weights)}

    folder = folder_of(PHOTOGRAPHS, arguments.photographs, "photographs with licences and boxes")
    photographs = read_photographs(folder)
    seen = teach(photographs, folder, weights, arguments.out / "teacher.jsonl", arguments.threads)
    looker = load_bundle(arguments.bundle, arguments.threads, variables).looks
    if looker is None:
        raise SystemExit(f"{arguments.bundle} has no looks stage.")
    pictures = read(photographs, seen, arguments.scenes, looker, arguments.out)
    stage = read_manifest(arguments.bundle, variables).stages["detection"]
    settings = stage.settings
    rivals = tuple(map(tuple, settings["rivals"]))
    model = Model(stage.files["model"], tuple(settings["classes"]), settings["side"], settings["iou"], rivals)

    held_out = [row for row, one in enumerate(photographs) if one.source in HELD_OUT]
    compared = [photographs[row] for row in held_out]
    contexts = judged(pictures, HELD_OUT)[held_out]
    alone = look(model, compared, arguments.threads)
    trust, weight = choose(compared, np.stack([one.strongest() for one in alone]), contexts)
    rows, added = np.array([model.names.index(name) for name in CLASSES]), iter(weight * contexts)
    found = look(model, compared, arguments.threads, lambda pixels, scores: combine(scores, rows, trust, next(added)))
    thresholds = choose_thresholds(compared, found)

    path = arguments.bundle / FILE
    export(fit(pictures, np.ones(len(pictures.sources), bool)), weight, path)
    context = Context(path, CLASSES, model.names, trust, arguments.threads)

    def in_print(pixels: Pixels, scores: Floats) -> Floats:
        return context.rescored(scores, looker.extract(image_of(pixels)))

    own = choose_thresholds(compared, alone)
    measured = {
        ALONE: scores(compared, alone, own)
        | {"print": pages_with_objects(model, own, arguments.pages, arguments.threads)},
        WHOLE: scores(compared, found, thresholds)
        | {"print": pages_with_objects(model, thresholds, arguments.pages, arguments.threads, in_print)},
    }
    publish(arguments.bundle, measured, thresholds, trust, weight, len(pictures.sources))
    seal.seal(arguments.bundle)
    print(json.dumps(measured, indent=1))


def publish(
    bundle: Path, measured: Mapping[str, Any], thresholds: Mapping[str, float], trust: float, weight: float, count: int
) -> None:
    """The card, the metrics, and the settings of the manifest."""
    command = f"python -m training.objects.context --bundle {_short(bundle)}"
    for folder in "cards", "metrics":
        (bundle / folder).mkdir(parents=True, exist_ok=True)
    common = {"stage": "objects", "dataset": DATASET, "command": command}
    rows = [
        common | {"metric": metric, "value": one[metric], "by": "" if one is measured[WHOLE] else name}
        for name, one in measured.items()
        for metric in ("AP50", "precision", "recall", "F1")
    ]
    (bundle / "metrics" / "context.json").write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    lines = "\n".join(
        f"| {name} | {one['AP50']} | {one['precision']} | {one['recall']} | {one['F1']} | {one['print']} |"
        for name, one in measured.items()
    )
    classes = "\n".join(
        f"| {name} | {one['boxes']} | {one['AP50']} | {'never' if one['threshold'] >= NEVER else one['threshold']} | "
        f"{one['precision']} | {one['recall']} |"
        for name, one in measured[WHOLE]["classes"].items()
    )
    (bundle / CARD).write_text(
        f"""# Context of the detector of `{bundle.name}`

A regression on the features of the looks stage says for each of {len(CLASSES)} classes whether it is in the picture.
Its log-odds times {weight:g} are added to {trust:g} times those of the detector's best box of the class, and the scores
of all its boxes are scaled to that: boxes are believed where the whole picture looks like them. A class whose best box
is fainter than {FAINTEST:g} is not there, whatever the picture looks like.
Licence: AGPL-3.0-or-later, like the project.

## Data
{count:,} photographs and rendered scenes, the same as the detector's (objects.md names sources, licences and
attributions): labels of people, elsewhere the teacher's. Nothing of `use: evaluate` and of creatives-dev.

## Measured
On photographs of sources that the detector never saw ({", ".join(HELD_OUT)}), each judged by a regression that saw
nothing of its source. Both rows have thresholds chosen for them on these photographs by the same rule, and the two
weights were chosen there as well: that flatters them. Precision, recall and F1 count classes per picture; "print" is
how many of {PAGES} pages of nothing but text have objects.

    {command}

| | AP50 | precision | recall | F1 | print |
|---|---|---|---|---|---|
{lines}

| class | boxes | AP50 | shown from | precision | recall |
|---|---|---|---|---|---|
{classes}

## Known limits
- A picture that looks like bags makes boxes of bags likelier, wherever they are.
- Few photographs have ties, spoons, suitcases and knives; of those it learned much from renders.
""",
        encoding="utf-8",
    )
    manifest = bundle / MANIFEST
    document: Any = tomlkit.parse(manifest.read_text(encoding="utf-8"))
    detection, whole = document["detection"], measured[WHOLE]
    detection["engine"] = ENGINE
    detection["context_classes"], detection["trust"] = list(CLASSES), trust
    if tuple(detection["classes"]) == CLASSES:
        detection["threshold"] = NEVER
    detection["thresholds"] = dict(thresholds)
    detection["weak"] = WEAK
    precision, recall = whole["precision"] or 0, whole["recall"] or 0
    detection["quality"] = (
        f"Photographs of sources it never saw: precision {precision:.2f}, recall {recall:.2f} of classes per picture"
    )
    detection["files"]["context"] = {"path": FILE, "sha256": ""}
    manifest.write_text(tomlkit.dumps(document), encoding="utf-8")


def _short(path: Path) -> Path:
    path = path.resolve()
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(path.name)


if __name__ == "__main__":
    main()
