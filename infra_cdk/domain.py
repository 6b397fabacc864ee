"""Names of one's own: the API's address at the gateway, and what they point at in Route 53."""

from __future__ import annotations

from aws_cdk import CfnOutput
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from infra_cdk.api import STAGE, Api
from infra_cdk.config import AwsConfig


class ApiDomain(Construct):
    """`https://NAME/v1/` beside the gateway's own address, which the web app's backend goes on using."""

    def __init__(self, scope: Construct, construct_id: str, *, config: AwsConfig, api: Api) -> None:
        super().__init__(scope, construct_id)
        domain = apigateway.DomainName(
            self,
            "Name",
            domain_name=config.api_domain,
            certificate=acm.Certificate.from_certificate_arn(self, "Certificate", config.api_certificate),
            endpoint_type=apigateway.EndpointType.REGIONAL,
            security_policy=apigateway.SecurityPolicy.TLS_1_2,
        )
        domain.add_base_path_mapping(api.rest_api, base_path=STAGE, stage=api.rest_api.deployment_stage)
        point(
            scope,
            "ApiDomainTarget",
            config=config,
            name=config.api_domain,
            target=targets.ApiGatewayDomain(domain),
            address=domain.domain_name_alias_domain_name,
        )


def point(
    scope: Construct,
    construct_id: str,
    *,
    config: AwsConfig,
    name: str,
    target: route53.IAliasRecordTarget,
    address: str,
    ipv6: bool = False,
) -> None:
    """Points `name` at `target` in the hosted zone; without one, an output says which `address` a CNAME needs."""
    if not config.hosted_zone:
        CfnOutput(scope, construct_id, value=address)
        return
    zone = route53.HostedZone.from_hosted_zone_id(scope, f"{construct_id}Zone", config.hosted_zone)
    for record in (route53.ARecord, route53.AaaaRecord) if ipv6 else (route53.ARecord,):
        record(
            scope,
            f"{construct_id}{record.__name__}",
            zone=zone,
            record_name=f"{name}.",  # complete, for the zone is known by its id alone
            target=route53.RecordTarget.from_alias(target),
        )
