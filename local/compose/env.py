"""`python3 -m local.compose.env` makes .env from .env.example, with a secret for every variable that is empty there.

Runs on any Python 3, before anything is installed.
"""

import re
import secrets
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def make_env(example: Path, target: Path) -> None:
    """Raises FileExistsError: the secrets in use must not be lost."""
    text = re.sub(r"^([A-Z_]+)=$", lambda name: f"{name[1]}={secrets.token_hex(24)}", example.read_text(), flags=re.M)
    target.touch(mode=0o600, exist_ok=False)
    target.write_text(text)


if __name__ == "__main__":
    try:
        make_env(CHECKOUT / ".env.example", CHECKOUT / ".env")
    except FileExistsError:
        sys.exit(".env is there already: it stays as it is. The database and the store know its passwords.")
    print("made .env; now: docker compose up --build --wait")
