"""Whether the web process answers, asked the way a load balancer asks."""

import http.client

from infrastructure.settings import Settings

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - what to map


def reachable_host(host: str) -> str:
    """An address under which a process listening on `host` can be reached from this machine."""
    return _EVERYWHERE.get(host, host)


def web_is_ready(settings: Settings) -> bool:
    """One try of GET /health/ready."""
    connection = http.client.HTTPConnection(
        reachable_host(settings.host), settings.port, timeout=2.0
    )
    headers = {"Host": settings.trusted_hosts[0]} if settings.trusted_hosts else {}
    try:
        connection.request("GET", "/health/ready", headers=headers)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
