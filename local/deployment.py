"""The template of the local stage on LocalStack: made, published, created; database migrated, objects put back."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from local.lambda_executor import deployed
from local.lambda_executor.deployed import DeployedFunction
from local.services.localstack import ACCOUNT, REGION, LocalStack

from .state import CHECKOUT, LocalStackError, State, digest, progress, write_private

STACK = "adlens-local"
APP = (sys.executable, "-m", "infra_cdk.app")
# What the template and its assets are made of.
SOURCES = tuple(
    CHECKOUT / name for name in ("infra_cdk", "functions", "layers/adlens", "cdk.json", "topology.toml", "requirements")
)
DEPLOY_SECONDS = 300


class DeploymentError(LocalStackError):
    """The template cannot be made or deployed."""


@dataclass(frozen=True)
class Deployment:
    """Where the deployed parts are. URLs are for this machine."""

    api_url: str
    api_id: str
    endpoint_url: str
    uploads_bucket: str
    models_bucket: str
    queue_url: str
    analysis_queue_url: str
    dead_letter_queue_url: str
    exports_bucket: str
    exports_queue_url: str
    jobs_queue_url: str
    admin_function: str
    migrate_function: str
    dispatch_function: str
    analyze_function: str
    api_function: str
    lift_function: str
    dead_letters_function: str
    sweep_function: str
    exports_function: str
    jobs_function: str
    webhooks_queue_url: str
    webhooks_function: str
    webhook_results_function: str
    database_url: str
    web_origins: str  # of pages that may upload: a web app on another port may not
    template: str  # hash of what it was made from

    @classmethod
    def from_outputs(cls, outputs: dict[str, str], settings: Mapping[str, str], template: str) -> Deployment:
        """From the outputs of the stack, and the settings that it was made with."""
        try:
            return cls(
                api_url=outputs["ApiUrl"].rstrip("/"),
                api_id=outputs["ApiId"],
                endpoint_url=settings["ADLENS_LOCAL_ENDPOINT_URL"],
                uploads_bucket=outputs["UploadsBucketName"],
                models_bucket=outputs["ModelsBucketName"],
                queue_url=outputs["QueueUrl"],
                analysis_queue_url=outputs["AnalysisQueueUrl"],
                dead_letter_queue_url=outputs["DeadLetterQueueUrl"],
                exports_bucket=outputs["ExportsBucketName"],
                exports_queue_url=outputs["ExportsQueueUrl"],
                jobs_queue_url=outputs["JobsQueueUrl"],
                admin_function=outputs["AdminFunctionName"],
                migrate_function=outputs["MigrateFunctionName"],
                dispatch_function=outputs["DispatchFunctionName"],
                analyze_function=outputs["AnalyzeFunctionName"],
                api_function=outputs["ApiFunctionName"],
                lift_function=outputs["LiftFunctionName"],
                dead_letters_function=outputs["DeadLettersFunctionName"],
                sweep_function=outputs["SweepFunctionName"],
                exports_function=outputs["ExportsFunctionName"],
                jobs_function=outputs["JobsFunctionName"],
                webhooks_queue_url=outputs["WebhooksQueueUrl"],
                webhooks_function=outputs["WebhooksFunctionName"],
                webhook_results_function=outputs["WebhookResultsFunctionName"],
                database_url=settings["ADLENS_LOCAL_DATABASE_URL"],
                web_origins=settings["ADLENS_LOCAL_CORS_ORIGINS"],
                template=template,
            )
        except KeyError as missing:
            raise DeploymentError(f"The stack {STACK} has no output {missing}") from None


@dataclass(frozen=True)
class Template:
    """A synthesised stack: its template, and the files that it takes from S3."""

    folder: Path
    hash: str
    settings: Mapping[str, str]
    """What it was made with: variables of infra_cdk/config.py."""

    @cached_property
    def assets(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / f"{STACK}.assets.json").read_text()))

    @cached_property
    def parameters(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / f"{STACK}.template.json").read_text()).get("Parameters", {}))

    def files(self) -> Iterator[tuple[str, str, bytes]]:
        """Bucket, key and bytes of each file asset; folders are zipped."""
        for asset in self.assets["files"].values():
            path = self.folder / asset["source"]["path"]
            data = _zip(path) if asset["source"]["packaging"] == "zip" else path.read_bytes()
            for destination in asset["destinations"].values():
                bucket, key = (_place(destination[name]) for name in ("bucketName", "objectKey"))
                yield bucket, key, data

    @property
    def _functions(self) -> list[dict[str, Any]]:
        """Their properties."""
        resources = json.loads((self.folder / f"{STACK}.template.json").read_text())["Resources"].values()
        return [each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::Function"]

    def reserved_concurrency(self) -> dict[str, int]:
        """By the names of functions that have one. LocalStack's CloudFormation passes it over."""
        return {
            each["FunctionName"]: each["ReservedConcurrentExecutions"]
            for each in self._functions
            if "ReservedConcurrentExecutions" in each
        }

    def deployed_functions(self, code_sha256: Mapping[str, str]) -> dict[str, DeployedFunction]:
        """What may run, by name; `code_sha256` are the hashes of published files by their keys."""
        found = {}
        for each in self._functions:
            if image := each.get("ImageConfig"):
                function = DeployedFunction(image["Command"][0], python=image.get("EntryPoint", [""])[0])
            else:
                function = DeployedFunction(each["Handler"], code_sha256=code_sha256[each["Code"]["S3Key"]])
            found[each["FunctionName"]] = function
        return found

    @property
    def location(self) -> tuple[str, str]:
        """Bucket and key of the template itself."""
        for asset in self.assets["files"].values():
            if asset["source"]["path"] == f"{STACK}.template.json":
                destination = next(iter(asset["destinations"].values()))
                return _place(destination["bucketName"]), _place(destination["objectKey"])
        raise DeploymentError(f"{STACK}.assets.json does not name the template")


def settings(endpoint_url: str, database_url: str, web_origins: Iterable[str]) -> dict[str, str]:
    """What infra_cdk/config.py reads for the local stage: the caller's ADLENS_LOCAL_* and where the parts are."""
    given = {name: value for name, value in os.environ.items() if name.startswith("ADLENS_LOCAL_")}
    origins = dict.fromkeys((*web_origins, *given.get("ADLENS_LOCAL_CORS_ORIGINS", "").replace(",", " ").split()))
    return {
        **given,
        "ADLENS_LOCAL_DATABASE_URL": database_url,
        "ADLENS_LOCAL_ENDPOINT_URL": endpoint_url,
        "ADLENS_LOCAL_CORS_ORIGINS": " ".join(origins),
    }


def synthesise(state: State, variables: dict[str, str], app: tuple[str, ...] = APP) -> Template:
    """Runs the CDK app, unless the template at hand was made from the same sources and settings."""
    fingerprint = digest(
        (path for path in SOURCES if path.exists()), json.dumps([sorted(variables.items()), app, str(CHECKOUT)])
    )
    folder = state.root / "cdk.out"
    template = Template(folder, fingerprint, variables)
    stamp = folder / "made-from.sha256"
    if stamp.exists() and stamp.read_text() == fingerprint:
        return template
    progress("synthesising the template")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)  # the template holds the database's password
    tools = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))  # node is in ours
    result = subprocess.run(
        app,
        cwd=CHECKOUT,
        env={
            **os.environ,
            **variables,
            "PATH": tools,
            "CDK_OUTDIR": str(folder),
            "CDK_CONTEXT_JSON": json.dumps({**_context(), "stage": "local"}),
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode or not (folder / f"{STACK}.template.json").exists():
        raise DeploymentError(f"Synthesis failed: {(result.stderr or result.stdout).strip()[-2000:]}")
    stamp.write_text(fingerprint)
    return template


def deploy(localstack: LocalStack, template: Template) -> Deployment:
    """Creates the stack on a LocalStack that has just started, brings the database up to date, puts objects back."""
    s3, hashes = client(localstack, "s3"), {}
    for bucket, key, data in template.files():
        s3.create_bucket(Bucket=bucket)  # in us-east-1 making one that exists is no error
        s3.put_object(Bucket=bucket, Key=key, Body=data)
        hashes[key] = base64.b64encode(hashlib.sha256(data).digest()).decode()
    write_private(localstack.functions, deployed.dump(template.deployed_functions(hashes)))
    if "BootstrapVersion" in template.parameters:
        name = template.parameters["BootstrapVersion"]["Default"]
        client(localstack, "ssm").put_parameter(Name=name, Value="99", Type="String", Overwrite=True)
    outputs = _create_stack(localstack, template)
    reserved = template.reserved_concurrency()
    for function, number in reserved.items():
        client(localstack, "lambda").put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=number
        )
    deployment = Deployment.from_outputs(outputs, template.settings, template.hash)
    with warm_api(deployment, reserved[deployment.api_function]):
        invoke(localstack, deployment.migrate_function, {})
        if any(localstack.objects.glob("*/*.json")):
            invoke(localstack, deployment.sweep_function, {"workers": "gone"})
        for function in (deployment.dispatch_function, deployment.analyze_function):
            warm_workers(localstack, function)
        put_objects_back(localstack)
    return deployment


@contextmanager
def warm_api(deployment: Deployment, environments: int) -> Iterator[None]:
    """Starts all environments of the API while the context runs, and waits for them at its end."""

    def ask() -> None:
        with suppress(urllib.error.HTTPError):  # not healthy before the database is migrated, but started
            urllib.request.urlopen(f"{deployment.api_url}/health", timeout=DEPLOY_SECONDS).close()  # noqa: S310 - http

    with ThreadPoolExecutor(environments) as pool:
        calls = [pool.submit(ask) for _ in range(environments)]
        yield
        for call in calls:
            call.result()


def warm_workers(localstack: LocalStack, function: str) -> None:
    """Starts the environments of a queue's function, those of the analysis with their models; does not wait for them.

    Each gets the message that S3 sends when notifications are set up, which asks for nothing.
    """
    functions = client(localstack, "lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    record = {
        "messageId": str(uuid.uuid4()),
        "receiptHandle": "none",
        "body": json.dumps({"Event": "s3:TestEvent"}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }
    for _ in range(mapping["ScalingConfig"]["MaximumConcurrency"]):
        payload = json.dumps({"Records": [record]}).encode()
        functions.invoke(FunctionName=function, InvocationType="Event", Payload=payload)


def invoke(localstack: LocalStack, function: str, event: dict[str, Any]) -> Any:
    """Calls a function and returns its answer; DeploymentError with the reason if it fails."""
    answer = client(localstack, "lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    payload = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        reason = payload.get("errorMessage", payload) if isinstance(payload, dict) else payload
        log = localstack.state.root / "logs" / f"{function}.log"
        raise DeploymentError(f"{function} failed: {reason} (its log: {log})")
    return payload


def put_objects_back(localstack: LocalStack) -> int:
    """Puts the objects of the last run into the new buckets; returns their number.

    LocalStack forgets on stop. The events that this makes finish what was in the queues then: the analysis of an object
    that it knows (same key, same ETag) changes nothing.
    """
    s3 = client(localstack, "s3")
    buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    descriptions = sorted(
        path for path in localstack.objects.glob("*/*.json") if path.parent.name in buckets and path.stem
    )
    if descriptions:
        progress(f"putting {len(descriptions)} objects back")

    def put_back(description: Path) -> None:
        metadata = json.loads(description.read_text())
        known = {"ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage"}
        system = {name: value for name, value in metadata["system"].items() if name in known}
        data = description.with_suffix("").read_bytes()
        s3.put_object(
            Bucket=description.parent.name, Key=metadata["key"], Body=data, Metadata=metadata["user"], **system
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put_back, descriptions))
    return len(descriptions)


def client(localstack: LocalStack, service: str) -> Any:
    """A boto3 client of this LocalStack; making one takes a moment, using it from several threads is fine."""
    import boto3
    from botocore.config import Config

    session: Any = boto3.Session()  # typed by service otherwise
    key_pair = localstack.key_pair
    return session.client(
        service,
        endpoint_url=localstack.url,
        region_name=REGION,
        aws_access_key_id=key_pair.access_key,
        aws_secret_access_key=key_pair.secret_key,
        config=Config(s3={"addressing_style": "path"}, read_timeout=DEPLOY_SECONDS, retries={"total_max_attempts": 2}),
    )


def _create_stack(localstack: LocalStack, template: Template) -> dict[str, str]:
    cloudformation = client(localstack, "cloudformation")
    bucket, key = template.location
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{localstack.url}/{bucket}/{key}",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    )
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (stack := cloudformation.describe_stacks(StackName=STACK)["Stacks"][0])["StackStatus"] != "CREATE_COMPLETE":
        if "FAILED" in stack["StackStatus"] or "ROLLBACK" in stack["StackStatus"] or time.monotonic() > deadline:
            events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
            reasons = [
                f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
                for event in events
                if event["ResourceStatus"].endswith("FAILED")
            ]
            reason = "\n".join([stack.get("StackStatusReason", ""), *reasons]).strip()
            raise DeploymentError(f"{STACK}: {stack['StackStatus']}: {reason} (LocalStack's log: {localstack.log})")
        time.sleep(0.1)
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _zip(path: Path) -> bytes:
    """A folder as a zip (a file that is one already as it stands)."""
    if path.is_file():
        return path.read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for file in sorted(path.rglob("*")):
            if file.is_file():
                target.write(file, file.relative_to(path))
    return archive.getvalue()


def _place(text: str) -> str:
    return text.replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)


def _context() -> dict[str, Any]:
    """The context of cdk.json, which the CDK command would have read."""
    path = CHECKOUT / "cdk.json"
    return dict(json.loads(path.read_text()).get("context", {})) if path.exists() else {}
