"""The web app on AWS: one CloudFront address for its files in S3 and for the backend that its pages talk to."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment
from constructs import Construct

from infra_cdk.buckets import bucket_name, private_bucket
from infra_cdk.config import PAGES, ROOT, AwsConfig
from infra_cdk.log_groups import ONE_MONTH, make_log_group
from infra_cdk.web_server import WebServer

FALLBACK = "/__spa-fallback.html"
BACKEND = ("/_event*", "/ping", "/_health")
# Compiled pages are files; the addresses of the others are known to the app that the fallback starts.
_ROUTER = """
var pages = %s;
function handler(event) {
  var request = event.request;
  var path = request.uri.replace(/\\/+$/, '');
  if (path.slice(path.lastIndexOf('/')).indexOf('.') < 0)
    request.uri = pages.indexOf(path) < 0 ? '%s' : path + '/index.html';
  return request;
}
"""


class Web(Construct):
    """Browsers get everything from one origin, over HTTPS. The bucket and the load balancer admit CloudFront alone."""

    def __init__(self, scope: Construct, construct_id: str, *, config: AwsConfig, vpc: ec2.IVpc) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self._access_logs = private_bucket(self, "AccessLogs", config, expire_days=90)
        self.server = WebServer(self, "Server", config=config, vpc=vpc)
        self.files = private_bucket(self, "Files", config, logs=self._access_logs)
        self.distribution = self._distribution()

    @property
    def has_domain(self) -> bool:
        return bool(self._config.web_domain)

    @property
    def origin(self) -> str:
        return f"https://{self._config.web_domain or self.distribution.distribution_domain_name}"

    def run(self, api_url: str) -> None:
        """Starts the backend with the API at `api_url`, then puts the pages of the same build in place."""
        service = self.server.run(api_url=api_url.rstrip("/"), origins=[self.origin])
        role = iam.Role(self, "DeploymentRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group = make_log_group(
            self, "DeploymentLogs", f"/aws/lambda/{self._config.stack_name}-web-files", ONE_MONTH
        )
        log_group.grant_write(role)
        common: dict[str, Any] = {
            "sources": [deployment.Source.asset(str(self._config.web_build / PAGES))],
            "destination_bucket": self.files,
            "prune": False,  # pages that are open load their parts from the build that they came from
            "role": role,
            "log_group": log_group,
            "memory_limit": 512,
        }
        # Names of assets change with their content; all else is asked for each time.
        assets = deployment.BucketDeployment(
            self,
            "Assets",
            exclude=["*"],
            include=["assets/*"],
            cache_control=[deployment.CacheControl.from_string("public, max-age=31536000, immutable")],
            **common,
        )
        pages = deployment.BucketDeployment(
            self,
            "Pages",
            exclude=["assets/*", "*.gz"],
            cache_control=[deployment.CacheControl.from_string("no-cache")],
            **common,
        )
        pages.node.add_dependency(assets, service)

    def _distribution(self) -> cloudfront.Distribution:
        config = self._config
        headers = self._headers()
        files = cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(self.files),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=headers,
            function_associations=[
                cloudfront.FunctionAssociation(
                    event_type=cloudfront.FunctionEventType.VIEWER_REQUEST,
                    function=cloudfront.Function(
                        self,
                        "Router",
                        comment="Addresses of pages to files",
                        runtime=cloudfront.FunctionRuntime.JS_2_0,
                        code=cloudfront.FunctionCode.from_inline(router(config)),
                    ),
                )
            ],
        )
        backend = cloudfront.BehaviorOptions(
            origin=origins.VpcOrigin.with_vpc_origin(
                self.server.origin,
                domain_name=config.web_domain if self.server.tls else None,  # the name in its certificate
                read_timeout=Duration.seconds(60),
            ),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER,  # what a WebSocket's handshake says
            response_headers_policy=headers,
            compress=False,
        )
        logs_bucket = private_bucket(
            self,
            "Logs",
            config,
            expire_days=90,
            logs=self._access_logs,
            ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,  # CloudFront's log delivery writes by ACL
        )
        return cloudfront.Distribution(
            self,
            "Distribution",
            comment=f"AdLens, stage {config.stage}",
            default_behavior=files,
            additional_behaviors=dict.fromkeys(BACKEND, backend),
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            domain_names=[config.web_domain] if config.web_domain else None,
            certificate=(
                acm.Certificate.from_certificate_arn(self, "Certificate", config.web_certificate)
                if config.web_certificate
                else None
            ),
            log_bucket=logs_bucket,
            log_file_prefix="web/",
        )

    def _headers(self) -> cloudfront.ResponseHeadersPolicy:
        headers = response_headers()["headers"]
        behavior = cloudfront.ResponseSecurityHeadersBehavior(
            content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                content_security_policy=content_security_policy(
                    # Not the buckets' own attributes: CORS rules name the distribution, whose headers this is part of.
                    uploads=_addresses(bucket_name(self._config, "uploads")),
                    previews=_addresses(bucket_name(self._config, "previews")),
                    domain=self._config.web_domain,
                ),
                override=True,
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption[headers["X-Frame-Options"]], override=True
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy[_constant(headers["Referrer-Policy"])], override=True
            ),
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=Duration.days(730), include_subdomains=False, override=True
            ),
        )
        return cloudfront.ResponseHeadersPolicy(self, "Headers", security_headers_behavior=behavior)


def response_headers() -> dict[str, dict[str, str]]:
    """The web app's own headers and the directives of its policy: what it sends itself where CloudFront does not."""
    return tomllib.loads((ROOT / "webapp/adlens_web/guard/headers.toml").read_text())


def content_security_policy(*, uploads: str, previews: str, domain: str = "") -> str:
    """What pages may load and talk to: their own origin, its WebSocket included, and the buckets of the pictures."""
    values = {"pictures": f"{uploads} {previews}", "uploads": uploads, "sockets": f"wss://{domain}" if domain else ""}
    directives = response_headers()["content-security-policy"]
    return "; ".join(" ".join((name, *value.format(**values).split())) for name, value in directives.items())


def _constant(value: str) -> str:
    return value.upper().replace("-", "_")


def _addresses(bucket: str) -> str:
    """Where signed URLs of a bucket lead; in us-east-1 they are without the region."""
    return f"https://{bucket}.s3.{Aws.REGION}.{Aws.URL_SUFFIX} https://{bucket}.s3.{Aws.URL_SUFFIX}"


def router(config: AwsConfig) -> str:
    """CloudFront's function that finds the file of a page; an address without a file gets the app, which knows it."""
    root = config.web_build / PAGES
    pages = sorted("/".join(("", *path.parent.relative_to(root).parts)) for path in root.rglob("index.html"))
    return _ROUTER % (json.dumps(pages), FALLBACK)
