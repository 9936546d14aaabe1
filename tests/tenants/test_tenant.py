"""What may happen to a tenant."""

import pytest

from domain.tenants import tenant
from domain.tenants.events import TenantRegistered
from tests.given import given


def test_a_tenant_registers_with_name_and_slug() -> None:
    given(tenant.evolve).when(tenant.register, name=" Example ", slug="example-1").then(
        TenantRegistered(name="Example", slug="example-1")
    )


@pytest.mark.parametrize("slug", ["", "-a", "a-", "A", "a_b", "a b", "é", "x" * 101, "a\n"])
def test_a_slug_is_safe_in_an_address(slug: str) -> None:
    given(tenant.evolve).when(tenant.register, name="Example", slug=slug).then_refused(
        tenant.TenantSlugInvalid
    )


@pytest.mark.parametrize("name", ["", "  ", "x" * 256, "a\x00"])
def test_a_name_is_one_printable_line(name: str) -> None:
    given(tenant.evolve).when(tenant.register, name=name, slug="example").then_refused(
        tenant.TenantNameInvalid
    )
