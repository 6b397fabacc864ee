"""LocalStack without Docker: its Lambda environments as processes of the AWS runtime client.

`deployed`, `environment`, `runtime_api`, `signatures` and `turns` need the standard library only, so the project's own
environment uses and tests them; `plugin`, `localstack_hooks`, `gate` and `objects` are loaded by LocalStack.
"""
