"""The headers of all answers, from one file that the infrastructure reads as well."""

from adlens_web.guard.headers import response_headers


def test_the_policy_names_the_pages_own_server_and_the_store() -> None:
    headers = response_headers(["https://ads.example"], ["https://store.example", "https://other.example"])
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["img-src"] == "'self' data: blob: https://store.example https://other.example"
    assert policy["connect-src"] == "'self' wss://ads.example https://store.example https://other.example"
    assert (policy["default-src"], policy["frame-ancestors"], policy["object-src"]) == ("'self'", "'none'", "'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_without_a_store_there_is_none_in_the_policy() -> None:
    policy = response_headers([], [])["Content-Security-Policy"]
    assert "connect-src 'self';" in policy
    assert "{" not in policy
