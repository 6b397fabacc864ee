"""Reading the logs of functions."""

from pathlib import Path

import pytest

from local import stack
from local.state import LocalStackError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    for name in ("adlens-local-analyze", "adlens-local-api", "localstack", "postgres"):
        (tmp_path / "logs" / f"{name}.log").write_text(f"{name} one\n{name} two\n")
    return tmp_path


def test_all_functions_with_their_names(root: Path) -> None:
    assert list(stack.logs(root=root)) == [
        "adlens-local-analyze | adlens-local-analyze one",
        "adlens-local-analyze | adlens-local-analyze two",
        "adlens-local-api | adlens-local-api one",
        "adlens-local-api | adlens-local-api two",
    ]


@pytest.mark.parametrize("name", ["api", "adlens-local-api"])
def test_one_function_by_either_name(root: Path, name: str) -> None:
    assert list(stack.logs(name, root=root)) == ["adlens-local-api one", "adlens-local-api two"]


def test_a_service(root: Path) -> None:
    assert list(stack.logs("localstack", root=root)) == ["localstack one", "localstack two"]


def test_an_unknown_name_is_answered_with_the_known(root: Path) -> None:
    with pytest.raises(LocalStackError, match=r"'ap'.*adlens-local-analyze, adlens-local-api, localstack, postgres"):
        list(stack.logs("ap", root=root))


def test_following_waits_for_whole_lines_new_files_and_a_log_begun_anew(root: Path) -> None:
    following = stack.logs(follow=True, root=root)
    assert [next(following) for _ in range(4)][-1] == "adlens-local-api | adlens-local-api two"
    log = root / "logs" / "adlens-local-api.log"
    with log.open("a") as file:
        file.write("thr")
        file.flush()
        (root / "logs" / "adlens-local-sweep.log").write_text("swept\n")
        assert next(following) == "adlens-local-sweep | swept"
        file.write("ee\n")
    assert next(following) == "adlens-local-api | three"
    log.write_text("anew\n")
    assert next(following) == "adlens-local-api | anew"
