"""One database address derived from another: same server, other login or database."""

from urllib.parse import quote, urlsplit, urlunsplit


def derive(
    url: str,
    *,
    database: str | None = None,
    user: str | None = None,
    password: str | None = None,
) -> str:
    """The address with the given parts replaced. `user` and `password` go together."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    login = parts.netloc.rpartition("@")[0]
    if user is not None:
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    path = parts.path if database is None else f"/{quote(database, safe='')}"
    netloc = f"{login}@{host}" if login else host
    # urlunsplit would drop the empty host of a unix-socket address together with its slashes.
    return f"{parts.scheme}://{netloc}" + urlunsplit(("", "", path, parts.query, parts.fragment))
