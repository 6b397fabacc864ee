"""The tables. Check constraints and the order of creation live in `migrations`, where the database enforces them.

Clients make the ids of creatives and groups, so these are unique within a workspace only: every key starts with
`workspace_id`, and every foreign key carries it along. A row can never point into another workspace.

Whoever imports one table knows all: foreign keys name tables of other modules.
"""

from adlens.persistence.schema.base import Base, Now, Timestamp
from adlens.persistence.schema.creatives import Creative, Group, Removal, StorageCheck, Waiting
from adlens.persistence.schema.exports import ExportContents, ExportRow
from adlens.persistence.schema.findings import (
    Analysis,
    DetectedObject,
    Embedding,
    ModelBundle,
    StageRun,
    Swatch,
    TextBlock,
    TopicCorrection,
)
from adlens.persistence.schema.jobs import JobRow
from adlens.persistence.schema.performance import Performance
from adlens.persistence.schema.rollups import (
    FindingKind,
    GroupColorRollup,
    GroupFindingRollup,
    GroupRollup,
    GroupTopicColorRollup,
    GroupTopicRollup,
    WorkspaceColorRollup,
    WorkspaceFindingRollup,
    WorkspaceRollup,
    WorkspaceTopicColorRollup,
    WorkspaceTopicRollup,
)
from adlens.persistence.schema.search import Facts, GoneWord, Vocabulary
from adlens.persistence.schema.webhooks import Webhook, WebhookDelivery
from adlens.persistence.schema.workspaces import (
    ApiKey,
    AuditEntry,
    BiReader,
    Plan,
    RequestTurn,
    Setting,
    Usage,
    Workspace,
)

__all__ = [
    "Analysis",
    "ApiKey",
    "AuditEntry",
    "Base",
    "BiReader",
    "Creative",
    "DetectedObject",
    "Embedding",
    "ExportContents",
    "ExportRow",
    "Facts",
    "FindingKind",
    "GoneWord",
    "Group",
    "GroupColorRollup",
    "GroupFindingRollup",
    "GroupRollup",
    "GroupTopicColorRollup",
    "GroupTopicRollup",
    "JobRow",
    "ModelBundle",
    "Now",
    "Performance",
    "Plan",
    "Removal",
    "RequestTurn",
    "Setting",
    "StageRun",
    "StorageCheck",
    "Swatch",
    "TextBlock",
    "Timestamp",
    "TopicCorrection",
    "Usage",
    "Vocabulary",
    "Waiting",
    "Webhook",
    "WebhookDelivery",
    "Workspace",
    "WorkspaceColorRollup",
    "WorkspaceFindingRollup",
    "WorkspaceRollup",
    "WorkspaceTopicColorRollup",
    "WorkspaceTopicRollup",
]
