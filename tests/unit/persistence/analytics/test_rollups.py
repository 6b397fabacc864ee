from __future__ import annotations

from decimal import Decimal

from adlens.persistence.analytics.rollups import Contribution, difference
from adlens.persistence.schema import GroupColorRollup, GroupRollup, GroupTopicRollup


def test_what_stays_the_same_is_not_written() -> None:
    same: Contribution = {GroupRollup: {(): {"creatives": 1}}, GroupColorRollup: {("#ff0000",): {"creatives": 1}}}

    assert difference(same, same) == {}


def test_what_goes_is_taken_away_and_what_comes_is_added() -> None:
    before: Contribution = {
        GroupRollup: {(): {"creatives": 1, "seconds": Decimal("1.5")}},
        GroupTopicRollup: {("cups",): {"creatives": 1, "topic_confidence": Decimal("0.9")}},
    }
    after: Contribution = {
        GroupRollup: {(): {"creatives": 1, "seconds": Decimal("0.5")}},
        GroupTopicRollup: {("ties",): {"creatives": 1, "topic_confidence": Decimal("0.1")}},
    }

    assert difference(after, before) == {
        GroupRollup: {(): {"creatives": 0, "seconds": Decimal("-1.0")}},
        GroupTopicRollup: {
            ("cups",): {"creatives": -1, "topic_confidence": Decimal("-0.9")},
            ("ties",): {"creatives": 1, "topic_confidence": Decimal("0.1")},
        },
    }
