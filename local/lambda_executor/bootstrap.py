"""Starts the AWS runtime client for `argv[1]` (module.handler) and ends it when the executor is gone.

The address of the Runtime API has a path. The compiled half of the client takes it as it is; the other half, which
reports that a handler could not be loaded, knows host and port only.

Runs as a script in the environment of the function. The executor holds the other end of standard input for as long as
it lives, so end of file means that it was stopped or killed; unlike PR_SET_PDEATHSIG this follows the process rather
than the thread that started it, and works on macOS too.
"""

import copy
import os
import runpy
import sys
import threading

from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient


def _end_with_executor(lifeline: int) -> None:
    os.read(lifeline, 1)
    os._exit(1)


def _call_with_path(self: BaseLambdaRuntimeClient, method: str, endpoint: str, *others: object) -> object:
    client = copy.copy(self)
    client.lambda_runtime_address, slash, path = self.lambda_runtime_address.partition("/")
    return _call(client, method, f"{slash}{path}{endpoint}", *others)


_call, BaseLambdaRuntimeClient.call_rapid = BaseLambdaRuntimeClient.call_rapid, _call_with_path

if __name__ == "__main__":
    lifeline = os.dup(0)  # not inherited by what the handler may start
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_end_with_executor, args=(lifeline,), daemon=True).start()
    sys.argv = ["awslambdaric", sys.argv[1]]
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
