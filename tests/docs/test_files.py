"""docs/reference/files.md names every folder with code in it, and no other."""

from tests.docs import pages

PAGE = pages.REFERENCE / "files.md"
ROOTS = ("interfaces", "projections", "infrastructure", "application", "domain")


def folders() -> set[str]:
    """Folders of the five packages that hold code or SQL."""
    return {
        path.parent.relative_to(pages.ROOT).as_posix()
        for root in ROOTS
        for ending in ("*.py", "*.sql")
        for path in (pages.ROOT / root).rglob(ending)
    }


def test_every_folder_is_documented_and_nothing_else() -> None:
    named = set(pages.first_cells(pages.sections(PAGE, 2)["Folders"])) - {"tests", "docs"}
    assert named == folders()


def test_the_packages_stand_in_the_order_of_their_layers() -> None:
    intro = next(iter(pages.sections(PAGE, 1).values())).partition("A slice has")[0]
    assert tuple(pages.first_cells(intro)) == ROOTS
