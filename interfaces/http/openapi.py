"""What the generated API description can't tell by itself."""

from dataclasses import dataclass

from litestar.openapi.spec import (
    Example,
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)


@dataclass
class AddDocumentOperation(Operation):
    """A body in either of two forms."""

    def __post_init__(self) -> None:
        text = Schema(type=OpenAPIType.STRING)
        base = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.UUID)
        self.request_body = RequestBody(
            required=True,
            content={
                "application/json": OpenAPIMediaType(
                    schema=Schema(
                        type=OpenAPIType.OBJECT,
                        required=["title", "text"],
                        properties={"title": text, "text": text, "knowledge_base_id": base},
                        additional_properties=False,
                    ),
                    examples={
                        "text": Example(
                            value={
                                "title": "Retention policy",
                                "text": "Invoices are kept for ten years.",
                            }
                        )
                    },
                ),
                "multipart/form-data": OpenAPIMediaType(
                    schema=Schema(
                        type=OpenAPIType.OBJECT,
                        required=["file"],
                        properties={
                            "file": Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY),
                            "title": text,
                            "knowledge_base_id": base,
                        },
                        additional_properties=False,
                    )
                ),
            },
        )
