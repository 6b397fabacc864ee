"""The API's description as a page. Everything on it comes from the API itself, under whatever path a gateway serves it:
a page that asks for keys runs nobody else's scripts, and works where the internet is out of reach.
"""

from __future__ import annotations

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

router = APIRouter()
swagger_ui = StaticFiles(directory=Path(fastapi_offline.__file__).parent / "static")


@router.get("/docs")
async def docs() -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title="AdLens API",
        swagger_js_url="docs/static/swagger-ui-bundle.js",
        swagger_css_url="docs/static/swagger-ui.css",
        swagger_favicon_url="docs/static/favicon.png",
    )
