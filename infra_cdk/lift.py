"""Statistics of performance: an image function of its own, for its libraries fit no zip beside the API's."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra_cdk.function import Surroundings, allow, image_code


class LiftStatistics(Construct):
    """Reads the database and answers whom it is called by; it may do nothing else."""

    def __init__(self, scope: Construct, construct_id: str, *, surroundings: Surroundings) -> None:
        super().__init__(scope, construct_id)
        self.function = lambda_.DockerImageFunction(
            self,
            "Function",
            **surroundings.common(self, "lift"),
            description="Which elements of creatives go with better figures.",
            code=image_code("lift"),
            memory_size=2048,
        )

    def called_by(self, caller: lambda_.Function) -> None:
        caller.add_environment("ADLENS_LIFT_FUNCTION", self.function.function_name)
        allow(caller, ["lambda:InvokeFunction"], self.function.function_arn)
