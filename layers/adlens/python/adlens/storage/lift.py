"""The function that estimates lift, called and waited for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from adlens.domain.errors import InvalidValue, MalformedEvent, TransientError, UnknownGroup
from adlens.domain.gallery import CreativeFilter
from adlens.domain.lift import Lift, Metric, lift_request, parse_lift_answer
from adlens.storage.errors import as_transient

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_NO_ANSWER = "The statistics function did not answer as expected. Try again shortly, or ask about fewer creatives."


class LambdaLiftEstimator:
    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def __call__(self, workspace_id: UUID, metric: Metric, chosen: CreativeFilter) -> Lift:
        with as_transient("statistics function"):
            answer = self._client.invoke(
                FunctionName=self._function, Payload=json.dumps(lift_request(workspace_id, metric, chosen)).encode()
            )
            body = answer["Payload"].read()
        if "FunctionError" in answer:
            raise TransientError(_NO_ANSWER)
        try:
            return _told(json.loads(body))
        except (ValueError, TypeError, KeyError, MalformedEvent) as error:
            # Text, or an object with errorType, is how the runtime's emulator reports a failure.
            raise TransientError(_NO_ANSWER) from error


def _told(answer: dict[str, Any]) -> Lift:
    if "error" not in answer:
        return parse_lift_answer(answer["lift"])
    code, message, field = (answer["error"][name] for name in ("code", "message", "field"))
    if code == UnknownGroup.code:
        raise UnknownGroup(message)
    raise InvalidValue(message, field)
