"""One way to make an ONNX Runtime session, for every model of this room."""

from __future__ import annotations

from pathlib import Path

import cv2
import onnxruntime


def make_session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    """A CPU session that uses `threads` threads while it runs and none when it does not."""
    cv2.setNumThreads(threads)  # for the whole process; it prepares the inputs of all models
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Idle workers would burn the cores that the other stages need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
