"""What the tools of `make audit` answer, and the bill of materials of the web app's packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local import supply_chain
from local.supply_chain import CHECKOUT, Audit, Finding, python_audit, report, web_audit, web_bill

LIST = Path("api.txt")


def test_findings_of_pip_audit() -> None:
    vulnerable = {"id": "PYSEC-1", "fix_versions": ["2.1", "3.0"], "aliases": [], "description": ""}
    answer = {
        "dependencies": [
            {"name": "a", "version": "2.0", "vulns": [vulnerable]},
            {"name": "b", "version": "1.0", "vulns": []},
            {"name": "c", "skip_reason": "Dependency not found"},
        ],
        "fixes": [],
    }
    found = python_audit(LIST, json.dumps(answer), "")
    assert found == Audit(
        "api.txt", (Finding("a", "2.0", "PYSEC-1", "2.1, 3.0"),), "1 of 3 packages; Dependency not found"
    )


def test_findings_of_npm_audit_count_once() -> None:
    advisory = {"source": 1, "name": "ws", "url": "https://github.com/advisories/GHSA-1", "range": "<8"}
    answer = {
        "vulnerabilities": {
            "ws": {"name": "ws", "range": "<8", "via": [advisory]},
            "socket.io": {"name": "socket.io", "range": "*", "via": ["ws"]},  # by way of the other
        }
    }
    assert web_audit(json.dumps(answer), "").findings == (Finding("ws", "<8", "https://github.com/advisories/GHSA-1"),)


@pytest.mark.parametrize(
    ("answer", "errors", "problem"),
    [
        ("", "npm warn x\nnpm error network ENOTFOUND\n", "npm error network ENOTFOUND"),
        (
            '{"message": "405 Method Not Allowed", "method": "POST"}',
            "npm error A complete log",
            "405 Method Not Allowed",
        ),
        ('{"error": {"code": "ENOLOCK", "summary": "no lock"}}', "", "no lock"),
        ("{}", "", "npm audit gave no report"),
    ],
)
def test_without_a_network_npm_audit_says_so(answer: str, errors: str, problem: str) -> None:
    assert web_audit(answer, errors) == Audit("webapp/reflex.lock", problem=problem)


def test_without_a_network_pip_audit_says_so() -> None:
    trace = "Traceback (most recent call last):\n  File\nConnectionError: no route to pypi.org\n\n"
    assert python_audit(LIST, "", trace).problem == "ConnectionError: no route to pypi.org"
    assert python_audit(LIST, "", "").problem == "pip-audit gave no answer"


def test_the_report_says_what_was_found_and_what_was_not_checked() -> None:
    text = report([Audit("a.txt", (Finding("p", "1", "CVE-1", "2"),)), Audit("b.txt", problem="no network")])
    assert "- a.txt: 1 known vulnerabilities" in text
    assert "- b.txt: not (wholly) checked: no network" in text
    assert "| a.txt | p | 1 | CVE-1 | 2 |" in text


@pytest.mark.parametrize(
    ("python", "web", "status"),
    [("[]", "{}", 0), ('[{"id": "CVE-1", "fix_versions": []}]', "{}", 1), ("[]", '{"w": 1', 2)],
)
def test_the_exit_status_tells_findings_from_ignorance(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    python: str,
    web: str,
    status: int,
) -> None:
    """The tools are programs here that answer as given."""
    _program(tmp_path / "pip-audit", f'{{"dependencies": [{{"name": "p", "version": "1", "vulns": {python}}}]}}')
    _program(tmp_path / "npm", f'{{"vulnerabilities": {web}}}')
    monkeypatch.setattr(supply_chain, "_tool", lambda name: tmp_path / name)
    monkeypatch.setattr(supply_chain, "REPORT", CHECKOUT / "build" / "audit-of-a-test.md")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    try:
        assert supply_chain.audit() == status
        assert supply_chain.REPORT.read_text() in capsys.readouterr().out
    finally:
        supply_chain.REPORT.unlink()


def _program(path: Path, answer: str) -> None:
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    path.chmod(0o755)


def test_every_lock_is_audited_and_nothing_else() -> None:
    names = {path.name for path in supply_chain._lists()}
    assert {"api.txt", "analyze.txt", "dev.txt", "localstack.txt", "webapp.txt", "supply-chain.txt"} <= names
    assert "overrides.txt" not in names


def test_the_bill_of_the_web_app_has_every_package_of_its_lock() -> None:
    lock = (CHECKOUT / "webapp" / "reflex.lock" / "package-lock.json").read_text()
    components = web_bill(lock)["components"]
    assert len(components) == len(json.loads(lock)["packages"]) - 1
    react = next(each for each in components if each["name"] == "react")
    assert react["purl"] == f"pkg:npm/react@{react['version']}"
    (digest,) = react["hashes"]
    assert (digest["alg"], len(digest["content"])) == ("SHA-512", 128)
    scoped = next(each for each in components if each["name"].startswith("@react-router/"))
    assert scoped["purl"].startswith("pkg:npm/%40react-router/")
