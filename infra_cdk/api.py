"""The HTTP API: a REST API in front of a SnapStart version of a zip function."""

from __future__ import annotations

import json

from aws_cdk import RemovalPolicy, Tags
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra_cdk.buckets import PERFORMANCE_FILES, Buckets
from infra_cdk.config import AwsConfig, LocalConfig
from infra_cdk.exports import Exports
from infra_cdk.function import Surroundings, ZipCode, ZipFunction, allow
from infra_cdk.jobs import Jobs
from infra_cdk.lift import LiftStatistics
from infra_cdk.log_groups import make_log_group, retention_of
from infra_cdk.queue import UploadsQueue

STAGE = "v1"
LOCAL_ID = "adlens"
# Tables may be compressed, which the gateway would take for text.
BINARY_MEDIA_TYPES = ["multipart/form-data", "image/jpeg", "image/png", "image/webp", "text/csv"]
_ERRORS: list[tuple[apigateway.ResponseType, str, str, dict[str, str]]] = [
    (
        apigateway.ResponseType.THROTTLED,
        "too_many_requests",
        "Too many requests at once. Try again in a second.",
        {"Retry-After": "'1'"},
    ),
    (
        apigateway.ResponseType.REQUEST_TOO_LARGE,
        "request_too_large",
        "The request is larger than 10 MB. Use POST /uploads, whose files go straight to the store.",
        {},
    ),
    (
        apigateway.ResponseType.DEFAULT_4_XX,
        "refused",
        "The gateway refused the request: $context.error.responseType.",
        {},
    ),
    (
        apigateway.ResponseType.DEFAULT_5_XX,
        "not_answered",
        "The service did not answer in time. Try again shortly; if it goes on, report it with the request id.",
        {"Retry-After": "'5'"},
    ),
]
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
}


class Api(Construct):
    """All of /v1 goes to the function. FastAPI answers CORS preflights; the gateway's errors look like FastAPI's."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        surroundings: Surroundings,
        zip_code: ZipCode,
        exports: Exports,
        jobs: Jobs,
        lift: LiftStatistics,
    ) -> None:
        super().__init__(scope, construct_id)
        config, buckets, queue = surroundings.config, surroundings.buckets, surroundings.queue
        on_aws = isinstance(config, AwsConfig)
        lean = isinstance(config, AwsConfig) and config.lean
        self.function = ZipFunction(
            self,
            "Function",
            name="api",
            surroundings=surroundings,
            zip_code=zip_code,
            memory_size=1024,
            description="Uploads, results and analytics over HTTP.",
            # A snapshot is paid for by the hour; where a database wakes up first, it saves a second of twenty.
            snap_start=None if lean else lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS,
            reserved_concurrent_executions=(
                config.api_environments if isinstance(config, LocalConfig) else config.api_reserved
            ),
        )
        log_group = make_log_group(self, "AccessLogs", f"/aws/apigateway/{config.stack_name}-api", retention_of(config))
        self.rest_api = apigateway.RestApi(
            self,
            "Gateway",
            rest_api_name=f"{config.stack_name}-api",
            description="AdLens",
            binary_media_types=BINARY_MEDIA_TYPES,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=on_aws,  # the account's setting that access logs need
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN if on_aws else None,
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                access_log_destination=apigateway.LogGroupLogDestination(log_group),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,  # bodies hold what customers upload
                metrics_enabled=True,
                tracing_enabled=on_aws,
                throttling_rate_limit=config.api_rate if isinstance(config, AwsConfig) else 1000,
                throttling_burst_limit=config.api_burst if isinstance(config, AwsConfig) else 2000,
            ),
        )
        if isinstance(config, LocalConfig):
            Tags.of(self.rest_api).add("_custom_id_", LOCAL_ID)  # LocalStack then keeps the address over deployments
        else:
            # Under this name the gateway logs errors of its own; it takes a group that is there, else one for ever.
            self.rest_api.deployment_stage.node.add_dependency(
                make_log_group(self, "ErrorLogs", f"API-Gateway-Execution-Logs_{self.rest_api.rest_api_id}/{STAGE}")
            )
        self.rest_api.node.try_remove_child("Endpoint")  # an output beside ours
        self._environment(config, buckets, queue, exports)
        self.function.add_environment("ADLENS_JOBS_QUEUE_URL", jobs.queue.queue_url)
        allow(self.function, ["sqs:SendMessage"], jobs.queue.queue_arn)
        self.function.add_environment("ADLENS_WEBHOOKS_QUEUE_URL", surroundings.webhooks.events.queue_url)
        self._grants(buckets, queue, exports)
        allow(self.function, ["sqs:SendMessage"], surroundings.webhooks.events.queue_arn)
        lift.called_by(self.function)

        self.alias = lambda_.Alias(self, "Live", alias_name="live", version=self.function.current_version)
        integration = apigateway.LambdaIntegration(self.alias, proxy=True, allow_test_invoke=False)
        self.rest_api.root.add_method("ANY", integration)
        self.rest_api.root.add_proxy(default_integration=integration, any_method=True)
        self._errors()

    def url(self, config: LocalConfig | AwsConfig) -> str:
        """Where clients reach the API, with a slash at its end."""
        if isinstance(config, LocalConfig):
            return f"{config.endpoint_url}{self._local_path}/"
        return f"https://{config.api_domain}/{STAGE}/" if config.api_domain else self.rest_api.url

    @property
    def _local_path(self) -> str:
        return f"/_aws/execute-api/{self.rest_api.rest_api_id}/{STAGE}"  # LocalStack serves every API on one host

    def _environment(
        self,
        config: LocalConfig | AwsConfig,
        buckets: Buckets,
        queue: UploadsQueue,
        exports: Exports,
    ) -> None:
        variables = {
            "ADLENS_UPLOADS_BUCKET": buckets.uploads.bucket_name,
            "ADLENS_PREVIEWS_BUCKET": buckets.previews.bucket_name,
            "ADLENS_QUEUE_URL": queue.analysis.queue_url,
            "ADLENS_TRASH_DAYS": str(config.trash_days),
            "ADLENS_EXPORTS_BUCKET": buckets.exports.bucket_name,
            "ADLENS_EXPORTS_QUEUE_URL": exports.queue.queue_url,
            "ADLENS_API_ROOT_PATH": self._local_path if isinstance(config, LocalConfig) else f"/{STAGE}",
            "ADLENS_CORS_ORIGINS": json.dumps(
                config.page_origins if isinstance(config, AwsConfig) else config.cors_origins
            ),
        }
        if isinstance(config, LocalConfig) and config.anonymous_workspace:
            variables["ADLENS_ANONYMOUS_WORKSPACE"] = config.anonymous_workspace
        for name, value in variables.items():
            self.function.add_environment(name, value)

    def _grants(self, buckets: Buckets, queue: UploadsQueue, exports: Exports) -> None:
        # The actions on objects bound what the signatures of the function can do, too.
        objects = buckets.uploads.arn_for_objects("*")
        allow(self.function, ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], objects)
        for bucket in (buckets.previews, buckets.exports):
            allow(self.function, ["s3:GetObject", "s3:DeleteObject"], bucket.arn_for_objects("*"))
        allow(self.function, ["s3:PutObject"], buckets.exports.arn_for_objects(PERFORMANCE_FILES))
        # Else a missing object answers 403.
        allow(self.function, ["s3:ListBucket"], buckets.uploads.bucket_arn, buckets.exports.bucket_arn)
        allow(self.function, ["sqs:SendMessage", "sqs:GetQueueAttributes"], queue.analysis.queue_arn)
        allow(self.function, ["sqs:SendMessage"], exports.queue.queue_arn)

    def _errors(self) -> None:
        """What the gateway answers by itself, in the shape that the function gives to errors.

        No answer holds data of anybody, so every origin may read them and a page can say what happened.
        """
        headers = {
            "Access-Control-Allow-Origin": "'*'",
            "Access-Control-Allow-Headers": "'content-type,x-api-key'",
            "Access-Control-Allow-Methods": "'GET,POST,PUT,PATCH,DELETE'",
            "Access-Control-Expose-Headers": "'retry-after'",
        }
        for kind, code, detail, more in _ERRORS:
            body = {"detail": detail, "code": code, "field": None, "request_id": "$context.requestId"}
            self.rest_api.add_gateway_response(
                f"Error{code.title().replace('_', '')}",
                type=kind,
                response_headers=headers | more,
                templates={"application/json": json.dumps(body)},
            )
