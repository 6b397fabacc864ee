"""The API and the web app at names of one's own."""

import json
from typing import Any

from infra_cdk.api import STAGE

from .conftest import Stage


def only(stage: Stage, kind: str) -> tuple[str, dict[str, Any]]:
    ((name, properties),) = stage.of_type(kind).items()
    return name, properties


def test_the_api_answers_at_its_name_over_tls_by_the_path_of_its_stage(aws_domain: Stage) -> None:
    name, domain = only(aws_domain, "AWS::ApiGateway::DomainName")
    assert domain["DomainName"] == "api.ads.example.com"
    assert domain["RegionalCertificateArn"] == "arn:aws:acm:eu-central-1:111111111111:certificate/api"
    assert domain["SecurityPolicy"] == "TLS_1_2"
    assert domain["EndpointConfiguration"]["Types"] == ["REGIONAL"]
    api, _ = only(aws_domain, "AWS::ApiGateway::RestApi")
    stage, _ = only(aws_domain, "AWS::ApiGateway::Stage")
    _, mapping = only(aws_domain, "AWS::ApiGateway::BasePathMapping")
    assert mapping == {
        "BasePath": STAGE,
        "DomainName": {"Ref": name},
        "RestApiId": {"Ref": api},
        "Stage": {"Ref": stage},
    }
    # As at the gateway's own address, so that links and documentation are right at both.
    assert aws_domain.function("api")["Environment"]["Variables"]["ADLENS_API_ROOT_PATH"] == f"/{STAGE}"
    assert aws_domain.body["Outputs"]["ApiUrl"]["Value"] == f"https://api.ads.example.com/{STAGE}/"


def test_names_point_at_gateway_and_distribution(aws_domain: Stage) -> None:
    domain, _ = only(aws_domain, "AWS::ApiGateway::DomainName")
    distribution, _ = only(aws_domain, "AWS::CloudFront::Distribution")
    records = aws_domain.of_type("AWS::Route53::RecordSet").values()
    assert {record["HostedZoneId"] for record in records} == {"Z0EXAMPLE"}
    assert {(record["Name"], record["Type"], json.dumps(record["AliasTarget"]["DNSName"])) for record in records} == {
        ("api.ads.example.com.", "A", json.dumps({"Fn::GetAtt": [domain, "RegionalDomainName"]})),
        ("ads.example.com.", "A", json.dumps({"Fn::GetAtt": [distribution, "DomainName"]})),
        ("ads.example.com.", "AAAA", json.dumps({"Fn::GetAtt": [distribution, "DomainName"]})),
    }
    assert not {"ApiDomainTarget", "WebDomainTarget"} & aws_domain.body["Outputs"].keys()


def test_where_dns_is_elsewhere_an_output_says_what_a_name_has_to_point_at(aws_lean: Stage) -> None:
    domain, _ = only(aws_lean, "AWS::ApiGateway::DomainName")
    assert not aws_lean.of_type("AWS::Route53::RecordSet")
    assert aws_lean.body["Outputs"]["ApiDomainTarget"]["Value"] == {"Fn::GetAtt": [domain, "RegionalDomainName"]}
