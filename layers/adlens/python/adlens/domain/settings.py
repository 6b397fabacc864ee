"""Settings that a workspace's users change."""

from __future__ import annotations

from dataclasses import dataclass

from adlens.domain.errors import InvalidValue, UnknownSetting


@dataclass(frozen=True, slots=True)
class SettingKind:
    key: str
    default: int
    lowest: int
    highest: int
    description: str

    def check(self, value: object) -> int:
        """`value` as a number in range; raises InvalidValue. True and 3.5 are no counts."""
        text = str(value).strip()
        if isinstance(value, bool) or len(text) > 9 or not text.isascii() or not text.isdigit():
            raise InvalidValue(f"{self.key} is a whole number.", self.key)
        if not self.lowest <= int(text) <= self.highest:
            raise InvalidValue(f"{self.key} lies between {self.lowest} and {self.highest}.", self.key)
        return int(text)


SETTING_KINDS = {
    kind.key: kind
    for kind in (
        SettingKind("DOMINANT_COLORS_COUNT", 3, 1, 10, "How many dominant colours a palette has."),
        SettingKind("SECONDARY_COLORS_COUNT", 3, 0, 10, "How many secondary colours a palette has."),
    )
}


def setting_kind(key: str) -> SettingKind:
    try:
        return SETTING_KINDS[key]
    except KeyError:
        raise UnknownSetting(f"There is no setting {key!r}; there are {', '.join(SETTING_KINDS)}.") from None
