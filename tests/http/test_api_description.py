"""The API's description says what is so, and its page shows it without obeying it."""

from typing import Any

import pytest
from litestar import Litestar

from infrastructure import settings
from interfaces import bootstrap
from interfaces.http import api_description, app, markup, reference_page, reference_schema

ADDRESSES = {
    "DATABASE_URL": "postgresql://nobody@nowhere.invalid/nothing",
    "REDIS_URL": "redis://nowhere.invalid",
}


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The application as it is wired for a process; nothing is connected."""
    folder = tmp_path_factory.mktemp("data")
    environ = {"MUNIMENT_ENVIRONMENT": "test", "MUNIMENT_DATA_DIR": str(folder), **ADDRESSES}
    return app.litestar_app(bootstrap.web(settings.load(environ, None)))


@pytest.fixture(scope="module")
def description(application: Litestar) -> dict[str, Any]:
    return api_description.of(application)


def operations(description: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": about
        for path, methods in description["paths"].items()
        for method, about in methods.items()
    }


def test_every_operation_is_described_in_words(description: dict[str, Any]) -> None:
    for name, about in operations(description).items():
        assert about["summary"], name
        assert about["description"], name


def test_operations_have_names_of_their_own(description: dict[str, Any]) -> None:
    names = [about["operationId"] for about in operations(description).values()]
    assert "documents_add" in names
    assert len(names) == len(set(names))


def test_only_public_operations_need_no_token(description: dict[str, Any]) -> None:
    public = {
        name for name, about in operations(description).items() if about.get("security") == []
    }
    assert public == {
        "POST /api/v1/tenants",
        "POST /api/v1/auth/login",
        "POST /api/v1/auth/refresh",
        "GET /health/live",
        "GET /health/ready",
        "GET /.well-known/muniment-seal-keys",
    }


def test_every_error_is_a_problem(description: dict[str, Any]) -> None:
    for name, about in operations(description).items():
        for status, answer in about["responses"].items():
            if status[0] != "2":
                assert list(answer["content"]) == ["application/problem+json"], (name, status)
        assert "default" in about["responses"], name


def test_bodies_refuse_what_they_do_not_know_and_show_an_example(
    description: dict[str, Any],
) -> None:
    tenant = description["components"]["schemas"]["NewTenant"]
    assert tenant["additionalProperties"] is False
    assert tenant["description"]
    body = operations(description)["POST /api/v1/tenants"]["requestBody"]["content"]
    assert body["application/json"]["example"]["slug"] == "example-archive"


def test_every_reference_leads_somewhere(description: dict[str, Any]) -> None:
    names = description["components"]["schemas"].keys()
    for reference in references(description):
        assert reference.rpartition("/")[2] in names


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for item in value.values() for found in references(item)]
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    return []


def test_a_removal_needs_the_version_and_a_creation_can_be_repeated(
    description: dict[str, Any],
) -> None:
    removal = operations(description)["DELETE /api/v1/documents/{document_id}"]
    assert [given["name"] for given in removal["parameters"] if given["required"]] == [
        "document_id",
        "If-Match",
    ]
    ticker = "/api/v1/watchlists/{watchlist_id}/tickers/{ticker}"
    setting = operations(description)[f"PUT {ticker}"]
    assert "If-Match" not in [given["name"] for given in setting["parameters"]]
    creation = operations(description)["POST /api/v1/documents"]
    assert [given["name"] for given in creation["parameters"]] == ["Idempotency-Key"]


def test_a_parameter_shows_its_limits(description: dict[str, Any]) -> None:
    listing = operations(description)["GET /api/v1/documents"]
    (limit,) = (given for given in listing["parameters"] if given["name"] == "limit")
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}


def test_the_page_shows_every_operation_and_every_type(description: dict[str, Any]) -> None:
    page = reference_page.page_of(description, "http://127.0.0.1:8000")
    for about in operations(description).values():
        assert f'id="{about["operationId"]}"' in page
    for name in description["components"]["schemas"]:
        assert f'id="{reference_schema.anchor(name)}"' in page


def test_the_page_escapes_all_that_it_is_given() -> None:
    hostile = '<script>alert("&")</script>'
    operation = {
        "operationId": hostile,
        "summary": hostile,
        "description": hostile + f" `{hostile}`",
        "tags": [hostile],
        "parameters": [
            {"name": hostile, "in": hostile, "schema": {"type": hostile, "pattern": hostile}}
        ],
        "responses": {
            "200": {
                "description": hostile,
                "content": {hostile: {"schema": {"enum": [hostile]}, "example": hostile}},
            }
        },
    }
    page = reference_page.page_of(
        {
            "info": {"title": hostile, "description": hostile, "version": hostile},
            "paths": {f"/{hostile}": {"get": operation}},
            "components": {"schemas": {hostile: {"properties": {hostile: {"const": hostile}}}}},
        },
        hostile,
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 10


def test_an_attribute_cannot_be_left() -> None:
    assert markup.element("a", "x", href='"><b>') == '<a href="&quot;&gt;&lt;b&gt;">x</a>'
