"""A browser is known by its cookie, and nobody else opens what it has sealed."""

import pytest

from adlens_web.guard.browsers import COOKIE, SECURE_COOKIE, Browser


def sent(browser: Browser, *, secure: bool) -> str:
    """The Cookie header that the browser sends from now on."""
    return browser.cookie(secure=secure).partition(";")[0]


@pytest.mark.parametrize(("secure", "name"), [(True, SECURE_COOKIE), (False, COOKIE)])
def test_a_browser_comes_back_by_its_cookie(secure: bool, name: str) -> None:
    browser = Browser.new()
    cookie = sent(browser, secure=secure)
    assert cookie.startswith(f"{name}=")
    again = Browser.of(f"other=1; {cookie}", secure=secure)
    assert again
    assert (again.id, again.state_of("token")) == (browser.id, browser.state_of("token"))
    assert again.open(browser.seal("adl_key")) == "adl_key"


def test_scripts_other_sites_and_plain_http_do_not_get_the_cookie() -> None:
    _, *attributes = Browser.new().cookie(secure=True).split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Secure", "Path=/"} <= set(attributes)
    assert "Secure" not in Browser.new().cookie(secure=False)


def test_another_browser_opens_nothing_and_finds_no_state() -> None:
    one, other = Browser.new(), Browser.new()
    assert other.open(one.seal("adl_key")) is None
    assert other.state_of("token") != one.state_of("token")
    assert one.state_of("token") != one.state_of("token2")


@pytest.mark.parametrize("sealed", ["", "a", "adl_key", "ключ", "gAAAAA==" * 9])
def test_what_nobody_has_sealed_is_not_opened(sealed: str) -> None:
    assert Browser.new().open(sealed) is None


@pytest.mark.parametrize("cookies", ["", "a=b", f"{COOKIE}=", f"{COOKIE}=short", f"{COOKIE}=ключ", "\x00=;;=", "[]=1"])
def test_what_is_no_cookie_of_ours_is_no_browser(cookies: str) -> None:
    assert Browser.of(cookies, secure=False) is None
    assert Browser.of(sent(Browser.new(), secure=False), secure=True) is None


def test_the_secret_is_not_printed() -> None:
    browser = Browser.new()
    assert sent(browser, secure=True).partition("=")[2] not in repr(browser)
