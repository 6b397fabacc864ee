"""Lambda environments as processes: the AWS runtime client served by a Runtime API of our own.

`runtime_api` and `environment` need the standard library only, so the project's own environment tests them;
`plugin` is the one module that knows LocalStack.
"""
