"""Upload pictures and follow their analysis."""

from adlens_web.pages.upload.state import UploadState
from adlens_web.pages.upload.view import page

__all__ = ["UploadState", "page"]
