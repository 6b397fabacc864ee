"""The web app's backend on AWS: a Fargate service behind a load balancer that only CloudFront reaches."""

from __future__ import annotations

from aws_cdk import Duration, custom_resources
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra_cdk.config import ROOT, AwsConfig
from infra_cdk.function import CACHES
from infra_cdk.log_groups import make_log_group

PORT = 3000  # webapp/Dockerfile
HEALTH = "/_health"
EGRESS = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
PUBLIC = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC)
ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)


class WebServer(Construct):
    """The way in is made first, because CloudFront's distribution names it; `run` then starts what answers there."""

    def __init__(self, scope: Construct, construct_id: str, *, config: AwsConfig, vpc: ec2.IVpc) -> None:
        super().__init__(scope, construct_id)
        self._config, self._vpc = config, vpc
        self.tls = bool(config.web_origin_certificate)
        self.load_balancer = elbv2.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=vpc,
            vpc_subnets=ISOLATED,
            internet_facing=False,
            idle_timeout=Duration.seconds(120),  # the app pings each open page every 25 s
            drop_invalid_header_fields=True,
            deletion_protection=config.protect,
            security_group=ec2.SecurityGroup(
                self, "LoadBalancerGroup", vpc=vpc, description="Load balancer of the web app", allow_all_outbound=False
            ),
        )
        self.targets = elbv2.ApplicationTargetGroup(
            self,
            "Targets",
            vpc=vpc,
            port=PORT,
            protocol=elbv2.ApplicationProtocol.HTTP,
            target_type=elbv2.TargetType.IP,
            # A page that connects again finds the process that holds its state; elsewhere it would load anew.
            stickiness_cookie_duration=Duration.days(1),
            deregistration_delay=Duration.seconds(30),
            health_check=elbv2.HealthCheck(path=HEALTH, interval=Duration.seconds(15), healthy_threshold_count=2),
        )
        self.listener = self.load_balancer.add_listener(
            "Listener",
            open=False,
            port=443 if self.tls else 80,
            protocol=elbv2.ApplicationProtocol.HTTPS if self.tls else elbv2.ApplicationProtocol.HTTP,
            certificates=(
                [acm.Certificate.from_certificate_arn(self, "Certificate", config.web_origin_certificate)]
                if self.tls
                else None
            ),
            ssl_policy=elbv2.SslPolicy.TLS13_RES if self.tls else None,
            default_target_groups=[self.targets],
        )
        self.origin = self._origin()
        self._let_cloudfront_in()

    def _origin(self) -> cloudfront.VpcOrigin:
        """How CloudFront gets into the network: through interfaces that it makes there."""
        policy = cloudfront.OriginProtocolPolicy
        origin = cloudfront.VpcOrigin(
            self,
            "Origin",
            endpoint=cloudfront.VpcOriginEndpoint.application_load_balancer(self.load_balancer),
            protocol_policy=policy.HTTPS_ONLY if self.tls else policy.HTTP_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        )
        # No packet takes the internet gateway for it, and yet it wants one attached to the network.
        gateway = self._vpc.node.find_child("VPCGW")
        origin.node.add_dependency(gateway, self.listener)
        return origin

    def _let_cloudfront_in(self) -> None:
        """Opens the load balancer to the security group that CloudFront makes in the network with its first VPC origin:
        its id is known to a call of EC2 alone."""
        group_name = "CloudFront-VPCOrigins-Service-SG"
        role = iam.Role(self, "LookupRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        role.add_to_policy(iam.PolicyStatement(actions=["ec2:DescribeSecurityGroups"], resources=["*"]))
        log_group = self._log_group("LookupLogs", f"/aws/lambda/{self._config.stack_name}-web-lookup")
        log_group.grant_write(role)
        call = custom_resources.AwsSdkCall(
            service="EC2",
            action="describeSecurityGroups",
            parameters={
                "Filters": [
                    {"Name": "vpc-id", "Values": [self._vpc.vpc_id]},
                    {"Name": "group-name", "Values": [group_name]},
                ]
            },
            physical_resource_id=custom_resources.PhysicalResourceId.of(group_name),
            output_paths=["SecurityGroups.0.GroupId"],
        )
        lookup = custom_resources.AwsCustomResource(
            self,
            "CloudFrontGroup",
            on_create=call,
            on_update=call,
            role=role,
            log_group=log_group,
            install_latest_aws_sdk=False,
        )
        lookup.node.add_dependency(self.origin, role)
        group = ec2.SecurityGroup.from_security_group_id(
            self, "CloudFront", lookup.get_response_field("SecurityGroups.0.GroupId"), mutable=False
        )
        self.load_balancer.connections.allow_from(group, ec2.Port.tcp(443 if self.tls else 80), "CloudFront")

    def run(self, *, api_url: str, origins: list[str]) -> ecs.FargateService:
        """Starts the backend for pages that are opened at `origins`. People sign in: it holds no key and no rights."""
        cluster = ecs.Cluster(self, "Cluster", vpc=self._vpc, container_insights_v2=ecs.ContainerInsights.ENABLED)
        image = ecr_assets.DockerImageAsset(
            self,
            "Image",
            directory=str(ROOT),
            file="webapp/Dockerfile",
            # As webapp/Dockerfile.dockerignore: a change elsewhere is no new image.
            exclude=[
                "*",
                "!requirements/uv.txt",
                "!requirements/webapp.txt",
                "!webapp",
                "webapp/.*",
                "webapp/assets/external",
                *CACHES,
            ],
            platform=ecr_assets.Platform.LINUX_AMD64,
        )
        task = ecs.FargateTaskDefinition(
            self,
            "Task",
            cpu=512,
            memory_limit_mib=1024,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.X86_64, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
        )
        container = task.add_container(
            "Web",
            image=ecs.ContainerImage.from_docker_image_asset(image),
            port_mappings=[ecs.PortMapping(container_port=PORT)],
            # Pages and their headers come from CloudFront: of its own answers none loads a picture.
            environment={
                "ADLENS_WEB_API_URL": api_url,
                "ADLENS_WEB_ORIGINS": " ".join(origins),
                "ADLENS_WEB_STORES": "",
            },
            readonly_root_filesystem=True,
            logging=ecs.LogDrivers.aws_logs(
                stream_prefix="web", log_group=self._log_group("Logs", f"/aws/ecs/{self._config.stack_name}-web")
            ),
        )
        # The image's /tmp with its rights: all else is read-only.
        task.add_volume(name="tmp")
        container.add_mount_points(ecs.MountPoint(source_volume="tmp", container_path="/tmp", read_only=False))  # noqa: S108
        group = ec2.SecurityGroup(
            self, "ServiceGroup", vpc=self._vpc, description="Backend of the web app", allow_all_outbound=False
        )
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "The API, the image and the log")
        service = ecs.FargateService(
            self,
            "Service",
            cluster=cluster,
            task_definition=task,
            desired_count=self._config.web_tasks,
            min_healthy_percent=100,
            max_healthy_percent=200,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            # Without a NAT gateway the tasks have public addresses, which nobody may connect to.
            vpc_subnets=PUBLIC if self._config.lean else EGRESS,
            assign_public_ip=self._config.lean,
            security_groups=[group],
            health_check_grace_period=Duration.seconds(60),
        )
        self.targets.add_target(service)
        service.node.add_dependency(self.listener)
        return service

    def _log_group(self, construct_id: str, name: str) -> logs.LogGroup:
        return make_log_group(self, construct_id, name)
