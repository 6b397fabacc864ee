"""The web app on AWS: CloudFront in front of a bucket and of a backend that nothing else reaches."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from adlens_web.guard.headers import response_headers as app_headers
from infra_cdk import web
from infra_cdk.config import ROOT, AwsConfig, use_own_node
from infra_cdk.web_server import HEALTH, PORT

from .conftest import Stage

BACKEND = ("AWS::CloudFront::Distribution", "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ECS::Service")


@pytest.fixture(params=["aws", "aws_domain"])
def stage(request: pytest.FixtureRequest) -> Stage:
    return request.getfixturevalue(request.param)


def only(stage: Stage, kind: str) -> tuple[str, dict[str, Any]]:
    ((name, properties),) = stage.of_type(kind).items()
    return name, properties


def distribution(stage: Stage) -> dict[str, Any]:
    return only(stage, "AWS::CloudFront::Distribution")[1]["DistributionConfig"]


def behaviors(stage: Stage) -> dict[str, dict[str, Any]]:
    """By path pattern; the default is `*`."""
    found = {behavior["PathPattern"]: behavior for behavior in distribution(stage)["CacheBehaviors"]}
    return {"*": distribution(stage)["DefaultCacheBehavior"], **found}


def origin(stage: Stage, pattern: str) -> dict[str, Any]:
    target = behaviors(stage)[pattern]["TargetOriginId"]
    (found,) = (origin for origin in distribution(stage)["Origins"] if origin["Id"] == target)
    return found


def container(stage: Stage) -> dict[str, Any]:
    (found,) = only(stage, "AWS::ECS::TaskDefinition")[1]["ContainerDefinitions"]
    return found


def text(value: Any) -> str:
    """A value of the template with the names of what a deployment puts in."""
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, parts]}:
            return separator.join(map(text, parts))
        case {"Ref": name} | {"Fn::GetAtt": [name, _]}:
            return f"<{name}>"
    raise AssertionError(value)


def files_bucket(stage: Stage) -> str:
    return next(name for name in stage.of_type("AWS::S3::Bucket") if name.startswith("WebFiles"))


def test_files_come_from_a_bucket_that_admits_this_distribution_alone(stage: Stage) -> None:
    bucket = files_bucket(stage)
    found = origin(stage, "*")
    assert found["DomainName"] == {"Fn::GetAtt": [bucket, "RegionalDomainName"]}
    control, access = only(stage, "AWS::CloudFront::OriginAccessControl")
    assert found["OriginAccessControlId"] == {"Fn::GetAtt": [control, "Id"]}
    assert access["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    (policy,) = (p for p in stage.of_type("AWS::S3::BucketPolicy").values() if p["Bucket"] == {"Ref": bucket})
    allowed = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    (reader,) = (s for s in allowed if s["Principal"] == {"Service": "cloudfront.amazonaws.com"})
    assert reader["Action"] == "s3:GetObject"
    name, _ = only(stage, "AWS::CloudFront::Distribution")
    assert text(reader["Condition"]["StringEquals"]["AWS:SourceArn"]).endswith(f":distribution/<{name}>")


def test_everything_is_https(stage: Stage) -> None:
    assert {behavior["ViewerProtocolPolicy"] for behavior in behaviors(stage).values()} == {
        "redirect-to-https",
        "https-only",
    }


def test_a_domain_brings_its_certificates(aws: Stage, aws_domain: Stage) -> None:
    assert "ViewerCertificate" not in distribution(aws)
    config = distribution(aws_domain)
    assert config["Aliases"] == ["ads.example.com"]
    assert config["ViewerCertificate"] == {
        "AcmCertificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/front",
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }


def test_the_backend_is_reached_inside_the_network(stage: Stage) -> None:
    name, vpc_origin = only(stage, "AWS::CloudFront::VpcOrigin")
    balancer, properties = only(stage, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert properties["Scheme"] == "internal"
    assert vpc_origin["VpcOriginEndpointConfig"]["Arn"] == {"Ref": balancer}
    for pattern in web.BACKEND:
        assert origin(stage, pattern)["VpcOriginConfig"]["VpcOriginId"] == {"Fn::GetAtt": [name, "Id"]}
    isolated = {name for name in stage.of_type("AWS::EC2::Subnet") if "isolated" in name}
    assert {subnet["Ref"] for subnet in properties["Subnets"]} == isolated
    assert only(stage, "AWS::EC2::VPCGatewayAttachment")  # which it wants; that stack is deployed before
    manifest = json.loads((stage.folder / "manifest.json").read_text())["artifacts"]
    assert "adlens-aws-data" in manifest["adlens-aws-web"]["dependencies"]


def test_the_load_balancer_admits_cloudfront_alone(stage: Stage) -> None:
    _, balancer = only(stage, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    (group,) = balancer["SecurityGroups"]
    (rule,) = (r for r in stage.of_type("AWS::EC2::SecurityGroupIngress").values() if r["GroupId"] == group)
    ((lookup, call),) = (
        (name, call) for name, call in stage.of_type("Custom::AWS").items() if name.startswith("WebServer")
    )
    assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": [lookup, "SecurityGroups.0.GroupId"]}
    _, listener = only(stage, "AWS::ElasticLoadBalancingV2::Listener")
    assert rule["FromPort"] == rule["ToPort"] == listener["Port"]
    asked = json.loads(text(call["Create"]))
    assert asked["action"] == "describeSecurityGroups"
    filters = {found["Name"]: found["Values"] for found in asked["parameters"]["Filters"]}
    (network,) = filters["vpc-id"]
    assert network.strip("<>") in stage.of_type("AWS::EC2::VPC")
    assert filters["group-name"] == ["CloudFront-VPCOrigins-Service-SG"]
    vpc_origin, _ = only(stage, "AWS::CloudFront::VpcOrigin")
    assert vpc_origin in stage.resources[lookup]["DependsOn"]


@pytest.mark.parametrize(("built", "port", "protocol"), [("aws", 80, "HTTP"), ("aws_domain", 443, "HTTPS")])
def test_tls_goes_on_to_the_load_balancer_where_it_has_a_certificate(
    built: str, port: int, protocol: str, request: pytest.FixtureRequest
) -> None:
    stage = request.getfixturevalue(built)
    _, listener = only(stage, "AWS::ElasticLoadBalancingV2::Listener")
    assert (listener["Port"], listener["Protocol"]) == (port, protocol)
    _, vpc_origin = only(stage, "AWS::CloudFront::VpcOrigin")
    assert vpc_origin["VpcOriginEndpointConfig"]["OriginProtocolPolicy"] == f"{protocol.lower()}-only"
    if protocol == "HTTPS":
        assert listener["Certificates"] == [{"CertificateArn": stage.config.web_origin_certificate}]
        assert "TLS13" in listener["SslPolicy"]
        assert origin(stage, web.BACKEND[0])["DomainName"] == stage.config.web_domain  # the certificate's name


def test_the_socket_is_neither_cached_nor_stripped(stage: Stage) -> None:
    from aws_cdk import aws_cloudfront as cloudfront

    assert set(behaviors(stage)) == {"*", *web.BACKEND}
    for pattern in web.BACKEND:
        behavior = behaviors(stage)[pattern]
        assert behavior["CachePolicyId"] == cloudfront.CachePolicy.CACHING_DISABLED.cache_policy_id
        assert behavior["OriginRequestPolicyId"] == cloudfront.OriginRequestPolicy.ALL_VIEWER.origin_request_policy_id


def test_the_backend_answers_at_the_paths_that_are_routed_to_it() -> None:
    from reflex_base.constants import Endpoint

    for endpoint in (Endpoint.PING, Endpoint.EVENT, Endpoint.HEALTH):
        assert any(str(endpoint).startswith(pattern.rstrip("*")) for pattern in web.BACKEND)


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/", "/index.html"),
        ("/settings", "/settings/index.html"),
        ("/settings/", "/settings/index.html"),
        ("/creative/0d3c7e2a-9d54-4b8e-9f67-2b1f0c4d5e6f", "/__spa-fallback.html"),
        ("/no/such/page", "/__spa-fallback.html"),
        ("/assets/entry.client-DMqNtF3h.js", "/assets/entry.client-DMqNtF3h.js"),
        ("/styles.css", "/styles.css"),
    ],
)
def test_addresses_of_pages_find_their_files(aws: Stage, address: str, file: str) -> None:
    assert isinstance(aws.config, AwsConfig)
    use_own_node()
    asked = f"console.log(handler({{request: {{uri: {json.dumps(address)}}}}}).uri)"
    _, function = only(aws, "AWS::CloudFront::Function")
    run = subprocess.run(["node", "-e", function["FunctionCode"] + asked], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == file
    assert behaviors(aws)["*"]["FunctionAssociations"][0]["EventType"] == "viewer-request"
    assert (aws.config.web_build / web.PAGES / file.lstrip("/")).is_file() or address in ("/styles.css",) or "-" in file


def test_pages_say_what_they_may_load(stage: Stage) -> None:
    name, policy = only(stage, "AWS::CloudFront::ResponseHeadersPolicy")
    assert all(b["ResponseHeadersPolicyId"] == {"Ref": name} for b in behaviors(stage).values())
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    csp = text(headers["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    directives = {name: values for name, *values in (part.split() for part in csp.split("; "))}
    stores = {
        name: f"https://{text(bucket['BucketName'])}.s3.<AWS::Region>.<AWS::URLSuffix>"
        for name, bucket in stage.of_type("AWS::S3::Bucket").items()
        if name.startswith(("BucketsUploads", "BucketsPreviews"))
    }
    assert len(stores) == 2
    assert set(stores.values()) <= set(directives["img-src"])
    assert "'self'" in directives["connect-src"]
    assert [store in directives["connect-src"] for name, store in sorted(stores.items())] == [False, True]
    if stage.config.web_domain:
        assert f"wss://{stage.config.web_domain}" in directives["connect-src"]
    assert directives["default-src"] == ["'self'"]
    assert directives["object-src"] == directives["frame-ancestors"] == ["'none'"]
    assert len(csp) < 1500
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31536000
    assert headers["ContentTypeOptions"]


def test_pages_have_the_headers_that_the_app_sends_elsewhere(stage: Stage) -> None:
    _, policy = only(stage, "AWS::CloudFront::ResponseHeadersPolicy")
    headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    own = app_headers(["https://pages.example"], ["https://store.example"])
    assert headers["FrameOptions"]["FrameOption"] == own["X-Frame-Options"]
    assert headers["ReferrerPolicy"]["ReferrerPolicy"] == own["Referrer-Policy"]
    assert own["X-Content-Type-Options"] == "nosniff"

    def fixed(policy: str) -> dict[str, list[str]]:
        """The directives without addresses."""
        parts = (part.split() for part in policy.split(";"))
        return {name: [word for word in words if "://" not in word] for name, *words in parts}

    assert fixed(text(headers["ContentSecurityPolicy"]["ContentSecurityPolicy"])) == fixed(
        own["Content-Security-Policy"]
    )


def test_the_backend_is_told_addresses_and_no_secret(stage: Stage) -> None:
    told = {variable["Name"]: text(variable["Value"]) for variable in container(stage)["Environment"]}
    assert told.keys() == {"ADLENS_WEB_API_URL", "ADLENS_WEB_ORIGINS", "ADLENS_WEB_STORES"}
    api, _ = only(stage, "AWS::ApiGateway::RestApi")
    assert told["ADLENS_WEB_API_URL"].startswith(f"https://<{api}>.execute-api.")  # needs no DNS of ours
    assert told["ADLENS_WEB_ORIGINS"] == text(stage.body["Outputs"]["WebUrl"]["Value"])
    assert "Secrets" not in container(stage)


def test_the_api_and_the_store_know_the_pages_origin(aws_domain: Stage) -> None:
    api = aws_domain.function("api")["Environment"]["Variables"]
    assert json.loads(text(api["ADLENS_CORS_ORIGINS"])) == ["https://ads.example.com"]
    (uploads,) = (b for n, b in aws_domain.of_type("AWS::S3::Bucket").items() if n.startswith("BucketsUploads"))
    (rule,) = uploads["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["https://ads.example.com"]


def test_the_backend_has_no_rights(stage: Stage) -> None:
    _, task = only(stage, "AWS::ECS::TaskDefinition")
    role = task["TaskRoleArn"]["Fn::GetAtt"][0]
    assert not [p for p in stage.of_type("AWS::IAM::Policy").values() if {"Ref": role} in p["Roles"]]
    assert not {"ManagedPolicyArns", "Policies"} & stage.resources[role]["Properties"].keys()
    assert container(stage)["ReadonlyRootFilesystem"] is True


def test_the_backend_runs_in_private_subnets(stage: Stage) -> None:
    _, service = only(stage, "AWS::ECS::Service")
    network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert all("web" in subnet["Ref"] for subnet in network["Subnets"])
    (group,) = network["SecurityGroups"]
    (rule,) = (r for r in stage.of_type("AWS::EC2::SecurityGroupIngress").values() if r["GroupId"] == group)
    _, balancer = only(stage, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert (rule["FromPort"], rule["SourceSecurityGroupId"]) == (PORT, balancer["SecurityGroups"][0])
    (egress,) = stage.resources[group["Fn::GetAtt"][0]]["Properties"]["SecurityGroupEgress"]
    assert egress["FromPort"] == egress["ToPort"] == 443


def test_as_many_processes_as_asked_for(aws: Stage, aws_domain: Stage) -> None:
    assert only(aws, "AWS::ECS::Service")[1]["DesiredCount"] == 1
    assert only(aws_domain, "AWS::ECS::Service")[1]["DesiredCount"] == 2


def test_an_update_that_does_not_start_is_taken_back(stage: Stage) -> None:
    deployment = only(stage, "AWS::ECS::Service")[1]["DeploymentConfiguration"]
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (100, 200)


def test_targets_are_watched_and_found_again(stage: Stage) -> None:
    _, targets = only(stage, "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert (targets["Port"], targets["HealthCheckPath"]) == (PORT, HEALTH)
    attributes = {attribute["Key"]: attribute["Value"] for attribute in targets["TargetGroupAttributes"]}
    assert attributes["stickiness.enabled"] == "true"
    assert attributes["stickiness.type"] == "lb_cookie"


def test_the_image_is_the_one_of_the_web_app(aws: Stage) -> None:
    assert aws.image("webapp/Dockerfile")["platform"] == "linux/amd64"
    context = aws.image_context("webapp/Dockerfile")
    files = {str(path.relative_to(context)) for path in context.rglob("*") if path.is_file()}
    assert {"webapp/rxconfig.py", "webapp/adlens_web/production.py", "webapp/reflex.lock/package-lock.json"} <= files
    assert {file.split("/")[0] for file in files} == {".dockerignore", "requirements", "webapp"}
    assert not [file for file in files if "__pycache__" in file or "node_modules" in file or "/.web" in file]
    (port,) = container(aws)["PortMappings"]
    assert f"EXPOSE {port['ContainerPort']}" in (ROOT / "webapp/Dockerfile").read_text()


def test_assets_stay_and_pages_are_asked_for_each_time(stage: Stage) -> None:
    found = stage.of_type("Custom::CDKBucketDeployment")
    by_cache = {text(d["SystemMetadata"]["cache-control"]): (name, d) for name, d in found.items()}
    assert by_cache.keys() == {"public, max-age=31536000, immutable", "no-cache"}
    assert all(
        d["Prune"] is False and d["DestinationBucketName"] == {"Ref": files_bucket(stage)} for d in found.values()
    )
    assets, (pages, _) = by_cache["public, max-age=31536000, immutable"][0], by_cache["no-cache"]
    service, _ = only(stage, "AWS::ECS::Service")
    assert {assets, service} <= set(stage.resources[pages]["DependsOn"])


def test_requests_are_logged(stage: Stage) -> None:
    (bucket,) = (name for name in stage.of_type("AWS::S3::Bucket") if name.startswith("WebLogs"))
    assert distribution(stage)["Logging"]["Bucket"] == {"Fn::GetAtt": [bucket, "RegionalDomainName"]}
    (group,) = (g for g in stage.of_type("AWS::Logs::LogGroup").values() if "/aws/ecs/" in g.get("LogGroupName", ""))
    assert group["RetentionInDays"] == 90


def test_without_it_nothing_of_it_is_there(aws_lean: Stage) -> None:
    kinds = {resource["Type"] for resource in aws_lean.resources.values()}
    assert not kinds & {*BACKEND, "AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::Route"}
    assert "WebUrl" not in aws_lean.body["Outputs"]
    assert not Path("/nothing").exists()


def test_with_it_functions_keep_their_subnets(aws: Stage, aws_lean: Stage) -> None:
    """A stack that is there already gets it without a new network."""

    def blocks(stage: Stage) -> dict[str, str]:
        return {name: subnet["CidrBlock"] for name, subnet in stage.of_type("AWS::EC2::Subnet").items()}

    assert blocks(aws_lean).items() <= blocks(aws).items()


def test_the_backend_writes_to_tmp_and_nowhere_else(stage: Stage) -> None:
    _, task = only(stage, "AWS::ECS::TaskDefinition")
    (volume,) = task["Volumes"]
    (mount,) = container(stage)["MountPoints"]
    assert (mount["SourceVolume"], mount["ContainerPath"], mount["ReadOnly"]) == (volume["Name"], "/tmp", False)  # noqa: S108
    assert 'VOLUME ["/tmp"]' in (ROOT / "webapp/Dockerfile").read_text()  # whose rights the mount gets
