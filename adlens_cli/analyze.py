"""`adlens analyze`: the vision of the service on local files, with no service."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from adlens.domain.creative import Creative, CreativeId, Failure, Status, stage_failure
from adlens.domain.errors import AdLensError, PermanentError
from adlens.domain.exports import Separator
from adlens.domain.media import check_file_size
from adlens.domain.ports.vision import Engines
from adlens.domain.settings import SETTING_KINDS
from adlens.services.analyze_image import analyze_image
from adlens_cli.bundles import open_bundle
from adlens_cli.pictures import find_pictures

NO_WORKSPACE = UUID(int=0)
GROUP = "local"


def run(
    paths: list[Path],
    as_json: bool,
    csv: Path | None,
    parquet: Path | None,
    bundle: str | None,
    threads: int,
    separator: Separator = Separator.COMMA,
) -> int:
    try:
        pictures = find_pictures(paths)
        engines = open_bundle(bundle, threads)  # starts to load libraries; what comes next is imported beside that
    except (FileNotFoundError, AdLensError) as error:
        print(f"adlens: {error}", file=sys.stderr)
        return 2
    if not pictures:
        print("adlens: there are no pictures in what you named.", file=sys.stderr)
        return 2
    from tqdm import tqdm

    from adlens_cli import tables

    failed = 0
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(writer) for writer in tables.writers(as_json, csv, parquet, separator)]
        for path in tqdm(pictures, unit="picture", file=sys.stderr, disable=None):
            row = analyze_file(path, engines)
            failed += row["overall_status"] != Status.SUCCESS
            for write in writers:
                write(row)
    if failed:
        print(f"adlens: {failed} of {len(pictures)} pictures could not be analysed.", file=sys.stderr)
    return 1 if failed else 0


def analyze_file(path: Path, engines: Engines) -> dict[str, Any]:
    """The creative as `GET /creatives/{id}` shows it, plus `path`. The id is made of the file's content."""
    from functions.api.creatives.schemas import creative_out

    uploaded_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    failure, analysis, digest = None, None, str(path)
    try:
        check_file_size(path.stat().st_size)
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        analysis = analyze_image(
            data,
            engines,
            SETTING_KINDS["DOMINANT_COLORS_COUNT"].default,
            SETTING_KINDS["SECONDARY_COLORS_COUNT"].default,
        )
        failure = stage_failure(analysis)
    except PermanentError as error:
        failure = Failure(error.code, str(error))
    except OSError as error:
        failure = Failure("unreadable_file", f"The file cannot be read: {error.strerror}.")
    creative = Creative(
        key=CreativeId(NO_WORKSPACE, uuid5(NAMESPACE_OID, digest)),
        group_id=GROUP,
        filename=path.name,
        object_key="",
        status=Status.ERROR if failure else Status.SUCCESS,
        uploaded_at=uploaded_at,
        revision=1,
        size=path.stat().st_size,
        facts=analysis.facts if analysis else None,
        stages=analysis.stages if analysis else (),
        failure=failure,
        analysis=analysis,
    )
    return {"path": str(path), **creative_out(creative, path.resolve().as_uri()).model_dump(mode="json")}
