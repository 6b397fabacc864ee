"""LocalStack without Docker: its Lambda environments as processes of the AWS runtime client.

`runtime_api`, `environment` and `turns` need the standard library only, so the project's own environment tests them;
`plugin`, `localstack_hooks` and `objects` are loaded by LocalStack.
"""
