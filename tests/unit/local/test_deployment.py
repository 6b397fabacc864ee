"""What is published to LocalStack, and what is made of the stack's outputs."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from local.deployment import STACK, Deployment, DeploymentError, Template, settings
from local.lambda_executor.deployed import DeployedFunction

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
SETTINGS = {
    "ADLENS_LOCAL_ENDPOINT_URL": "http://127.0.0.1:4566",
    "ADLENS_LOCAL_DATABASE_URL": "postgresql://",
    "ADLENS_LOCAL_CORS_ORIGINS": "http://127.0.0.1:3000",
}
OUTPUTS = {
    "ApiUrl": "http://127.0.0.1:4566/_aws/execute-api/adlens/v1/",
    "ApiId": "adlens",
    "UploadsBucketName": "uploads",
    "ModelsBucketName": "models",
    "QueueUrl": "queue",
    "AnalysisQueueUrl": "analysis-queue",
    "DeadLetterQueueUrl": "dead",
    "ExportsBucketName": "exports",
    "ExportsQueueUrl": "exports-queue",
    "ExportsFunctionName": "exports",
    "JobsQueueUrl": "jobs-queue",
    "JobsFunctionName": "jobs",
    "AdminFunctionName": "admin",
    "MigrateFunctionName": "migrate",
    "DispatchFunctionName": "dispatch",
    "AnalyzeFunctionName": "analyze",
    "ApiFunctionName": "api",
    "LiftFunctionName": "lift",
    "DeadLettersFunctionName": "dead-letters",
    "SweepFunctionName": "sweep",
    "WebhooksQueueUrl": "webhooks-queue",
    "WebhooksFunctionName": "webhooks",
    "WebhookResultsFunctionName": "webhook-results",
}


@pytest.fixture
def template(tmp_path: Path) -> Template:
    (tmp_path / "asset.1" / "functions").mkdir(parents=True)
    (tmp_path / "asset.1" / "functions" / "handler.py").write_text("def handler(): ...")
    (tmp_path / f"{STACK}.template.json").write_text(json.dumps({"Resources": {}}))
    files = {
        "1": {
            "source": {"path": "asset.1", "packaging": "zip"},
            "destinations": {"local": {"bucketName": BUCKET, "objectKey": "1.zip"}},
        },
        "2": {
            "source": {"path": f"{STACK}.template.json", "packaging": "file"},
            "destinations": {"local": {"bucketName": BUCKET, "objectKey": "2.json"}},
        },
    }
    (tmp_path / f"{STACK}.assets.json").write_text(json.dumps({"files": files, "dockerImages": {}}))
    return Template(tmp_path, "hash", SETTINGS)


def test_folders_are_zipped_and_places_filled_in(template: Template) -> None:
    published = {(bucket, key): data for bucket, key, data in template.files()}
    bucket = "cdk-hnb659fds-assets-000000000000-us-east-1"
    assert published.keys() == {(bucket, "1.zip"), (bucket, "2.json")}
    with zipfile.ZipFile(io.BytesIO(published[bucket, "1.zip"])) as archive:
        assert archive.namelist() == ["functions/handler.py"]
    assert json.loads(published[bucket, "2.json"]) == {"Resources": {}}
    assert template.location == (bucket, "2.json")
    assert template.parameters == {}


def test_what_may_run_is_what_the_template_names(template: Template) -> None:
    functions = {
        "Zip": {"FunctionName": "api", "Handler": "functions.api.handler.handler", "Code": {"S3Key": "1.zip"}},
        "Image": {"FunctionName": "lift", "ImageConfig": {"Command": ["functions.lift.handler.handler"]}, "Code": {}},
        "Other": {
            "FunctionName": "analyze",
            "ImageConfig": {"Command": ["functions.analyze.handler.handler"], "EntryPoint": ["/reference/python"]},
            "Code": {},
        },
    }
    resources = {name: {"Type": "AWS::Lambda::Function", "Properties": each} for name, each in functions.items()}
    (template.folder / f"{STACK}.template.json").write_text(json.dumps({"Resources": resources}))
    assert template.deployed_functions({"1.zip": "hash"}) == {
        "api": DeployedFunction("functions.api.handler.handler", code_sha256="hash"),
        "lift": DeployedFunction("functions.lift.handler.handler"),
        "analyze": DeployedFunction("functions.analyze.handler.handler", python="/reference/python"),
    }


def test_deployment_from_outputs() -> None:
    deployment = Deployment.from_outputs(OUTPUTS, SETTINGS, "hash")
    assert deployment.api_url == "http://127.0.0.1:4566/_aws/execute-api/adlens/v1"
    assert (deployment.uploads_bucket, deployment.sweep_function) == ("uploads", "sweep")


def test_a_missing_output_is_named() -> None:
    outputs = {name: value for name, value in OUTPUTS.items() if name != "QueueUrl"}
    with pytest.raises(DeploymentError, match="QueueUrl"):
        Deployment.from_outputs(outputs, SETTINGS, "")


def test_the_stack_s_own_places_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADLENS_LOCAL_BUNDLE", "/somewhere/bundle")
    monkeypatch.setenv("ADLENS_LOCAL_ENDPOINT_URL", "http://elsewhere")
    monkeypatch.setenv("ADLENS_LOCAL_CORS_ORIGINS", "https://mine.example, http://127.0.0.1:3000")
    assert settings("http://127.0.0.1:1", "postgresql://", ["http://127.0.0.1:3000"]) == {
        "ADLENS_LOCAL_BUNDLE": "/somewhere/bundle",
        "ADLENS_LOCAL_ENDPOINT_URL": "http://127.0.0.1:1",
        "ADLENS_LOCAL_DATABASE_URL": "postgresql://",
        "ADLENS_LOCAL_CORS_ORIGINS": "http://127.0.0.1:3000 https://mine.example",
    }
