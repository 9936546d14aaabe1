"""Every page can be followed: links lead somewhere, named files are there, nothing is orphaned."""

import re
from pathlib import Path

import pytest

from tests.docs import pages

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
PACKAGES = "domain|application|infrastructure|projections|interfaces|tests|docs"
NAMED_FILE = re.compile(rf"`((?:{PACKAGES})/(?!json`)[\w./-]+)`")
INVENTED = "shelves"  # the slice that a guide makes as an example
WEB = ("http://", "https://", "mailto:")
ROOMS = ("tutorial", "how-to", "reference", "explanation")

# In pieces, so that this file is not itself what it looks for.
REGISTRIES = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "index" + "-url"]


def links(page: Path) -> list[str]:
    return [link for link in LINK.findall(pages.prose(page)) if not link.startswith(WEB)]


def target(page: Path, link: str) -> tuple[Path, str]:
    path, _, fragment = link.partition("#")
    return ((page.parent / path).resolve() if path else page), fragment


def dead(page: Path, link: str) -> bool:
    path, fragment = target(page, link)
    if not path.exists():
        return True
    return bool(fragment) and path.suffix == ".md" and fragment not in pages.anchors(path)


@pytest.mark.parametrize("page", pages.every(), ids=pages.name)
def test_no_link_is_dead(page: Path) -> None:
    assert [link for link in links(page) if dead(page, link)] == []


@pytest.mark.parametrize("page", pages.every(), ids=pages.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = [path for path in NAMED_FILE.findall(pages.prose(page)) if INVENTED not in path]
    assert [path for path in named if not (pages.ROOT / path).exists()] == []


@pytest.mark.parametrize("page", pages.every(), ids=pages.name)
def test_no_package_registry_is_addressed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert [word for word in REGISTRIES if word in text] == []


@pytest.mark.parametrize("page", pages.every(), ids=pages.name)
def test_a_page_has_one_title_and_plain_dashes(page: Path) -> None:
    text = pages.prose(page)
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
    assert text.count("\u2014") <= 2


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [pages.ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        targets = (target(page, link)[0] for link in links(page))
        waiting += [path for path in targets if path.suffix == ".md" and path.exists()]
    assert sorted(pages.name(page) for page in set(pages.every()) - seen) == []


def test_the_docs_have_four_rooms() -> None:
    assert [room for room in ROOMS if not list((pages.DOCS / room).glob("*.md"))] == []
