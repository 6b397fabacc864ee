from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock, Thread

import pytest

from local.lambda_executor.turns import Turns


def test_no_more_at_once_than_there_are_places() -> None:
    turns, lock, inside, most = Turns(4), Lock(), 0, 0
    full = Barrier(4)  # nobody leaves before all places are taken

    def call(_: int) -> None:
        nonlocal inside, most
        with turns.take():
            with lock:
                inside += 1
                most = max(most, inside)
            full.wait(timeout=30)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(call, range(40)))
    assert most == 4


def test_first_come_first_served() -> None:
    turns, leave, served = Turns(1), Event(), []
    threads = []

    def call(number: int) -> None:
        with turns.take():
            served.append(number)
            leave.wait(timeout=30)

    for number in range(10):
        threads.append(Thread(target=call, args=(number,)))
        threads[-1].start()
        while len(served) + len(turns._line) <= number:
            pass
    leave.set()
    for thread in threads:
        thread.join()
    assert served == list(range(10))


def test_a_place_is_free_again_after_an_error() -> None:
    turns = Turns(1)
    with pytest.raises(ValueError, match="broken"), turns.take():
        raise ValueError("broken")
    with turns.take():
        pass
