"""`make models`: models/upstream, the bundle with the official YOLOv8 weights as ONNX.

    python -m training.upstream                          # size n, from ADLENS_WEIGHTS or fetched
    python -m training.upstream --size s --precision int8

Exports, checks the result against the .pt on samples/ (boxes within 1 pixel, scores within 0.001), and writes manifest,
weights and card. With weights at hand it needs no network. int8 is no copy of the .pt, so what it loses is written into
the card instead.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import cast

import torch
from tqdm import tqdm

from adlens.domain.analysis import Stage
from adlens.domain.ports.vision import ObjectDetector
from adlens.settings import CommandLineSettings
from adlens.vision.bundle import ENGINES, read_manifest
from adlens.vision.reference.objects import UltralyticsDetector
from training.paths import DATA, ROOT
from training.upstream.compare import Agreement, compare, medians_in_turn, read_pictures
from training.upstream.compose import MODELS, compose
from training.upstream.export import export
from training.upstream.quantise import inputs_of, quantise
from training.upstream.weights import SIZES, find_weights

SIDE = 640
DOWNLOADS = DATA / "upstream"
CARD = """# YOLOv8{size}, {precision}

- **Source**: Ultralytics' YOLOv8{size}, trained by them on COCO, {origin}; sha256 of the .pt
  {weights_sha256}.
  Exported to ONNX.
- **Licence**: AGPL-3.0.
- **Against the .pt** on {pictures} pictures of samples/ (`python -m training.upstream`): of {objects} objects {lost}
  lost and {new} new; boxes within {pixels:.3f} pixels, scores within {scores:.6f}.
- **Speed** on the machine that made it, one thread, median of {pictures} pictures in turn: {seconds:.3f} s a picture,
  ultralytics with the .pt {reference_seconds:.3f} s.
- **Limits**: 80 everyday classes of photographs; drawn and heavily retouched products are found less often.{limits}
"""
INT8_LIMITS = " Quantised: objects near the threshold come and go, as counted above."


def make(weights: Path, size: str, precision: str, out: Path) -> Agreement:
    """Writes the bundle into `out`, all of it or nothing. Raises SystemExit when it does not agree with the weights."""
    torch.set_num_threads(1)
    pictures = read_pictures(ROOT / "samples")
    origin = "fetched by ultralytics" if weights.parent == DOWNLOADS else f"the file {weights.name} that was given"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / f"yolov8{size}.onnx"
        classes = export(weights, model, SIDE)
        if precision == "int8":
            exact = model.rename(folder / "exact.onnx")
            quantise(exact, model, tqdm(inputs_of(pictures, SIDE), desc="ranges", unit="picture"))
            exact.unlink()
        about = {
            "licence": "AGPL-3.0",
            "source": f"YOLOv8{size} trained on COCO by Ultralytics, {origin} (sha256 {_sha256(weights)}), {precision}",
        }
        compose(folder, model, classes, f"yolov8{size}-{precision}", about)
        stage = read_manifest(folder, {"weights": str(CommandLineSettings().weights)}).stages[Stage.DETECTION]
        # ultralytics knows one threshold, and no classes that exclude one another.
        plain = replace(stage, settings={**stage.settings, "thresholds": {}, "rivals": []})
        made = cast(ObjectDetector, ENGINES[Stage.DETECTION][stage.engine].make(plain, 1))
        reference = UltralyticsDetector(weights, stage.settings["threshold"], stage.settings["iou"], SIDE, threads=1)
        agreement = compare(reference, made, pictures)
        if precision == "fp32" and not agreement.exact:
            raise SystemExit(f"The ONNX file does not find what {weights.name} finds: {agreement}")
        seconds, reference_seconds = medians_in_turn((made, reference), pictures)
        measured = asdict(agreement) | {"seconds": seconds, "reference seconds": reference_seconds}
        _write_metrics(folder / "metrics" / "objects.json", measured, len(pictures), size, precision)
        card = CARD.format(
            **asdict(agreement),
            pictures=len(pictures),
            seconds=seconds,
            reference_seconds=reference_seconds,
            size=size,
            precision=precision,
            origin=origin,
            weights_sha256=_sha256(weights),
            limits=INT8_LIMITS if precision == "int8" else "",
        )
        (folder / "CARD.md").write_text(card)
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(folder, out)
    return agreement


def _write_metrics(path: Path, measured: Mapping[str, float], pictures: int, size: str, precision: str) -> None:
    """Rows as benchmarks.table shows them."""
    command = f"python -m training.upstream --size {size} --precision {precision}"
    common = {"stage": "objects", "dataset": "samples", "pictures": pictures, "by": "against the .pt"}
    rows = [common | {"metric": name, "value": value, "command": command} for name, value in measured.items()]
    path.parent.mkdir()
    path.write_text(json.dumps({"rows": rows}, indent=1) + "\n")


def _sha256(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = os.environ.get("ADLENS_YOLO_SIZE", "n")
    parser.add_argument("--size", choices=SIZES, default=size, help="of YOLOv8; ADLENS_YOLO_SIZE, else n")
    parser.add_argument("--precision", choices=("fp32", "int8"), default="fp32")
    parser.add_argument(
        "--weights", type=Path, default=ROOT / CommandLineSettings().weights, help="folder of .pt files"
    )
    parser.add_argument("--out", type=Path, default=MODELS / "upstream")
    arguments = parser.parse_args()
    weights = find_weights(arguments.size, arguments.weights, DOWNLOADS)
    agreement = make(weights, arguments.size, arguments.precision, arguments.out)
    print(f"{arguments.out}: YOLOv8{arguments.size} {arguments.precision} from {weights.name}; {agreement}")


if __name__ == "__main__":
    main()
