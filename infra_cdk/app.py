"""Synthesises the stacks of a stage: `python -m infra_cdk.app`, or `cdk deploy` through cdk.json.

The stage is ADLENS_CDK_STAGE or the CDK context `stage` (local | aws); the template goes to CDK_OUTDIR, or cdk.out.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from infra_cdk.config import AwsConfig, LocalConfig, output_folder, read_config, use_own_node
from infra_cdk.settings import ConfigError

if TYPE_CHECKING:
    from aws_cdk import App

# Kept here rather than in cdk.json, so that synthesis without the CDK's command line gives the same template.
FLAGS = {
    "@aws-cdk/core:validateAgainstDefaultRules": True,
    # The library and its migrations are in a layer: a change there is a new version of every function.
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
    "@aws-cdk/aws-lambda:recognizeVersionProps": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:checkSecretUsage": True,
    "@aws-cdk/core:target-partitions": ["aws"],
    "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": False,  # a custom resource; nothing is in that group
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/aws-rds:databaseProxyUniqueResourceName": True,
    "@aws-cdk/aws-apigateway:disableCloudWatchRole": True,
}


def build_app(
    config: LocalConfig | AwsConfig | None = None, outdir: str | None = None, *, check: bool | None = None
) -> App:
    """The CDK app of `config`, or of the stage that context and environment name.

    `check` makes synthesis fail on findings of cdk-nag; by default on the stage where they matter, aws.
    """
    use_own_node()  # before the first import of the CDK, which starts it
    from aws_cdk import App

    from infra_cdk import nag
    from infra_cdk.stacks import AdLens

    app = App(outdir=outdir or output_folder(), context=FLAGS, analytics_reporting=False)
    config = config or read_config(app.node.try_get_context("stage"))
    AdLens(app, config)
    if check or (check is None and isinstance(config, AwsConfig)):
        nag.check(app)
    return app


if __name__ == "__main__":
    try:
        build_app().synth()
    except ConfigError as error:
        sys.exit(f"error: {error}")
