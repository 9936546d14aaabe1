"""Users are registered, listed and erased by those who manage their tenant."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx2
import pytest

from tests.api import Account
from tests.http.problems import name, refused
from tests.logins import users
from tests.logins.users import PATH
from tests.stack import Stack

PARALLEL = 32


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Account:
    return stack.register()


def test_a_registered_user_logs_in_with_their_role(stack: Stack, owner: Account) -> None:
    for role in ("viewer", "editor", "admin", "owner"):
        user = users.add(stack, owner, role)
        token = users.session(stack, user)["access_token"]
        me = stack.client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
        told = me.json()
        assert (told["user_id"], told["email"], told["role"]) == (user.id, user.email, role)
        assert told["display_name"] == user.email.partition("@")[0]


def test_users_are_listed_newest_first_page_by_page(stack: Stack) -> None:
    account = stack.register()
    made = [account.user_id, *(users.add(stack, account).id for _ in range(4))]
    found, cursor = [], ""
    while True:
        page = stack.client.get(f"{PATH}?limit=2{cursor}", headers=account.headers).json()
        found += [item["id"] for item in page["items"]]
        assert all("password" not in key for item in page["items"] for key in item)
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == made[::-1]


def test_a_user_is_read_with_an_etag(stack: Stack, owner: Account) -> None:
    user = users.add(stack, owner)
    answer = stack.client.get(user.path, headers=owner.headers)
    assert answer.headers["etag"] == '"1"'
    assert answer.json()["email"] == user.email
    problem = refused(stack.client.get(f"{PATH}/{uuid4()}", headers=owner.headers), 404)
    assert name(problem) == "login-not-found"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"email": "nobody"}, "email-invalid"),
        ({"password": "short"}, "password-too-weak"),
        ({"password": "Ab1" + "x" * 200}, "password-too-weak"),
        ({"display_name": "two\nlines"}, "display-name-invalid"),
        ({"role": "king"}, "invalid-request"),
        ({"role": "worker"}, "invalid-request"),
        ({"id": "1"}, "invalid-request"),
    ],
)
def test_what_can_not_be_a_user_is_refused(
    stack: Stack, owner: Account, change: dict[str, str], problem: str
) -> None:
    body = users.body(f"{uuid4().hex}@example.org") | change
    answer = stack.client.post(PATH, headers=owner.headers, json=body)
    assert name(refused(answer, 422)) == problem


def test_of_many_who_register_one_address_exactly_one_wins(stack: Stack) -> None:
    account = stack.register()
    spellings = ["Ben@Example.org", "ben@example.org", " BEN@example.org "]

    def register(number: int) -> httpx2.Response:
        with httpx2.Client(base_url=stack.url, timeout=60) as client:
            body = users.body(spellings[number % 3])
            return client.post(PATH, headers=account.headers, json=body)

    with ThreadPoolExecutor(PARALLEL) as pool:
        answers = list(pool.map(register, range(PARALLEL)))
    won = [answer for answer in answers if answer.status_code == 201]
    assert len(won) == 1
    assert {name(refused(each, 409)) for each in answers if each not in won} == {"email-taken"}
    listed = users.read(stack, account, won[0], PATH).json()["items"]
    assert [item["email"] for item in listed] == ["ben@example.org", account.email]


def test_an_address_is_free_in_another_tenant_and_again_after_an_erasure(stack: Stack) -> None:
    one, two = stack.register(), stack.register()
    email = f"{uuid4().hex}@example.org"
    first = users.add(stack, one, email=email)
    users.add(stack, two, email=email)
    taken = stack.client.post(PATH, headers=one.headers, json=users.body(email))
    assert name(refused(taken, 409)) == "email-taken"
    assert users.erase(stack, one, first).status_code == 204
    again = users.add(stack, one, email=email)  # at once: the claim went with the event
    assert again.id != first.id
    users.session(stack, again)


def test_a_registration_sent_again_is_done_once(stack: Stack, owner: Account) -> None:
    headers = {**owner.headers, "Idempotency-Key": uuid4().hex}
    body = users.body(f"{uuid4().hex}@example.org")
    first, again = (stack.client.post(PATH, headers=headers, json=body) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = stack.client.post(PATH, headers=headers, json=body | {"role": "viewer"})
    assert name(refused(other, 422)) == "command-reused"


def test_only_an_owner_makes_and_erases_owners(stack: Stack) -> None:
    owner = stack.register()
    admin = users.account_of(stack, owner, users.add(stack, owner, "admin"))
    second = users.add(stack, owner, "owner")
    made = stack.client.post(
        PATH, headers=admin.headers, json=users.body(f"{uuid4().hex}@example.org", "owner")
    )
    assert name(refused(made, 403)) == "owner-required"
    assert name(refused(users.erase(stack, admin, second), 403)) == "owner-required"
    editor = users.add(stack, admin, "editor")
    assert users.erase(stack, admin, editor).status_code == 204
    assert users.erase(stack, owner, second).status_code == 204


def test_nobody_erases_themself(stack: Stack) -> None:
    owner = stack.register()
    own = users.User(owner.user_id, owner.email, owner.slug)
    assert name(refused(users.erase(stack, owner, own), 409)) == "own-erasure"
    assert stack.client.get("/api/v1/auth/me", headers=owner.headers).is_success


def test_an_erasure_names_the_version_it_is_about(stack: Stack, owner: Account) -> None:
    user = users.add(stack, owner)
    bare = stack.client.delete(user.path, headers=owner.headers)
    assert name(refused(bare, 428)) == "precondition-required"
    assert name(refused(users.erase(stack, owner, user, '"2"'), 412)) == "stale"
    done = users.erase(stack, owner, user, '"1"')
    assert (done.status_code, done.content) == (204, b"")
    assert int(done.headers["x-event-position"]) > 0
    assert name(refused(users.erase(stack, owner, user), 404)) == "login-not-found"
    assert refused(users.read(stack, owner, done, user.path), 404)


@pytest.mark.parametrize("kind", ["document", "session", "tenant"])
def test_what_is_no_user_is_not_erased(stack: Stack, kind: str) -> None:
    owner = stack.register()
    ids = {
        "document": stack.add_text(owner, "Retention", "Invoices are kept for ten years."),
        "session": stack.client.get("/api/v1/auth/me", headers=owner.headers).json()["session_id"],
        "tenant": owner.tenant_id,
    }
    user = users.User(ids[kind], "", "")
    assert name(refused(users.erase(stack, owner, user), 404)) == "login-not-found"
