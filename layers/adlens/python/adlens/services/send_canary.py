"""A creative of our own that is analysed every hour: it shows that uploads end well when no customer sends any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from adlens.domain.creative import CreativeSummary, NewCreative, Status
from adlens.domain.errors import UnknownGroup
from adlens.domain.media import ImageFormat
from adlens.domain.ports.creatives import GroupQueries
from adlens.services.register_uploads import StoreUpload
from adlens.services.remove_files import DeleteCreatives

GROUP = "canary"
EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SendCanary:
    """On a schedule, whose steps may be shorter than an hour. The workspace must be there. `draw` makes a PNG."""

    groups: GroupQueries
    store: StoreUpload
    delete: DeleteCreatives
    workspace_id: UUID
    draw: Callable[[datetime], bytes]

    def __call__(self, now: datetime) -> bool | None:
        """Whether the canary of the hour before has ended well; a new one takes its place. None while none is due and
        the first time.
        """
        sent = self._sent()
        if any(creative.uploaded_at > now - EVERY for creative in sent):
            return None
        self.delete(self.workspace_id, [creative.id for creative in sent])
        data = self.draw(now)
        new = NewCreative(uuid4(), "canary.png", len(data))
        self.store(self.workspace_id, GROUP, new, ImageFormat.PNG, data)
        return all(creative.status is Status.SUCCESS for creative in sent) if sent else None

    def _sent(self) -> tuple[CreativeSummary, ...]:
        try:
            return tuple(self.groups.creatives(self.workspace_id, GROUP, limit=100).items)
        except UnknownGroup:
            return ()
