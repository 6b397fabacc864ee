"""The API's description as a page. It asks for its document beside itself, under whatever path a gateway serves it."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

router = APIRouter()

# Swagger UI comes from a CDN; where that is out of reach the page still lists what there is.
FALLBACK = """
<script>
if (!window.SwaggerUIBundle) fetch("openapi.json").then(answer => answer.json()).then(api => {
  const page = document.getElementById("swagger-ui");
  const add = (tag, text) => Object.assign(page.appendChild(document.createElement(tag)), {textContent: text});
  page.style = "max-width: 60rem; margin: auto; font: 1rem/1.5 sans-serif; white-space: pre-line";
  add("h1", api.info.title + " " + api.info.version);
  add("p", api.info.description);
  for (const [path, methods] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(methods)) {
      add("h3", method.toUpperCase() + " " + path);
      add("p", operation.description);
    }
  add("a", "All of it: openapi.json").href = "openapi.json";
});
</script>
</body>"""


@router.get("/docs")
async def docs() -> HTMLResponse:
    page = bytes(get_swagger_ui_html(openapi_url="openapi.json", title="AdLens API").body).decode()
    return HTMLResponse(page.replace("</body>", FALLBACK))
