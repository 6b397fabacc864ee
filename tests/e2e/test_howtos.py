"""The how-tos of docs/howto, line by line as they are written, on the real local stack."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ("cups_01_card.jpg", "ties_01_card.jpg", "bags_01_card.jpg")
SH = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("jq") is None, reason="the how-tos read answers with jq: apt-get install jq")
@pytest.mark.parametrize("page", ["analyst", "data-scientist"])
def test_the_lines_run_as_they_stand(page: str, workspace, tmp_path: Path) -> None:
    names = [name for name in SAMPLES if (ROOT / "samples" / name).exists()]
    group_id, _ = workspace.upload({name: (ROOT / "samples" / name).read_bytes() for name in names}, tmp_path)
    assert {row["overall_status"] for row in workspace.settled(group_id).values()} == {"SUCCESS"}
    script = "\n".join(SH.findall((ROOT / f"docs/howto/{page}.md").read_text()))
    key = workspace.api.headers["x-api-key"]
    api = str(workspace.api.base_url).rstrip("/")
    ran = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "API": api,
            "KEY": key,
            "ADLENS_API_URL": api,
            "ADLENS_API_KEY": key,
        },
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout[-2000:]}\n{ran.stderr[-4000:]}"
