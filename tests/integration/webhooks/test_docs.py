"""The lines of docs/webhooks.md that check a signature, run as they stand there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adlens.domain.webhooks import new_secret, sign

DOCS = (Path(__file__).resolve().parents[3] / "docs/webhooks.md").read_text()
BODY = '{"type":"ping","data":{"name":"Кружка"}}'

Verified = Callable[[str, dict[str, str], bytes], bool]


def snippet(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCS, re.S)
    return str(found)


def by_python(secret: str, headers: dict[str, str], body: bytes) -> bool:
    names: dict[str, Verified] = {}
    exec(snippet("python"), names)  # noqa: S102 - our own docs
    return names["verified"](secret, headers, body)


def by_node(secret: str, headers: dict[str, str], body: bytes) -> bool:
    beside = Path(sys.executable).with_name("node")
    node = beside if beside.exists() else shutil.which("node")
    assert node, "node is part of requirements/dev.txt"
    call = f"console.log(verified({json.dumps(secret)}, {json.dumps(headers)}, Buffer.from({list(body)})))"
    result = subprocess.run([node, "-e", snippet("js") + call], capture_output=True, text=True, check=True, timeout=60)
    return {"true": True, "false": False}[result.stdout.strip()]


@pytest.mark.parametrize("verified", [by_python, by_node])
def test_what_the_docs_say_tells_true_from_forged(verified: Verified) -> None:
    secret, now = new_secret(), int(time.time())

    def headers(at: int = now, **changes: str) -> dict[str, str]:
        made = {"webhook-id": "m1", "webhook-timestamp": str(at), "webhook-signature": sign(secret, "m1", at, BODY)}
        return made | {name.replace("_", "-"): value for name, value in changes.items()}

    body = BODY.encode()
    assert verified(secret, headers(), body)
    assert verified(secret, headers(webhook_signature=f"v1,AAAA {headers()['webhook-signature']}"), body)
    assert not verified(secret, headers(), body + b" ")
    assert not verified(new_secret(), headers(), body)
    assert not verified(secret, headers(webhook_id="m2"), body)
    assert not verified(secret, headers(now - 400), body)
    assert not verified(secret, headers(webhook_timestamp=str(now + 1)), body)
    assert not verified(secret, headers(webhook_signature=""), body)
