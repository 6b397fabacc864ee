"""`python -m local.compose.healthy URL` exits with 0 if the service answers with 200; our image has no curl."""

import sys
import urllib.error
import urllib.request

try:
    urllib.request.urlopen(sys.argv[1], timeout=10).close()  # noqa: S310 - the URLs of docker-compose.yml
except (OSError, urllib.error.URLError) as error:
    sys.exit(f"{sys.argv[1]}: {error}")
