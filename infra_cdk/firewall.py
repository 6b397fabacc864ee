"""A web ACL before the API, by setting: addresses of bad repute, known bad inputs, too many requests of one address.

Not AWS's common rules: they refuse bodies of more than 8 KB, which uploads are.
"""

from __future__ import annotations

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra_cdk.api import Api

REQUESTS_IN_FIVE_MINUTES = 6000  # of one address: a fifth of what the stage lets through
MANAGED = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet")


class Firewall(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, api: Api) -> None:
        super().__init__(scope, construct_id)
        managed = [
            waf.CfnWebACL.RuleProperty(
                name=name,
                priority=number,
                statement=waf.CfnWebACL.StatementProperty(
                    managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                        vendor_name="AWS", name=name
                    )
                ),
                override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
                visibility_config=_visible(name),
            )
            for number, name in enumerate(MANAGED)
        ]
        rate = waf.CfnWebACL.RuleProperty(
            name="Rate",
            priority=len(managed),
            statement=waf.CfnWebACL.StatementProperty(
                rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                    aggregate_key_type="IP", limit=REQUESTS_IN_FIVE_MINUTES
                )
            ),
            action=waf.CfnWebACL.RuleActionProperty(block={}),
            visibility_config=_visible("Rate"),
        )
        acl = waf.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[*managed, rate],
            visibility_config=_visible("Api"),
        )
        waf.CfnWebACLAssociation(
            self, "Association", resource_arn=api.rest_api.deployment_stage.stage_arn, web_acl_arn=acl.attr_arn
        )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
