"""PostgreSQL on AWS: Aurora Serverless v2 in a network without internet. Everybody logs in by IAM; no function has a
password. RDS Proxy stands before it, but for the lean profile."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, custom_resources
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from constructs import Construct

from infra_cdk.config import AwsConfig
from infra_cdk.log_groups import ONE_MONTH, make_log_group
from infra_cdk.roles import FUNCTIONS, OWNER, ROLES

POSTGRES_PORT = 5432
AUTO_PAUSE = Duration.minutes(5)
# The proxy refuses options at the start of a connection, and pins a session that sets anything.
PARAMETERS = {
    "rds.force_ssl": "1",
    "statement_timeout": "30000",
    "lock_timeout": "15000",
    "idle_in_transaction_session_timeout": "60000",
    # Statements and details of errors hold customers' texts.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# A connection that a frozen function holds would keep the database awake.
PAUSING = {"idle_session_timeout": "60000"}


class Database(Construct):
    """Members of the security group `clients` may connect; of AWS they reach the services they need, nothing else."""

    name = "adlens"

    def __init__(self, scope: Construct, construct_id: str, *, config: AwsConfig) -> None:
        super().__init__(scope, construct_id)
        self._config = config
        self.vpc = self._vpc(web=config.web)
        if config.zones:
            self._place_in(config.zones)
        isolated = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        self.subnets = ec2.SubnetSelection(subnets=self.vpc.isolated_subnets[:1]) if config.lean else isolated
        self.clients = ec2.SecurityGroup(self, "Clients", vpc=self.vpc, description="Functions that use the database")
        self._endpoints()
        self.cluster = rds.DatabaseCluster(
            self,
            "Cluster",
            engine=rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_16_13),
            credentials=rds.Credentials.from_username("adlens"),
            manage_master_user_password=True,  # and rotated, by RDS itself
            default_database_name=self.name,
            writer=rds.ClusterInstance.serverless_v2("Writer"),
            readers=[
                rds.ClusterInstance.serverless_v2(f"Reader{number}", scale_with_writer=number == 0)
                for number in range(config.database_readers)
            ],
            serverless_v2_min_capacity=config.database_min_acu,
            serverless_v2_max_capacity=config.database_max_acu,
            serverless_v2_auto_pause_duration=AUTO_PAUSE if config.lean else None,
            vpc=self.vpc,
            vpc_subnets=isolated,
            storage_encrypted=True,
            iam_authentication=True,
            enable_data_api=True,  # for the roles below
            backup=rds.BackupProps(retention=Duration.days(config.backup_days)),
            copy_tags_to_snapshot=True,
            deletion_protection=config.protect,
            removal_policy=RemovalPolicy.SNAPSHOT if config.protect else RemovalPolicy.DESTROY,
            cloudwatch_logs_exports=["postgresql"],
            cloudwatch_logs_retention=logs.RetentionDays.THREE_MONTHS,
            parameters=PARAMETERS | (PAUSING if config.lean else {}),
        )
        self.cluster.connections.allow_from(self.clients, ec2.Port.tcp(POSTGRES_PORT))
        self.proxy = None if config.lean else self._proxy(isolated)
        self._roles()

    def host(self, *, as_owner: bool) -> str:
        """Where a function connects. The owner's sessions set things, which a proxy is no use for."""
        return self.cluster.cluster_endpoint.hostname if as_owner or not self.proxy else self.proxy.endpoint

    def user(self, *, as_owner: bool) -> str:
        return OWNER if as_owner else FUNCTIONS

    def let_connect(self, role: iam.Role, *, as_owner: bool) -> None:
        """Lets `role` log in as the owner of the tables, or as who reads and writes rows."""
        if as_owner or not self.proxy:
            self.cluster.grant_connect(role, self.user(as_owner=as_owner))
        else:
            self.proxy.grant_connect(role, FUNCTIONS)

    def _proxy(self, subnets: ec2.SubnetSelection) -> rds.DatabaseProxy:
        name = self._config.stack_name
        log_group = make_log_group(self, "ProxyLogs", f"/aws/rds/proxy/{name}")
        proxy = self.cluster.add_proxy(
            "Proxy",
            db_proxy_name=name,  # which names its log
            default_auth_scheme=rds.DefaultAuthScheme.IAM_AUTH,
            vpc=self.vpc,
            vpc_subnets=subnets,
            require_tls=True,
            idle_client_timeout=Duration.minutes(15),
            max_connections_percent=90,  # the rest is for migrations and people
        )
        proxy.node.add_dependency(log_group)
        role = proxy.node.find_child("IAMRole")
        assert isinstance(role, iam.Role)  # noqa: S101 - what a proxy makes
        self.cluster.grant_connect(role, FUNCTIONS)
        proxy.connections.allow_from(self.clients, ec2.Port.tcp(POSTGRES_PORT))
        return proxy

    def _roles(self) -> None:
        """Makes the roles by RDS's Data API, which reaches the database from outside of its network."""
        secret = self.cluster.secret
        assert secret is not None  # noqa: S101 - RDS manages one
        role = iam.Role(self, "RolesRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        log_group = make_log_group(self, "RolesLogs", f"/aws/lambda/{self._config.stack_name}-database-roles")
        log_group.grant_write(role)
        secret.grant_read(role)
        role.add_to_policy(
            iam.PolicyStatement(actions=["rds-data:ExecuteStatement"], resources=[self.cluster.cluster_arn])
        )
        call = custom_resources.AwsSdkCall(
            service="@aws-sdk/client-rds-data",
            action="ExecuteStatementCommand",
            parameters={
                "resourceArn": self.cluster.cluster_arn,
                "secretArn": secret.secret_arn,
                "database": self.name,
                "sql": ROLES,
            },
            physical_resource_id=custom_resources.PhysicalResourceId.of("roles"),
        )
        self.roles = custom_resources.AwsCustomResource(
            self,
            "Roles",
            on_create=call,
            on_update=call,
            role=role,
            log_group=log_group,
            install_latest_aws_sdk=False,
            timeout=Duration.minutes(2),
        )
        self.roles.node.add_dependency(self.cluster, role)

    def _vpc(self, *, web: bool) -> ec2.Vpc:
        """Isolated subnets with endpoints of what functions call, instead of NAT gateways to everywhere.

        Logs need none: Lambda ships them outside of the function's network. The web app's backend calls the API by its
        public address, and has subnets of its own for that: with one NAT gateway, or public ones in the lean profile.
        """
        lean = self._config.lean
        public = ec2.SubnetConfiguration(
            name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=28, map_public_ip_on_launch=False
        )
        egress = ec2.SubnetConfiguration(name="web", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=24)
        return ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=1 if web and not lean else 0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20),
                *([public] if web else []),
                *([egress] if web and not lean else []),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
            },
            flow_logs={
                "Flows": ec2.FlowLogOptions(
                    destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                        make_log_group(self, "FlowLogs", retention=ONE_MONTH)
                    ),
                    traffic_type=ec2.FlowLogTrafficType.REJECT,
                )
            },
        )

    def _place_in(self, zones: tuple[str, ...]) -> None:
        """Puts the subnets into zones by their ids, which are the same in every account."""
        for subnets in (self.vpc.isolated_subnets, self.vpc.private_subnets, self.vpc.public_subnets):
            for subnet, zone in zip(subnets, zones, strict=True) if subnets else ():
                resource = subnet.node.default_child
                assert isinstance(resource, ec2.CfnSubnet)  # noqa: S101 - what an L2 subnet is made of
                resource.add_property_override("AvailabilityZoneId", zone)
                resource.add_property_deletion_override("AvailabilityZone")

    def _endpoints(self) -> None:
        service = ec2.InterfaceVpcEndpointAwsService
        needed = {"Sqs": service.SQS, "Lambda": service.LAMBDA_, "XRay": service.XRAY}
        if self._config.lean:
            del needed["XRay"]
        for name, endpoint_service in needed.items():
            endpoint = self.vpc.add_interface_endpoint(name, service=endpoint_service, subnets=self.subnets, open=False)
            endpoint.connections.allow_default_port_from(self.clients)
