"""Errors of the domain and of HTTP, all answered in one shape: `ErrorOut`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from adlens.domain import errors
from adlens.domain.text import storable
from functions.api.observability import logger
from functions.api.shapes import ErrorOut


class Unauthorized(errors.PermanentError):
    code = "unauthorized"


class MalformedRequest(errors.PermanentError):
    code = "malformed_request"


class UnsupportedMediaType(errors.PermanentError):
    code = "unsupported_media_type"


STATUS: Mapping[type[errors.AdLensError], HTTPStatus] = {
    MalformedRequest: HTTPStatus.BAD_REQUEST,
    errors.DamagedTable: HTTPStatus.BAD_REQUEST,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    errors.ExpiredKey: HTTPStatus.UNAUTHORIZED,
    errors.Forbidden: HTTPStatus.FORBIDDEN,
    errors.UnknownCreative: HTTPStatus.NOT_FOUND,
    errors.UnknownGroup: HTTPStatus.NOT_FOUND,
    errors.UnknownExport: HTTPStatus.NOT_FOUND,
    errors.UnknownJob: HTTPStatus.NOT_FOUND,
    errors.UnknownFile: HTTPStatus.NOT_FOUND,
    errors.UnknownSetting: HTTPStatus.NOT_FOUND,
    errors.UnknownWebhook: HTTPStatus.NOT_FOUND,
    errors.UnknownKey: HTTPStatus.NOT_FOUND,
    errors.ObjectGone: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.ImageTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.TableTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedFormat: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.InvalidImage: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidValue: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.LimitReached: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TransientError: HTTPStatus.SERVICE_UNAVAILABLE,
}
HEADERS: Mapping[HTTPStatus, Mapping[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": 'ApiKey header="x-api-key"'},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "5"},
}
CODES = {
    HTTPStatus.BAD_REQUEST: MalformedRequest.code,
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: errors.TableTooLarge.code,
}
INTERNAL = "Something went wrong on our side. Try again; if it goes on, report it with the request id."

_UNREADABLE = "There was an error parsing the body"  # what FastAPI says

EXAMPLES: Mapping[int, tuple[str, str, str | None]] = {
    400: (MalformedRequest.code, "2 files came with 1 creative_ids: send one per file.", None),
    401: (Unauthorized.code, "Send your API key in the header x-api-key.", None),
    403: (errors.Forbidden.code, "This key has the scope read. Use one with the scope write.", None),
    404: (errors.UnknownCreative.code, "There is no creative 0b9d5f0c-6a3e-4c1b-9d55-2f4a7c1e8b11.", None),
    409: (errors.Conflict.code, "The file has not arrived yet.", None),
    413: (CODES[HTTPStatus.REQUEST_ENTITY_TOO_LARGE], "The request is larger than 4.5 MB. Use POST /uploads.", None),
    415: (UnsupportedMediaType.code, "Send multipart/form-data.", None),
    422: (errors.InvalidValue.code, "files.0.size: Input should be a valid integer.", "files.0.size"),
    429: (errors.LimitReached.code, "This API key sends more than 100 requests a second. Send them more slowly.", None),
    500: (errors.AdLensError.code, INTERNAL, None),
    503: (errors.TransientError.code, "The database did not answer as expected. Try again shortly.", None),
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for OpenAPI."""
    return {
        status: {
            "model": ErrorOut,
            "description": HTTPStatus(status).phrase,
            "content": {"application/json": {"example": _example(status)}},
        }
        for status in statuses
    }


def error_response(
    request: Request,
    status: HTTPStatus,
    detail: str,
    code: str,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    # Both quote the request, which may hold what no UTF-8 can.
    detail, field = storable(detail), field and storable(field)
    body = ErrorOut(detail=detail, code=code, field=field, request_id=request.state.request_id)
    return JSONResponse(body.model_dump(), status, {**HEADERS.get(status, {}), **(headers or {})})


def install(app: FastAPI) -> None:
    app.add_exception_handler(errors.AdLensError, _on_domain_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _on_invalid_request)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _on_http_error)  # type: ignore[arg-type]


def _on_domain_error(request: Request, error: errors.AdLensError) -> JSONResponse:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), None)
    if status is None:
        raise error
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        logger.warning("not available", exc_info=error)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, errors.LimitReached) else None
    return error_response(request, status, str(error), error.code, getattr(error, "field", None) or None, headers)


def _on_invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    first, *others = error.errors()
    if first["type"] == "json_invalid":
        detail = f"The body is not JSON: {first['ctx']['error']}."
        return error_response(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, MalformedRequest.code, "body")
    field = _field(first["loc"])
    more = f" (and {len(others)} more)" if others else ""
    detail = f"{field}: {first['msg'].removeprefix('Value error, ')}{more}"
    return error_response(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors.InvalidValue.code, field)


def _on_http_error(request: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    detail = error.detail
    if detail == _UNREADABLE:  # no UTF-8, say: to the client as wrong as any other body that is no JSON
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return error_response(request, status, "The body cannot be read.", MalformedRequest.code, "body")
    if detail == status.phrase and status is HTTPStatus.NOT_FOUND:
        detail = "There is nothing at this address; GET /docs lists what there is."
    elif detail == status.phrase and status is HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not possible here; GET /docs lists what is."
    return error_response(request, status, detail, CODES.get(status, "http_error"), headers=error.headers)


def _field(location: Iterable[object]) -> str:
    """("body", "files", 0, "size") -> "files.0.size"; ("query", "topic", 1) -> "topic"; the whole body is "body"."""
    place, *path = (str(part) for part in location)
    return ".".join(path[:1] if place == "query" else path) or place


def _example(status: int) -> dict[str, Any]:
    code, detail, field = EXAMPLES[status]
    return ErrorOut(detail=detail, code=code, field=field, request_id="5f0e7c6a-…").model_dump()
