"""What LocalStack answers over HTTP: requests that this stack's key has signed, and the API, which has keys of its own.

LocalStack's own calls stay inside of the process and do not come through here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from xml.sax.saxutils import escape

from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.app import LocalstackAwsGateway
from localstack.aws.chain import Handler, HandlerChain
from localstack.aws.handlers import cors
from localstack.aws.spec import get_service_catalog
from localstack.http import Request, Response
from localstack.services.s3 import presigned_url
from rolo.websocket.request import WebSocketRequest
from werkzeug.formparser import parse_form_data

from .signatures import KeyPair, Received, Refused, Signed

HOSTS = ("127.0.0.1", "localhost")
"""Names that a request may call this machine by: one of the DNS's could be anybody's, and point here."""
API = re.compile(r"/_aws/execute-api/[^/]+/.*")
OURS = "x-localstack-"
"""Headers that LocalStack's parts send to each other."""


class Gate:
    """Stands before LocalStack's gateway."""

    def __init__(self, key_pair: KeyPair) -> None:
        self._key_pair = key_pair

    def install(self) -> None:
        def process(gateway: LocalstackAwsGateway, request: Request, response: Response) -> None:
            self.process(gateway, request, response)

        def refuse_connection(_: LocalstackAwsGateway, request: WebSocketRequest) -> None:
            request.reject(Response(status=403))

        LocalstackAwsGateway.process, LocalstackAwsGateway.accept = process, refuse_connection
        cors.ALLOWED_CORS_ORIGINS.clear()  # pages of LocalStack's; what buckets allow is in the template
        cors.DYNAMIC_INTERNAL_ORIGINS = ()
        # LocalStack checks addresses once more, as if all had one key
        presigned_url.DEFAULT_PRE_SIGNED_SECRET_ACCESS_KEY = self._key_pair.secret_key

    def process(self, gateway: LocalstackAwsGateway, request: Request, response: Response) -> None:
        context = RequestContext(request)
        for name, _ in list(request.headers):
            if name.lower().startswith(OURS):
                del request.headers[name]
        self._chain(gateway, context).handle(context, response)

    def _chain(self, gateway: LocalstackAwsGateway, context: RequestContext) -> HandlerChain:
        """What may become of the request."""
        whole, request = gateway.new_chain(), context.request

        def only(*request_handlers: Handler) -> HandlerChain:
            return HandlerChain(
                list(request_handlers), whole.response_handlers, whole.finalizers, whole.exception_handlers
            )

        if request.host.partition(":")[0] not in HOSTS:
            return only(_Refusal(Refused("AccessDenied", "The request is for another host.")))
        if API.fullmatch(request.path):
            routes = whole.request_handlers.index(handlers.serve_edge_router_rules)
            return only(*whole.request_handlers[: routes + 1], UNSIGNED)
        if request.method == "OPTIONS":  # a browser asks what a bucket allows its page
            return only(handlers.preprocess_request, UNSIGNED)
        try:
            signed = self._key_pair.check(_received(request))
        except Refused as refused:
            return only(handlers.preprocess_request, _Refusal(refused))  # which a page may read
        if signed is Signed.FOR_STORE:
            context.service = get_service_catalog().get("s3")
        return whole


class _Refusal:
    """Ends a chain as S3 does; clients of other services take the code from the header."""

    def __init__(self, refused: Refused) -> None:
        self._refused = refused

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        code = self._refused.code
        error = f"<Error><Code>{code}</Code><Message>{escape(str(self._refused))}</Message></Error>"
        response.set_response(f'<?xml version="1.0" encoding="UTF-8"?>\n{error}')
        response.status_code = 403
        response.headers.update({"Content-Type": "application/xml", "x-amzn-errortype": code})
        chain.terminate()


UNSIGNED = _Refusal(Refused("AccessDenied", "The request is not signed."))


def _received(request: Request) -> Received:
    def body() -> bytes:
        data: bytes = request.get_data(cache=False)
        # to be read once more, by what answers
        request.environ |= {"wsgi.input": io.BytesIO(data), "CONTENT_LENGTH": str(len(data))}
        request.__dict__.pop("stream", None)
        return data

    def fields() -> Iterable[tuple[str, str]] | None:
        if request.mimetype != "multipart/form-data":
            return None
        environ = {**request.environ, "CONTENT_TYPE": request.content_type, "wsgi.input": io.BytesIO(body())}
        _, form, files = parse_form_data(environ)
        return [*form.items(multi=True), *((name, "") for name, _ in files.items(multi=True))]

    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name.lower()] = f"{headers[name.lower()]},{value}" if name.lower() in headers else value
    return Received(request.method, request.environ["RAW_URI"], headers, body, fields)
