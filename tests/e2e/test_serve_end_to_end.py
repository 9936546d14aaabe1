"""A newcomer's whole way through `muniment serve`, over HTTP only."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api import Account
from tests.e2e import facts
from tests.e2e.facts import FACTS, QUESTIONS
from tests.served import Served, environment, wait_until

STAGES = {"INGESTION", "QUALITY", "TAXONOMY", "GRAPH", "EMBEDDING"}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One installation that the tests of this file start and stop as they need."""
    folder = Path(tempfile.mkdtemp(prefix="muniment-e2e-"))
    made = Served(folder / "data", {"MUNIMENT_WORKER_THREADS": "4"})
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.interrupt()
    for process in made.family():
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def test_every_format_is_found_and_cited_exactly_also_after_a_restart(served: Served) -> None:
    account = served.register()
    ids = {name: _upload(served, account, name) for name in FACTS}
    for name, document_id in ids.items():
        status = served.settled(account, document_id)
        assert status["overall"] == "COMPLETED", (name, status)
        assert status["stages"].keys() == STAGES
    _finds_and_cites_all(served, account, ids)
    family = served.family()
    assert {"postgres", "valkey-server"} <= {process.name() for process in family}
    assert served.interrupt() == 0
    assert [process for process in family if process.is_running()] == []
    served.start()
    _finds_and_cites_all(served, account, ids)
    for document_id in ids.values():
        assert served.settled(account, document_id)["overall"] == "COMPLETED"


def test_a_killed_installation_finds_its_documents_again(served: Served) -> None:
    account = served.register()
    kept = served.add_text(account, "Kept", "The cistern under the market holds ninety barrels.")
    served.settled(account, kept)
    underway = served.add_text(account, "Under way", "The bell of the guildhall weighs two tons.")
    served.kill()
    wait_until(lambda: not served.answers(), 15)
    served.start()
    assert served.settled(account, kept)["overall"] == "COMPLETED"
    assert served.settled(account, underway)["overall"] == "COMPLETED"
    answer = _ask(served, account, "How much does the guildhall's bell weigh?")
    assert answer["sources"][0]["document_id"] == underway


def test_the_demonstration_goes_well_and_says_so_as_json(served: Served) -> None:
    done = _muniment("demo", "--json", "--url", served.url)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["problems"] == []
    assert len(report["documents"]) >= 10
    assert {each["status"]["overall"] for each in report["documents"]} == {"COMPLETED"}
    assert len(report["answers"]) == 3
    for asked in report["answers"]:
        assert asked["answer"]
        assert all(cited["exact"] for cited in asked["sources"])
    cited = [asked["sources"][0]["source"]["title"] for asked in report["answers"]]
    assert cited == [
        "records-retention-policy.pdf",
        "incident-report-2026-014.pdf",
        "supplier-agreement.docx",
    ]
    positions = [event["position"] for event in report["events"]]
    assert positions == sorted(set(positions))


def test_the_demonstration_takes_files_of_ones_own(served: Served, data_dir: Path) -> None:
    for name, fact in FACTS.items():
        (data_dir / name).write_bytes(facts.content(name, fact))
    (data_dir / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of a document")
    done = _muniment("demo", "--url", served.url, str(data_dir))
    assert done.returncode == 1
    assert f"{len(FACTS)} of {len(FACTS) + 1} documents completed" in done.stdout
    assert "broken.pdf: INGESTION failed" in " ".join(done.stdout.split())
    assert "is there" in done.stdout
    assert "document.added" in done.stdout


def test_the_demonstration_without_a_server_says_what_to_do(served: Served) -> None:
    done = _muniment("demo", "--url", "http://127.0.0.1:1")
    assert served.url
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert "make run" in line


def test_the_api_has_a_page_that_needs_no_network_and_no_script(served: Served) -> None:
    page = served.client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert 'id="documents_add"' in page.text
    style = served.client.get("/docs/style.css")
    assert style.headers["content-type"].startswith("text/css")
    described = served.client.get("/schema/openapi.json").json()
    assert described["paths"].keys() >= {"/api/v1/documents", "/api/v1/rag/query"}
    for elsewhere in ("swagger", "redoc", "elements", "rapidoc"):
        assert served.client.get(f"/schema/{elsewhere}").status_code == 404


def _upload(served: Served, account: Account, name: str) -> str:
    answer = served.client.post(
        "/api/v1/documents",
        headers=account.headers,
        files={"file": (name, facts.content(name, FACTS[name]))},
    )
    assert answer.status_code == 202, answer.text
    document_id: str = answer.json()["id"]
    return document_id


def _finds_and_cites_all(served: Served, account: Account, ids: dict[str, str]) -> None:
    for name, question in QUESTIONS.items():
        found = served.client.post(
            "/api/v1/search", headers=account.headers, json={"query": question}
        )
        assert found.status_code == 200, found.text
        assert found.json()["items"][0]["document_id"] == ids[name], question
        answer = _ask(served, account, question)
        assert answer["sources"][0]["document_id"] == ids[name], question
        assert answer["answer"]


def _ask(served: Served, account: Account, question: str) -> dict[str, Any]:
    """The answer, once each of its spans is checked against the text it points into."""
    answer = served.client.post(
        "/api/v1/rag/query", headers=account.headers, json={"query": question}
    )
    assert answer.status_code == 200, answer.text
    given: dict[str, Any] = answer.json()
    assert given["sources"], question
    for source in given["sources"]:
        path = f"/api/v1/documents/{source['document_id']}/text"
        text = served.client.get(path, headers=account.headers).content.decode()
        assert text[source["start"] : source["end"]] == source["text"]
    return given


def _muniment(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "interfaces.cli.main", *words],
        env=environment(COLUMNS="160"),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
