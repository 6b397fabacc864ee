"""A question about lift in, an estimate out; what is wrong with the question is an answer, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Tracer

from adlens.domain.errors import InvalidValue, UnknownGroup
from adlens.domain.lift import lift_answer, parse_lift_request
from functions.lift import wiring

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="lift")
tracer = Tracer(service="lift")


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    workspace_id, metric, chosen = parse_lift_request(event)
    try:
        lift = wiring.estimate_lift()(workspace_id, metric, chosen)
    except (UnknownGroup, InvalidValue) as error:
        return {"error": {"code": error.code, "message": str(error), "field": getattr(error, "field", "")}}
    logger.info("lift estimated", workspace_id=str(workspace_id), metric=metric, creatives=lift.total.creatives)
    return {"lift": lift_answer(lift)}
