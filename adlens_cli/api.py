"""Which API commands talk to: the one that is set, else the running local stack's."""

from __future__ import annotations

from adlens.settings import CommandLineSettings
from adlens_cli.client import ApiError, Client
from adlens_cli.keys import development_key
from adlens_cli.stack import KEY_FILE
from local import stack
from local.state import DEFAULT_ROOT


def chosen_api() -> Client:
    """Raises ApiError when there is none, or no key for it."""
    settings = CommandLineSettings()
    key = settings.api_key.get_secret_value() if settings.api_key else None
    if settings.api_url:
        if key is None:
            raise ApiError("Set ADLENS_API_KEY to a key of the API at ADLENS_API_URL.")
        return Client(settings.api_url, key)
    deployed = stack.running()
    if deployed is None:
        raise ApiError("There is no API: set ADLENS_API_URL and ADLENS_API_KEY, or start one with `adlens up`.")
    return Client(deployed.api_url, key or development_key(deployed.database_url, DEFAULT_ROOT / KEY_FILE))
