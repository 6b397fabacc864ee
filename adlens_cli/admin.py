"""The admin function of a stage, called with the operator's own credentials: AWS's, or the local stack's."""

from __future__ import annotations

import json
import sys
from typing import Any, Literal, NoReturn

import typer

from local import stack

Stage = Literal["local", "aws"]


def call(stage: Stage, action: str, region: str | None = None, **arguments: Any) -> Any:
    """The result of an action (functions/admin). Says what went wrong and exits where there is none."""
    functions = _functions(stage, region)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = functions.invoke(
            FunctionName=f"adlens-{stage}-admin",
            Payload=json.dumps({"action": action, "arguments": arguments}).encode(),
        )
    except (BotoCoreError, ClientError) as error:
        fail(f"the function adlens-{stage}-admin can't be called: {error}")
    payload = json.loads(answer["Payload"].read() or b"{}")
    if "FunctionError" in answer:
        fail(f"adlens-{stage}-admin failed: {payload.get('errorMessage', payload)}")
    if "error" in payload:
        fail(payload["error"]["message"])
    return payload["result"]


def _functions(stage: Stage, region: str | None) -> Any:
    if stage == "local":
        if stack.running() is None:
            fail("the local stack does not run; start it with `adlens up`.")
        return stack.aws("lambda")
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    try:
        # An erasure answers after 14 minutes at most. Called twice, a key would be made twice.
        config = Config(read_timeout=900, retries={"total_max_attempts": 1})
        return boto3.client("lambda", region_name=region, config=config)
    except BotoCoreError as error:
        fail(f"{error} Name a --region, or set AWS_REGION.")


def fail(message: str) -> NoReturn:
    print(f"adlens: {message}", file=sys.stderr)
    raise typer.Exit(1)
