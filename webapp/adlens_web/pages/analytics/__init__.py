"""Figures and charts."""

from adlens_web.pages.analytics.state import AnalyticsState
from adlens_web.pages.analytics.view import page

__all__ = ["AnalyticsState", "page"]
