"""A real browser for the tests: Debian's Chromium, or the one that ADLENS_TEST_CHROMIUM names.

python -m tests.web.chromium      # installs it where that is possible, else says how
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
ADVICE = (
    "No Chromium: the browser tests are skipped. Install one (Debian and Ubuntu: apt-get install chromium), "
    "or name one in ADLENS_TEST_CHROMIUM."
)


def chromium() -> str | None:
    """The path of a Chromium, None where there is none."""
    named = os.environ.get("ADLENS_TEST_CHROMIUM")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    return found if found and Path(found).exists() else None


def install() -> bool:
    """Installs Debian's Chromium where this user may; whether there is one now."""
    if chromium():
        return True
    if shutil.which("apt-get") and os.geteuid() == 0:
        quietly = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quietly)  # type: ignore[call-overload]
        subprocess.run(  # type: ignore[call-overload]
            ["apt-get", "install", "-qq", "--no-install-recommends", "chromium"], check=False, **quietly
        )
    return chromium() is not None


if __name__ == "__main__":
    if not install():
        sys.stderr.write(f"{ADVICE}\n")
