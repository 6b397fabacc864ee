"""What LocalStack is given: no more than it can run without Docker, and where the parts of this machine are."""

import json
from pathlib import Path

from infra_cdk.config import read_config

from .conftest import LOCAL_ENV, WITH_DATABASE, Stage, synthesise

# Services that LocalStack has without Docker (docs/adr/0002).
SERVICES = {"ApiGateway", "Events", "IAM", "Lambda", "Logs", "S3", "SQS"}


def test_only_services_that_run_here(local: Stage) -> None:
    assert {resource["Type"].split("::")[1] for resource in local.resources.values()} <= SERVICES


def test_it_needs_no_bootstrapped_account(local: Stage) -> None:
    assert "Rules" not in local.body


def test_functions_know_where_the_parts_are(local: Stage) -> None:
    for name in WITH_DATABASE:
        variables = local.function(name)["Environment"]["Variables"]
        assert variables["ADLENS_DATABASE_URL"] == LOCAL_ENV["ADLENS_LOCAL_DATABASE_URL"]
        assert variables["ADLENS_S3_ENDPOINT_URL"] == "http://127.0.0.1:4566"
        assert variables["ADLENS_S3_ADDRESSING_STYLE"] == "path"
        assert variables["POWERTOOLS_TRACE_DISABLED"] == "true"
    analyze = local.function("analyze")["Environment"]["Variables"]
    assert (analyze["ADLENS_BUNDLE"], analyze["ADLENS_WEIGHTS"]) == ("/models/base", "/weights")
    assert local.function("analyze")["ImageConfig"]["EntryPoint"] == [LOCAL_ENV["ADLENS_LOCAL_PYTHON"]]
    assert (
        local.function("api")["Environment"]["Variables"]["ADLENS_ANONYMOUS_WORKSPACE"]
        == LOCAL_ENV["ADLENS_LOCAL_ANONYMOUS_WORKSPACE"]
    )


def test_the_address_of_the_api_is_that_of_localstack(local: Stage) -> None:
    ((gateway, properties),) = local.of_type("AWS::ApiGateway::RestApi").items()
    url = local.body["Outputs"]["ApiUrl"]["Value"]["Fn::Join"][1]
    assert url == ["http://127.0.0.1:4566/_aws/execute-api/", {"Ref": gateway}, "/v1/"]
    assert {"Key": "_custom_id_", "Value": "adlens"} in properties["Tags"]  # the same address after every start


def test_weights_are_no_part_of_what_is_published(local: Stage) -> None:
    assert not list(local.folder.rglob("*.onnx"))


def test_one_layer_the_executor_has_the_rest(local: Stage) -> None:
    (layer,) = local.of_type("AWS::Lambda::LayerVersion")
    for name in ("admin", "api", "dead-letters", "dispatch", "sweep", "migrate", "webhooks", "webhook-results"):
        assert local.function(name)["Layers"] == [{"Ref": layer}]


def test_the_api_has_a_bounded_number_of_environments(local: Stage) -> None:
    assert local.function("api")["ReservedConcurrentExecutions"] == 4


def test_webhooks_reach_private_hosts_when_a_setting_says_so(local: Stage, tmp_path: Path) -> None:
    name = "ADLENS_WEBHOOKS_PRIVATE_HOSTS"
    lifted = synthesise(read_config("local", {**LOCAL_ENV, "ADLENS_LOCAL_WEBHOOKS_PRIVATE_HOSTS": "1"}), tmp_path)
    for function in ("api", "webhooks"):
        assert name not in local.function(function)["Environment"]["Variables"]
        assert lifted.function(function)["Environment"]["Variables"][name] == "true"
    assert name not in lifted.function("analyze")["Environment"]["Variables"]


def test_pages_of_named_origins_only(local: Stage) -> None:
    origins = local.function("api")["Environment"]["Variables"]["ADLENS_CORS_ORIGINS"]
    assert json.loads(origins) == ["http://127.0.0.1:3000", "http://localhost:3000"]
