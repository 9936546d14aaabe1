"""The description of the API (OpenAPI 3.1), at `/schema/openapi.json` outside production.

Litestar lists the routes, msgspec describes the types (with their documentation, limits and
examples, which Litestar leaves out), and `api_conventions` adds what holds for many routes at once.
"""

import re
from collections.abc import Iterator
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import HTTPRoute

from interfaces.http import api_conventions, api_examples
from interfaces.http.problems import Problem

Json = dict[str, Any]

PATH = "/schema"
REFERENCE = "#/components/schemas/{name}"
BINARY = "application/octet-stream"


class DescribedRoute(NamedTuple):
    """One operation of the description, and the handler that it describes."""

    method: str
    path: str
    operation: Json
    handler: HTTPRouteHandler


def config() -> OpenAPIConfig:
    """For Litestar: the description as JSON and none of its pages, which load from elsewhere."""
    return OpenAPIConfig(
        title="Muniment",
        version="1",
        description="Keeps documents, answers from them, and proves every step.",
        use_handler_docstrings=True,
        operation_id_creator=lambda handler, _method, _path: _operation_id(handler),
        openapi_router=Router(
            PATH, route_handlers=[], include_in_schema=False, opt={"public": True}
        ),
        render_plugins=[DescriptionPlugin(media_type=MediaType.JSON)],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    bearer_format="JWT",
                    description="The access token of `POST /api/v1/auth/login`.",
                ),
                "administrator": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="The administrators' token, `MUNIMENT_ADMIN_TOKEN`.",
                ),
            }
        ),
        security=[{"bearer": []}],
    )


class DescriptionPlugin(JsonRenderPlugin):
    """Answers with the whole description instead of Litestar's part of it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Json) -> bytes:  # noqa: ARG002 - the plugin's signature
        """The description as JSON."""
        return msgspec.json.encode(of(request.app))


def of(app: Litestar) -> Json:
    """The description of an application, made when it is first asked for."""
    made: Json | None = app.state.get("api_description")
    if made is None:
        made = app.state["api_description"] = _describe(app)
    return made


def _describe(app: Litestar) -> Json:
    document = app.openapi_schema.to_schema()
    routes = list(_routes(app, document))
    types = [_body_type(route.handler) for route in routes]
    types += [_answer_type(route.handler) for route in routes]
    parameters = [(route, name) for route in routes for name in _parameter_names(route)]
    types += [_parameter_type(route.handler, name) for route, name in parameters]
    schemas, components = msgspec.json.schema_components([*types, Problem], ref_template=REFERENCE)
    _name_times(components)
    document["components"]["schemas"] = dict(sorted(components.items()))
    for route, schema in zip(routes, schemas, strict=False):
        _set_body(route, schema, components)
    for route, schema in zip(routes, schemas[len(routes) :], strict=False):
        _set_answer(route, schema, components)
    for (route, name), schema in zip(parameters, schemas[2 * len(routes) :], strict=False):
        _set_parameter(route, name, schema)
    for route in routes:
        api_conventions.apply(route.operation, route.method, route.path, route.handler.opt)
    return document


def _name_times(components: Json) -> None:
    """Times are the fields that end in `_at`; msgspec tells their format only if it checks it."""
    for component in components.values():
        for name, schema in component.get("properties", {}).items():
            for option in schema.get("anyOf", [schema]):
                if name.endswith("_at") and option == {"type": "string"}:
                    option["format"] = "date-time"


def _routes(app: Litestar, document: Json) -> Iterator[DescribedRoute]:
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            operation = document["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                yield DescribedRoute(method, route.path_format, operation, handler)


def _operation_id(handler: HTTPRouteHandler) -> str:
    return f"{handler.fn.__module__.rpartition('.')[2]}_{handler.handler_name}"


def _body_type(handler: HTTPRouteHandler) -> Any:
    field = handler.parsed_fn_signature.parameters.get("data")
    return NoneType if field is None else field.raw


def _answer_type(handler: HTTPRouteHandler) -> Any:
    raw = handler.parsed_return_field.raw
    origin = get_origin(raw)
    if isinstance(origin, type) and issubclass(origin, Response):
        (raw,) = get_args(raw)
    return NoneType if raw is None else raw


def _parameter_names(route: DescribedRoute) -> list[str]:
    known = route.handler.parsed_fn_signature.parameters
    return [given["name"] for given in _parameters(route) if given["name"] in known]


def _parameter_type(handler: HTTPRouteHandler, name: str) -> Any:
    return handler.parsed_fn_signature.parameters[name].raw


def _parameters(route: DescribedRoute) -> list[Json]:
    parameters: list[Json] = route.operation.get("parameters", [])
    return parameters


def _set_body(route: DescribedRoute, schema: Json, components: Json) -> None:
    if _body_type(route.handler) is not NoneType:
        example = api_examples.sample(schema, components)
        media = {"application/json": {"schema": schema, "example": example}}
        route.operation["requestBody"] = {"required": True, "content": media}


def _set_answer(route: DescribedRoute, schema: Json, components: Json) -> None:
    """The one answer that isn't an error. Litestar's guess at the errors isn't ours."""
    status = str(route.handler.status_code)
    answer: Json = {"description": api_conventions.STATUS_WORDS.get(status, "Done.")}
    kind = _answer_type(route.handler)
    if kind is bytes:
        media_type = str(route.handler.media_type or BINARY).partition(";")[0]
        text = media_type.startswith("text/")
        answer["content"] = {media_type: {"schema": {"type": "string"} if text else {}}}
    elif kind is not NoneType:
        example = api_examples.sample(schema, components)
        answer["content"] = {"application/json": {"schema": schema, "example": example}}
    route.operation["responses"] = {status: answer}


def _set_parameter(route: DescribedRoute, name: str, schema: Json) -> None:
    """The type in full; that an optional value may be absent is said by `required` alone."""
    given = next(given for given in _parameters(route) if given["name"] == name)
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        schema = options[0]
    limits = {key: value for key, value in given["schema"].items() if key not in ("oneOf", "type")}
    given["schema"] = limits | schema
    if re.fullmatch(r"#/components/schemas/\w+", schema.get("$ref", "")):
        given.pop("description", None)
