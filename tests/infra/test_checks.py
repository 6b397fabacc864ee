"""cdk-nag and cfn-lint on both stages. That there is no finding without a reason is what synthesis itself checks."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra_cdk import nag
from infra_cdk.config import ROOT

from .conftest import Stage, synthesise


@pytest.mark.parametrize("built", ["local", "aws", "aws_domain", "aws_lean"])
def test_every_reason_is_for_a_finding(
    built: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage: Stage = request.getfixturevalue(built)
    given: set[str] = set()

    def note(_: object, unacknowledged: object) -> None:
        given.update(rule for rule, _ in nag.reasons(unacknowledged))  # type: ignore[arg-type]

    monkeypatch.setattr("infra_cdk.stacks.acknowledge", note)
    with pytest.raises(RuntimeError, match="ValidationFailed") as failure:
        synthesise(stage.config, tmp_path)
    assert set(re.findall(r"'AwsSolutions::AwsSolutions-(.+)'", str(failure.value))) == given


def test_every_reason_says_something() -> None:
    tables = (nag.EVERYWHERE, nag.ON_AWS, nag.LOCALLY, nag.WEB, nag.WITHOUT_DOMAIN, nag.WITHOUT_ACL, nag.UNPROTECTED)
    reasons = [nag.OBJECTS, *(reason for table in tables for reason in table.values())]
    assert all(len(reason.split()) >= 6 for reason in reasons)


def test_synthesis_as_the_cdks_command_line_runs_it(aws_env: dict[str, str], tmp_path: Path) -> None:
    """It runs the app of cdk.json, tells it account and region, and asks the account for what is missing."""
    python, *arguments = json.loads((ROOT / "cdk.json").read_text())["app"].split()
    assert python == ".venv/bin/python"
    given = {name: value for name, value in os.environ.items() if not name.startswith(("ADLENS_", "CDK_"))}
    told = {
        "ADLENS_CDK_STAGE": "aws",
        "CDK_DEFAULT_ACCOUNT": "111111111111",
        "CDK_DEFAULT_REGION": "ap-northeast-1",
        "CDK_OUTDIR": str(tmp_path),
        "CDK_CONTEXT_JSON": json.dumps({"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}),
    }
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=given | aws_env | told,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert not manifest.get("missing")
    stacks = [found for found in manifest["artifacts"].values() if found["type"] == "aws:cloudformation:stack"]
    assert {stack["environment"] for stack in stacks} == {"aws://111111111111/ap-northeast-1"}


def test_cfn_lint(aws: Stage, aws_domain: Stage, aws_lean: Stage, local: Stage) -> None:
    files = [file for stage in (aws, aws_domain, aws_lean, local) for file in stage.files]
    command = [Path(sys.executable).with_name("cfn-lint"), "--regions", "us-east-1", "--", *files]
    # In the repository's root, where .cfnlintrc.yaml is.
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
