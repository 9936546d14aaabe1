"""The HTTP interface, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ASGIApp

from interfaces import bootstrap
from interfaces.http import admission, api_description, problems, requests
from interfaces.http.audit import AuditController
from interfaces.http.dead_letters import DeadLetterController
from interfaces.http.documents import DocumentController
from interfaces.http.envelope import Envelope
from interfaces.http.health import HealthController
from interfaces.http.knowledge_bases import KnowledgeBaseController
from interfaces.http.logins import LoginController
from interfaces.http.metrics import MetricsController
from interfaces.http.platform import PlatformController
from interfaces.http.reference_page import ReferencePage
from interfaces.http.seal_keys import SealKeyController
from interfaces.http.search import SearchController
from interfaces.http.tenants import TenantController
from interfaces.http.users import UserController
from interfaces.http.watchlists import WatchlistController
from interfaces.parts import Web

PREFIX = "/api/v1"
FORM_PARTS_MAX = 20
WARM_UP_AFTER_SECONDS = 2.0

CONTROLLERS = [
    TenantController,
    LoginController,
    UserController,
    KnowledgeBaseController,
    DocumentController,
    SearchController,
    WatchlistController,
    AuditController,
    PlatformController,
    DeadLetterController,
]


def create(web: Web) -> ASGIApp:
    """The ASGI application over what was wired."""
    return Envelope(litestar_app(web))


def litestar_app(web: Web) -> Litestar:
    """The routes, without the envelope around them."""
    production = web.settings.environment == "production"
    return Litestar(
        route_handlers=[
            Router(PREFIX, route_handlers=CONTROLLERS),
            HealthController,
            SealKeyController,
            MetricsController,
            *([] if production else [ReferencePage]),
        ],
        dependencies={
            "web": Provide(requests.provide_web, sync_to_thread=False),
            "actor": Provide(requests.provide_actor, sync_to_thread=False),
            "administrator": Provide(requests.provide_administrator, sync_to_thread=False),
        },
        guards=[admission.admitted],
        exception_handlers={Exception: problems.answer},
        request_class=requests.JsonRequest,
        request_max_body_size=web.settings.upload_bytes_max,
        multipart_form_part_limit=FORM_PARTS_MAX,
        lifespan=[lambda _: _lifespan(web)],
        state=State({"web": web}),
        openapi_config=None if production else api_description.config(),
        logging_config=None,
        debug=False,
    )


@asynccontextmanager
async def _lifespan(web: Web) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        await bootstrap.open_databases(web, stack)
        for task in (_warm_up(web), web.notices.listen()):
            stack.callback(asyncio.create_task(task).cancel)
        stack.push_async_callback(web.store.drain)
        stack.push_async_callback(_end_exports, web)
        yield


async def _end_exports(web: Web) -> None:
    """Let the ends of exports that are being recorded be recorded."""
    if web.ending:
        await asyncio.wait(list(web.ending))


async def _warm_up(web: Web) -> None:
    """Have the model in memory before the first search, without holding up the start."""
    await asyncio.sleep(WARM_UP_AFTER_SECONDS)
    await asyncio.to_thread(web.embedder.load)
