"""The whole stack is stopped and started again while it works: everything ends, and what was deleted stays gone."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import text

from adlens.persistence.session import make_engine
from adlens_cli.bundles import choose_bundle, weights_folder
from local import stack

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]
SECONDS = 300


def test_work_in_flight_ends_after_a_restart(started, picture, wait_until, recount, told, tmp_path) -> None:
    variables = {"ADLENS_LOCAL_BUNDLE": choose_bundle(None), "ADLENS_LOCAL_WEIGHTS": str(weights_folder())}
    with started(variables) as running:
        workspace = running.workspace("mine")
        gone, _ = workspace.upload({f"gone {seed}.jpg": picture(seed) for seed in range(100, 104)}, tmp_path)
        kept, _ = workspace.upload({f"{seed}.jpg": picture(seed) for seed in range(16)}, tmp_path)
        wait_until(lambda: any(row["status"] == "PROCESSING" for row in workspace.progress(gone).values()), SECONDS)
        assert workspace.api.delete(f"/groups/{gone}").status_code == 204
        waiting = [row for row in workspace.progress(kept).values() if row["status"] != "SUCCESS"]
        stack.down(running.root)
        assert waiting, "nothing was in flight"
        with pytest.raises(httpx.TransportError):
            workspace.api.get("/groups")

        assert stack.up(running.root, durable=False, variables=variables).api_url == running.deployment.api_url
        creatives = workspace.settled(kept, SECONDS)
        assert {creative["overall_status"] for creative in creatives.values()} == {"SUCCESS"}
        assert told(workspace.get(f"/analytics/group/{kept}")) == recount(list(creatives.values()))
        assert [group["group_id"] for group in workspace.get("/groups")] == [kept]

        with make_engine(running.deployment.database_url).begin() as connection:  # when nothing can come any more
            connection.execute(text("UPDATE removals SET due = now(), deleted_at = deleted_at - interval '1 hour'"))
        running.invoke(running.deployment.sweep_function, {})
        s3, uploads = running.aws("s3"), running.deployment.uploads_bucket
        for bucket in (uploads, uploads.replace("uploads", "previews")):
            found = s3.list_objects_v2(Bucket=bucket).get("Contents", ())
            assert {f"/{gone}/" in entry["Key"] for entry in found} == {False}, bucket
