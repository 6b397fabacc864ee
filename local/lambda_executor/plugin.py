"""LocalStack's door to the process executor: LAMBDA_RUNTIME_EXECUTOR=process.

Settings, from LocalStack's environment: ADLENS_EXECUTOR_PYTHON (interpreter that has the runtime client and the
functions' dependencies; an image function's entry point stands for it where there is one), ADLENS_EXECUTOR_CHECKOUT
(image functions and layers run from there), ADLENS_EXECUTOR_STATE (environments/ and logs/ inside, and functions.json,
which names what may run) and ADLENS_AWS_CREDENTIALS (the file with the key that functions sign with).
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from localstack import config
from localstack.aws.api.lambda_ import PackageType
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from .deployed import DeployedFunction, NotDeployed, check
from .environment import Environment, Function, InitFailed
from .runtime_api import error
from .signatures import KeyPair


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    name = "process"

    def load(self, *args: object, **kwargs: object) -> type[RuntimeExecutor]:
        return ProcessRuntimeExecutor


class ProcessRuntimeExecutor(RuntimeExecutor):
    """One environment of a function version."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:  # noqa: A002 - the base class names it
        super().__init__(id=id, function_version=function_version)
        self._variables: dict[str, str] = {}
        self._logs = ""

    @cached_property
    def _environment(self) -> Environment:
        """Raises NotDeployed."""
        name, version = self.function_version.id.function_name, self.function_version.config
        checkout, state = Path(os.environ["ADLENS_EXECUTOR_CHECKOUT"]), Path(os.environ["ADLENS_EXECUTOR_STATE"])
        if version.package_type == PackageType.Image:
            image = version.image_config
            asked = DeployedFunction(image.command[0], python=image.entrypoint[0] if image.entrypoint else "")
        else:
            asked = DeployedFunction(version.handler, code_sha256=version.code.code_sha256)
        check(state / "functions.json", name, asked)
        directory = version.code.get_unzipped_code_location() if asked.code_sha256 else checkout
        function = Function(
            name=name,
            handler=asked.handler,
            python=Path(asked.python or os.environ["ADLENS_EXECUTOR_PYTHON"]),
            directory=directory,
            # LocalStack accepts layers without applying them; the checkout's are the ones the template was made from
            python_path=(directory, *sorted(checkout.glob("layers/*/python"))),
            variables=self._variables,
            log_file=state / "logs" / f"{name}.log",
        )
        folder = state / "environments" / name / self.id
        # a second before LocalStack gives up, for an error that says what happened
        return Environment(function, folder, config.LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT - 1)

    def start(self, env_vars: dict[str, object]) -> None:
        key_pair = KeyPair.read(Path(os.environ["ADLENS_AWS_CREDENTIALS"]))
        self._variables = {key: str(value) for key, value in env_vars.items() if key != "AWS_SESSION_TOKEN"} | {
            # instead of a role's own, which nobody checks: LocalStack answers this key alone
            "AWS_ACCESS_KEY_ID": key_pair.access_key,
            "AWS_SECRET_ACCESS_KEY": key_pair.secret_key,
        }
        try:
            self._environment.start()
        except NotDeployed as refusal:
            raise StatusErrorException(str(refusal), error("AdLens.NotDeployed", str(refusal))) from refusal
        except InitFailed as failure:
            self._logs = failure.logs
            raise StatusErrorException(
                f"{self.function_version.id.function_name}: {failure}", failure.body
            ) from failure

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        outcome = self._environment.invoke(
            payload["invoke-id"],
            payload["payload"],
            self.function_version.config.timeout,
            payload["invoked-function-arn"],
            payload.get("trace-id", ""),
        )
        self._logs = outcome.logs
        return InvocationResult(payload["invoke-id"], outcome.body, outcome.is_error, outcome.logs)

    def stop(self) -> None:
        with suppress(NotDeployed):  # which never started
            self._environment.stop()

    def get_logs(self) -> str:
        return self._logs

    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"

    def get_runtime_endpoint(self) -> str:
        return "http://127.0.0.1"  # only LocalStack's own runtime client calls back

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        if function_version.config.package_type == PackageType.Zip:
            function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """The unzipped code goes with the code object."""
