"""Parts of the PP-OCRv6 models in the pinned rapidocr wheel (Apache-2.0): checked by sha256, cut out as ONNX."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

SHA256 = {
    "PP-OCRv6_det_small.onnx": "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    "PP-OCRv6_rec_small.onnx": "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
}


def model(name: str) -> Path:
    """Where the wheel keeps `name`. Raises ValueError when it is another file than the one the heads are made for."""
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise ValueError("the package rapidocr is not installed")
    path = Path(spec.origin).parent / "models" / name
    if (checksum := hashlib.sha256(path.read_bytes()).hexdigest()) != SHA256[name]:
        raise ValueError(f"{path.name} is not the file that our models stand on: its sha256 is {checksum}")
    return path


def cut(name: str, outputs: list[str], target: Path) -> Path:
    """Writes the part of the model between its input `x` and the tensors `outputs`."""
    from onnx.utils import extract_model

    target.parent.mkdir(parents=True, exist_ok=True)
    extract_model(str(model(name)), str(target), ["x"], outputs)
    return target
