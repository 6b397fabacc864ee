"""Random weights of the true architectures, for the bundle models/reference: what trained ones cost, and find nothing.

    python -m training.random_weights FOLDER           # a bundle: models/reference with its files pinned
    python -m training.random_weights FOLDER --tiny    # with the smallest BERT that runs; the rest is small anyway

For tests of loading, shapes and cost where the trained files are not at hand. Random weights would read noise, so the
text detector finds nothing, or (`one_line`) takes the whole picture for a line, which is read as one letter.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

from training.paths import ROOT

MANIFEST = ROOT / "models" / "reference" / "manifest.toml"
RUBERT_BASE = {"vocab_size": 119_547, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
TINY_BERT = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
HIDDEN, OBJECTS, TOPICS = 256, 80, 5
LETTER = "a"  # the one that the recogniser reads
_SURELY = 1e3
_SELDOM = -5.0
_PINNED_FILE = re.compile(r'path = "\$\{weights\}/(?P<path>[^"]+)"\n(?:md5|unpinned|sha256) = .*')


def prepare_bundle(folder: Path, bert: dict[str, int], *, one_line: bool = False, yolo: str = "yolov8n") -> None:
    """Writes models/reference as a bundle that carries its files, `folder` being empty or new."""
    save_easyocr(folder / "easyocr", one_line=one_line)
    save_yolo(folder / "yolov8n.pt", yolo)
    save_topic(folder / "mvp-topic", bert)

    def pin(entry: re.Match[str]) -> str:
        sha256 = hashlib.sha256((folder / entry["path"]).read_bytes()).hexdigest()
        return f'path = "{entry["path"]}"\nsha256 = "{sha256}"'

    (folder / "manifest.toml").write_text(_PINNED_FILE.sub(pin, MANIFEST.read_text()))


def save_easyocr(folder: Path, *, one_line: bool = False) -> None:
    """CRAFT and the Cyrillic recogniser, as EasyOCR's files: about 100 MB."""
    import torch
    from easyocr.config import recognition_models
    from easyocr.craft import CRAFT
    from easyocr.model.vgg_model import Model

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    craft = CRAFT()
    with torch.no_grad():  # the scores of text and of links between letters, whatever the picture
        craft.conv_cls[-1].weight.zero_()
        craft.conv_cls[-1].bias.copy_(torch.tensor([1.0, 0.0]) if one_line else torch.zeros(2))
    characters = recognition_models["gen2"]["cyrillic_g2"]["characters"]
    recogniser = Model(input_channel=1, output_channel=256, hidden_size=256, num_class=len(characters) + 1)
    with torch.no_grad():
        recogniser.Prediction.bias[1 + characters.index(LETTER)] = _SURELY  # so that it never reads a second time
    for name, model in ("craft_mlt_25k", craft), ("cyrillic_g2", recogniser):
        # They were saved from data-parallel training, and EasyOCR expects the names of that.
        torch.save({f"module.{key}": value for key, value in model.state_dict().items()}, folder / f"{name}.pth")


def save_yolo(path: Path, size: str) -> None:
    """A YOLOv8 that sees some things that are not there. As it is initialised its signal fades to nothing on the way,
    so that all outputs would be the same: its normalisations are set by samples/, and its class scores spread.
    """
    import torch
    from ultralytics import YOLO

    from training.upstream.compare import read_pictures
    from training.upstream.quantise import inputs_of

    torch.manual_seed(0)
    yolo = YOLO(f"{size}.yaml")
    yolo.model.names = dict(enumerate(tomllib.loads(MANIFEST.read_text())["classification"]["classes"]))
    pictures = torch.cat([*map(torch.from_numpy, inputs_of(read_pictures(ROOT / "samples")[::2], 320))])
    norms = [layer for layer in yolo.model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    momentum = norms[0].momentum
    for norm in norms:
        norm.momentum = None  # the statistics of what comes, whole
    with torch.no_grad():
        yolo.model.train()(pictures)
        for branch in yolo.model.model[-1].cv3:
            branch[-1].weight.mul_(2)
            branch[-1].bias.fill_(_SELDOM)
    for norm in norms:
        norm.momentum = momentum
    yolo.save(path)


def save_topic(folder: Path, bert: dict[str, int]) -> Any:
    """The MVP's state dict with its encoder's configuration, and a vocabulary of single characters; gives the model."""
    import torch
    from transformers import BertConfig, BertModel

    from adlens.vision.reference.topic import MvpClassifier

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    letters = [chr(code) for code in (*range(ord("a"), ord("z") + 1), *range(ord("а"), ord("я") + 1))]
    characters = [*letters, "ё", *map(str, range(10))]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{one}" for one in characters)]
    config = BertConfig(**({"vocab_size": len(vocabulary)} | bert))
    config.save_pretrained(folder)
    model = MvpClassifier(BertModel(config), OBJECTS, HIDDEN, TOPICS)
    torch.save(model.state_dict(), folder / "classifier.pth")
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--tiny", action="store_true", help="the smallest BERT that runs, not one of ruBERT-base's size"
    )
    parser.add_argument("--one-line", action="store_true", help="the text detector takes each picture for one line")
    parser.add_argument("--yolo", default="yolov8n", help="architecture of the detector")
    arguments: Any = parser.parse_args()
    bert = TINY_BERT if arguments.tiny else RUBERT_BASE
    prepare_bundle(arguments.folder, bert, one_line=arguments.one_line, yolo=arguments.yolo)


if __name__ == "__main__":
    main()
