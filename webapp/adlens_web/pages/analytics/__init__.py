"""Analytics: what is in a group of creatives, alone, beside all of them, or beside another group."""

from adlens_web.pages.analytics.page import page
from adlens_web.pages.analytics.state import AnalyticsState

__all__ = ["AnalyticsState", "page"]
