"""One creative: what was found in it, how far it is, and what a person says its topic is."""

from __future__ import annotations

from dataclasses import dataclass

from adlens.domain.creative import Creative, CreativeId, CreativeSummary
from adlens.domain.ports.creatives import CreativeQueries, CreativeRepository


@dataclass(frozen=True, slots=True)
class Creatives:
    """Every method raises UnknownCreative."""

    queries: CreativeQueries
    creatives: CreativeRepository

    def get(self, key: CreativeId) -> Creative:
        """With all that is known of it."""
        return self.queries.creative(key.workspace_id, key.id)

    def summary(self, key: CreativeId) -> CreativeSummary:
        return self.queries.summary(key.workspace_id, key.id)

    def correct_topic(self, key: CreativeId, topic: str) -> Creative:
        """The creative with this topic, which analyses to come keep. Raises Conflict while there are no findings."""
        self.creatives.correct_topic(key, topic)
        return self.get(key)

    def take_back_correction(self, key: CreativeId) -> Creative:
        """The creative with the model's topic."""
        self.creatives.take_back_correction(key)
        return self.get(key)
