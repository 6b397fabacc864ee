"""cdk-nag and cfn-lint on both stages. That there is no finding without a reason is what synthesis itself checks."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra_cdk import nag
from infra_cdk.config import ROOT

from .conftest import Stage, synthesise


@pytest.mark.parametrize("built", ["local", "aws", "aws_domain", "aws_without_web"])
def test_every_reason_is_for_a_finding(
    built: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage: Stage = request.getfixturevalue(built)
    given: set[str] = set()

    def note(unacknowledged: object) -> None:
        given.update(rule for rule, _ in nag.reasons(unacknowledged))  # type: ignore[arg-type]

    monkeypatch.setattr("infra_cdk.stacks.acknowledge", note)
    with pytest.raises(RuntimeError, match="ValidationFailed") as failure:
        synthesise(stage.config, tmp_path)
    assert set(re.findall(r"'AwsSolutions::AwsSolutions-(.+)'", str(failure.value))) == given


def test_every_reason_says_something() -> None:
    tables = (nag.EVERYWHERE, nag.ON_AWS, nag.LOCALLY, nag.WEB, nag.WITHOUT_DOMAIN)
    reasons = [nag.OBJECTS, *(reason for table in tables for reason in table.values())]
    assert all(len(reason.split()) >= 6 for reason in reasons)


def test_cfn_lint(aws: Stage, aws_domain: Stage, aws_without_web: Stage, local: Stage) -> None:
    files = [stage.file for stage in (aws, aws_domain, aws_without_web, local)]
    command = [Path(sys.executable).with_name("cfn-lint"), "--regions", "us-east-1", "--", *files]
    # In the repository's root, where .cfnlintrc.yaml is.
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
