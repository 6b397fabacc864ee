"""The MVP's trained topic classifier as ONNX: its state dict, unchanged, with the configuration of its encoder.

    python -m training.topic.mvp --state classifier.pth --config FOLDER --out mvp-topic.onnx

Inputs `input_ids` and `attention_mask` (n, tokens) and `objects` (n, classes), output `logits` (n, topics).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor

from adlens.vision.reference.topic import MvpClassifier, load_mvp_classifier
from training.onnx_files import OPSET

INPUTS = ("input_ids", "attention_mask", "objects")
TOLERANCE = 1e-3


def example(model: MvpClassifier, rows: int, length: int) -> tuple[Tensor, Tensor, Tensor]:
    config = model.bert.config
    mask = torch.ones(rows, length, dtype=torch.long)
    mask[-1, length // 2 :] = 0
    objects = torch.rand(rows, model.fc1.in_features - config.hidden_size)
    return torch.randint(0, config.vocab_size, (rows, length)), mask, objects


def export(model: MvpClassifier, path: Path) -> float:
    """Writes the ONNX model; the greatest difference of a logit to torch's on inputs of several shapes.

    Raises ValueError when that is beyond TOLERANCE.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    model.bert.set_attn_implementation("eager")
    torch.onnx.export(
        model,
        example(model, 2, 12),
        path,
        input_names=list(INPUTS),
        output_names=["logits"],
        dynamic_axes={
            "input_ids": {0: "n", 1: "t"},
            "attention_mask": {0: "n", 1: "t"},
            "objects": {0: "n"},
            "logits": {0: "n"},
        },
        opset_version=OPSET,
        dynamo=False,
    )
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    worst = 0.0
    for rows, length in (1, 2), (2, 12), (3, 160):
        inputs = example(model, rows, length)
        (found,) = session.run(None, {name: one.numpy() for name, one in zip(INPUTS, inputs, strict=True)})
        with torch.no_grad():
            worst = max(worst, float((torch.tensor(found) - model(*inputs)).abs().max()))
    if worst > TOLERANCE:
        raise ValueError(f"{path}: a logit differs from torch's by {worst:.1e}")
    return worst


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--config", type=Path, required=True, help="folder with the encoder's config.json")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    worst = export(load_mvp_classifier(arguments.state, arguments.config), arguments.out)
    print(f"{arguments.out}: logits within {worst:.1e} of torch's")


if __name__ == "__main__":
    main()
