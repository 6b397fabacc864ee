"""The environment that holds torch: .local/venvs/training, apart from the project's own. Serving never sees it.

python -m training.environment      # makes it, or brings it up to date, and prints its interpreter
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements" / "training.txt"
ENVIRONMENT = ROOT / ".local" / "venvs" / "training"


def training_python() -> Path:
    """The interpreter of the training environment, made or brought up to date first when it is not.

    Raises SystemExit when the packages cannot be installed.
    """
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / ".requirements-sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    print(
        f"Installing torch, ultralytics, EasyOCR and transformers into {ENVIRONMENT.relative_to(ROOT)}: "
        "once, some 2 GB to download, 6 GB on disk, a few minutes.",
        file=sys.stderr,
        flush=True,
    )
    venv.create(ENVIRONMENT, symlinks=True)
    uv = Path(sys.executable).with_name("uv")
    install = [uv, "pip", "install", "--compile-bytecode", "--require-hashes", "--no-deps"]
    install += ["--python", python, "-r", REQUIREMENTS]
    if subprocess.run(install, check=False).returncode:
        raise SystemExit("The training environment could not be installed; see above.")
    stamp.write_text(wanted)
    return python


def training_variables() -> dict[str, str]:
    """Environment variables for that interpreter: it finds the library, fetches nothing and reports nothing home."""
    library = ROOT / "layers" / "adlens" / "python"
    offline = {"HF_HUB_OFFLINE": "1", "YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "0", "YOLO_VERBOSE": "0"}
    quiet = {"HF_HUB_DISABLE_PROGRESS_BARS": "1", "YOLO_CONFIG_DIR": str(ROOT / ".local" / "ultralytics")}
    return {**os.environ, **offline, **quiet, "PYTHONPATH": os.pathsep.join((str(library), str(ROOT)))}


if __name__ == "__main__":
    interpreter = training_python()
    if module := sys.argv[1:]:
        os.execve(interpreter, [interpreter, "-m", *module], training_variables())  # noqa: S606
    print(interpreter)
