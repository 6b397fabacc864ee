"""One way to make an ONNX Runtime session and its input, for every model of this room."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from adlens.vision.image import Pixels

Floats = npt.NDArray[np.float32]

CONFIGURATION = {
    "session.intra_op.allow_spinning": "0",  # idle workers would burn the cores that the other stages need
    "session.set_denormal_as_zero": "1",
}


def make_session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    """A CPU session that uses `threads` threads while it runs and none when it does not.

    Denormal numbers count as zero: some processors take a hundred times longer for them, and no finding needs them.
    ONNX Runtime sees to that in its own threads, and in the one that makes the process's first session; threads that
    this one starts take it over. So whoever analyses makes the engines, and starts the threads beside its own.
    """
    cv2.setNumThreads(threads)  # for the whole process; it prepares the inputs of all models
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    for name, value in CONFIGURATION.items():
        options.add_session_config_entry(name, value)
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def batch_of_one(pixels: Pixels, mean: float, scale: float, bgr: bool = False) -> Floats:
    """(1, 3, height, width) of an RGB picture (height, width, 3): each value less `mean`, times `scale`."""
    images = cv2.dnn.blobFromImage(pixels, scale, mean=(mean, mean, mean), swapRB=bgr)
    return np.asarray(images, np.float32)
