"""PostgreSQL on AWS: Aurora Serverless v2 in a network without internet, reached through RDS Proxy with TLS."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra_cdk.config import AwsConfig

POSTGRES_PORT = 5432
SECRET_ROTATION = Duration.days(30)


class Database(Construct):
    """Members of the security group `clients` may connect; of AWS they reach the services they need, nothing else."""

    name = "adlens"

    def __init__(self, scope: Construct, construct_id: str, *, config: AwsConfig) -> None:
        super().__init__(scope, construct_id)
        self.subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        self.vpc = self._vpc(web=config.web)
        rotation = ec2.SecurityGroup(
            self, "Rotation", vpc=self.vpc, description="Rotation of the password of the database"
        )
        self.clients = ec2.SecurityGroup(self, "Clients", vpc=self.vpc, description="Functions that use the database")
        self._endpoints(self.clients, rotation)
        cluster = rds.DatabaseCluster(
            self,
            "Cluster",
            engine=rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_16_13),
            credentials=rds.Credentials.from_generated_secret("adlens"),
            default_database_name=self.name,
            writer=rds.ClusterInstance.serverless_v2("Writer"),
            readers=[
                rds.ClusterInstance.serverless_v2(f"Reader{number}", scale_with_writer=number == 0)
                for number in range(config.database_readers)
            ],
            serverless_v2_min_capacity=config.database_min_acu,
            serverless_v2_max_capacity=config.database_max_acu,
            vpc=self.vpc,
            vpc_subnets=self.subnets,
            storage_encrypted=True,
            iam_authentication=True,
            backup=rds.BackupProps(retention=Duration.days(config.backup_days)),
            copy_tags_to_snapshot=True,
            deletion_protection=True,
            removal_policy=RemovalPolicy.SNAPSHOT,
            cloudwatch_logs_exports=["postgresql"],
            cloudwatch_logs_retention=None,
            parameters={"rds.force_ssl": "1"},
        )
        cluster.add_rotation_single_user(
            automatically_after=SECRET_ROTATION, vpc_subnets=self.subnets, security_group=rotation
        )
        assert cluster.secret is not None  # noqa: S101 - generated above
        self.secret: secretsmanager.ISecret = cluster.secret
        self.proxy = cluster.add_proxy(
            "Proxy",
            secrets=[self.secret],
            vpc=self.vpc,
            vpc_subnets=self.subnets,
            require_tls=True,
            client_password_auth_type=rds.ClientPasswordAuthType.POSTGRES_SCRAM_SHA_256,
            idle_client_timeout=Duration.minutes(15),
            max_connections_percent=90,  # the rest is for migrations and people
        )
        self.proxy.connections.allow_from(self.clients, ec2.Port.tcp(POSTGRES_PORT))

    def _vpc(self, *, web: bool) -> ec2.Vpc:
        """Isolated subnets with endpoints of what functions call, instead of NAT gateways to everywhere.

        Logs need none: Lambda ships them outside of the function's network. The web app's backend calls the API by its
        public address, and has subnets of its own for that, with one NAT gateway.
        """
        of_web = [
            ec2.SubnetConfiguration(
                name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=28, map_public_ip_on_launch=False
            ),
            ec2.SubnetConfiguration(name="web", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=24),
        ]
        return ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=1 if web else 0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20),
                *(of_web if web else []),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
            },
            flow_logs={
                "Flows": ec2.FlowLogOptions(
                    destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                        logs.LogGroup(
                            self,
                            "FlowLogs",
                            retention=logs.RetentionDays.ONE_MONTH,
                            removal_policy=RemovalPolicy.DESTROY,
                        )
                    ),
                    traffic_type=ec2.FlowLogTrafficType.REJECT,
                )
            },
        )

    def _endpoints(self, clients: ec2.SecurityGroup, rotation: ec2.SecurityGroup) -> None:
        service = ec2.InterfaceVpcEndpointAwsService
        for name, endpoint_service, users in (
            ("Sqs", service.SQS, [clients]),
            ("SecretsManager", service.SECRETS_MANAGER, [clients, rotation]),
            ("Lambda", service.LAMBDA_, [clients]),
            ("XRay", service.XRAY, [clients]),
        ):
            endpoint = self.vpc.add_interface_endpoint(name, service=endpoint_service, subnets=self.subnets, open=False)
            for group in users:
                endpoint.connections.allow_default_port_from(group)
