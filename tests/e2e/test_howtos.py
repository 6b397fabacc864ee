"""The how-tos of docs/howto and the first creative of docs/deployment.md, as they stand, on the real local stack."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ("cups_01_card.jpg", "ties_01_card.jpg", "bags_01_card.jpg")
PATIENCE_SECONDS = 120
needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="the pages read answers with jq: apt-get install jq")
SH = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@needs_jq
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


@needs_jq
def test_the_first_creative_of_a_deployment_is_seen_to_arrive(workspace) -> None:
    page = (ROOT / "docs/deployment.md").read_text()
    (step,) = (step for step in SH.findall(page) if "/upload" in step)
    addresses, steps = step.split("\n", 1)
    assert addresses.startswith("export ADLENS_API_URL=https://")
    *_, last = steps.strip().splitlines()
    expected = [line.rpartition("# ")[2] for line in steps.splitlines() if "# " in line]

    def said(script: str) -> list[str]:
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=ROOT,
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "ADLENS_API_URL": str(workspace.api.base_url).rstrip("/"),
                "KEY": workspace.api.headers["x-api-key"],
            },
            capture_output=True,
            text=True,
            timeout=240,
            check=True,
        )
        return ran.stdout.splitlines()

    answers = said(steps)
    assert answers[:2] == expected[:2]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while answers[-1] != expected[-1] and time.monotonic() < deadline:
        assert json.loads(answers[-1])[0] in ("PENDING", "PROCESSING")
        time.sleep(1)
        answers = said(last)
    assert answers[-1] == expected[-1] == '["SUCCESS","clocks"]'
