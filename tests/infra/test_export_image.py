"""The image of exports, as far as it can be checked without an engine: its Dockerfile and its build context."""

import fnmatch
import re

from infra_cdk.config import ROOT

from .conftest import Stage

NAME = "functions/exports/Dockerfile"
DOCKERFILE = (ROOT / NAME).read_text()


def test_what_is_copied_is_in_the_context(aws: Stage) -> None:
    context = aws.image_context(NAME)
    sources = [s for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M) for s in line.split()[:-1]]
    assert len(sources) >= 4
    assert not [source for source in sources if not list(context.glob(source))]


def test_the_context_holds_nothing_else(aws: Stage) -> None:
    context = aws.image_context(NAME)
    files = [str(path.relative_to(context)) for path in context.rglob("*") if path.is_file()]
    wanted = (".dockerignore", "functions/*.py", "functions/exports/*", "layers/adlens/*", "requirements/*")
    assert not [file for file in files if not any(fnmatch.fnmatch(file, pattern) for pattern in wanted)]
    assert not [file for file in files if re.match(r"functions/(analyze|api|sweep)/", file)]


def test_the_base_is_that_of_the_analysis() -> None:
    (ours,), (theirs,) = (
        re.findall(r"^ARG LAMBDA_IMAGE=(.+)$", text, re.M)
        for text in (DOCKERFILE, (ROOT / "functions/analyze/Dockerfile").read_text())
    )
    assert ours == theirs


def test_it_ends_with_a_smoke_import_without_rights(aws: Stage) -> None:
    (handler,) = aws.function("exports")["ImageConfig"]["Command"]
    lines = DOCKERFILE.strip().splitlines()
    assert lines[-3].startswith("USER 65534")
    assert "import functions.exports.handler" in lines[-2]
    assert lines[-1] == f'CMD ["{handler}"]'


def test_it_has_arrow_and_the_database_and_no_models() -> None:
    packages = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements/exports.txt").read_text(), re.M))
    assert {"pyarrow", "sqlalchemy", "psycopg2-binary", "pgvector", "boto3", "aws-lambda-powertools"} <= packages
    assert not packages & {"onnxruntime", "opencv-python-headless", "rapidocr", "torch", "pandas"}
