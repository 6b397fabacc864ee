"""Known vulnerabilities of what is pinned, and bills of materials: `make audit`, `make sbom`.

Reads requirements/*.txt and webapp/reflex.lock, and installs none of it. Runs in the environment of
requirements/supply-chain.txt; npm comes from the project's own.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

CHECKOUT = Path(__file__).resolve().parent.parent
REPORT = CHECKOUT / "build" / "audit.md"
BILLS = CHECKOUT / "build" / "sbom"
WEB = CHECKOUT / "webapp" / "reflex.lock"
SECONDS = 300  # of one tool with one list
UNKNOWN = "Not all lists could be checked: run it where the advisories of PyPI and of the npm registry can be reached."


@dataclass(frozen=True)
class Finding:
    """One advisory for one pinned package; `fixed` names the versions without it, or is empty."""

    package: str
    version: str
    advisory: str
    fixed: str = ""


@dataclass(frozen=True)
class Audit:
    """What a tool found in a list; `problem` says why it could not look."""

    source: str
    findings: tuple[Finding, ...] = ()
    problem: str = ""


def python_audit(requirements: Path, answer: str, errors: str) -> Audit:
    """From the JSON that pip-audit printed, or from its last words when it printed none."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Audit(requirements.name, problem=_last_line(errors) or "pip-audit gave no answer")
    skipped = [package["skip_reason"] for package in packages if "skip_reason" in package]
    return Audit(
        requirements.name,
        tuple(
            Finding(package["name"], package["version"], advisory["id"], ", ".join(advisory["fix_versions"]))
            for package in packages
            for advisory in package.get("vulns", ())
        ),
        f"{len(skipped)} of {len(packages)} packages; {skipped[0]}" if skipped else "",
    )


def web_audit(answer: str, errors: str) -> Audit:
    """From the JSON that `npm audit` printed, or from what it says instead of a report."""
    source = str(WEB.relative_to(CHECKOUT))
    try:
        report: dict[str, Any] = json.loads(answer)
    except ValueError:
        return Audit(source, problem=_last_line(errors) or "npm audit gave no answer")
    if "vulnerabilities" not in report:
        reason = report.get("message") or report.get("error", {}).get("summary")
        return Audit(source, problem=reason or _last_line(errors) or "npm audit gave no report")
    vulnerabilities = report["vulnerabilities"].items()
    return Audit(
        source,
        tuple(
            Finding(name, str(each["range"]), advisory["url"])
            for name, each in vulnerabilities
            for advisory in each["via"]
            if isinstance(advisory, dict)  # the rest are names of packages that have their own entry
        ),
    )


def report(audits: list[Audit]) -> str:
    """Markdown: a line for each list, and a table of what was found."""
    lines = ["# Audit of pinned packages", ""]
    for audit in audits:
        count = f"{len(audit.findings)} known vulnerabilities"
        lines.append(f"- {audit.source}: " + (f"not (wholly) checked: {audit.problem}" if audit.problem else count))
    found = [(audit.source, finding) for audit in audits for finding in audit.findings]
    if found:
        lines += ["", "| list | package | version | advisory | fixed in |", "|---|---|---|---|---|"]
        lines += [f"| {source} | {f.package} | {f.version} | {f.advisory} | {f.fixed} |" for source, f in found]
    return "\n".join(lines) + "\n"


def audit() -> int:
    """Writes the report. 0: nothing found; 1: vulnerabilities; 2: something could not be checked."""
    audits = []
    for path in _lists():
        done = _run(_tool("pip-audit"), "--disable-pip", "--require-hashes", "--format=json", "-r", path)
        audits.append(python_audit(path, done.stdout, done.stderr))
    done = _run("npm", "audit", "--json", "--package-lock-only", "--prefix", WEB)
    audits.append(web_audit(done.stdout, done.stderr))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report(audits))
    print(report(audits), f"\nwritten to {REPORT.relative_to(CHECKOUT)}", sep="")
    if any(each.findings for each in audits):
        return 1
    if any(each.problem for each in audits):
        print(UNKNOWN)
        return 2
    return 0


def sbom() -> int:
    """Writes a CycloneDX file for each list; needs no network."""
    BILLS.mkdir(parents=True, exist_ok=True)
    for path in _lists():
        done = _run(_tool("cyclonedx-py"), "requirements", "--output-reproducible", path)
        if done.returncode:
            raise SystemExit(f"No bill of materials of {path.name}: {_last_line(done.stderr)}")
        _write_bill(path.stem, json.loads(done.stdout))
    _write_bill("webapp-npm", web_bill((WEB / "package-lock.json").read_text()))
    return 0


def web_bill(lock: str) -> dict[str, Any]:
    """CycloneDX of a package-lock.json. `npm sbom` makes none where a package wants another version of its peers, as
    some of Reflex's do."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": [
            _component(path.rpartition("node_modules/")[2], package)
            for path, package in sorted(json.loads(lock)["packages"].items())
            if path  # the root is no package of others
        ],
    }


def _component(name: str, package: dict[str, Any]) -> dict[str, Any]:
    algorithm, _, digest = package["integrity"].partition("-")
    purl = f"pkg:npm/{quote(name, safe='/')}@{package['version']}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": package["version"],
        "purl": purl,
        "scope": "excluded" if package.get("dev") else "required",
        "hashes": [{"alg": algorithm.upper().replace("SHA", "SHA-"), "content": base64.b64decode(digest).hex()}],
        **({"licenses": [{"expression": package["license"]}]} if "license" in package else {}),
    }


def _write_bill(name: str, bill: dict[str, Any]) -> None:
    target = BILLS / f"{name}.cdx.json"
    target.write_text(json.dumps(bill, indent=2))
    print(f"{target.relative_to(CHECKOUT)}: {len(bill['components'])} packages")


def _lists() -> list[Path]:
    """The locks; what else lies there has no hashes."""
    return sorted(path for path in (CHECKOUT / "requirements").glob("*.txt") if "--hash=" in path.read_text())


def _tool(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def _run(command: str | Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    found = shutil.which(command)
    if found is None:
        raise SystemExit(f"{command} is missing; run `make audit` or `make sbom`, which install it")
    try:
        return subprocess.run(
            [found, *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess([found], 1, "", f"no answer within {SECONDS} seconds")


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


if __name__ == "__main__":
    raise SystemExit({"audit": audit, "sbom": sbom}[sys.argv[1]]())
