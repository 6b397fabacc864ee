"""What docker-compose.yml runs besides the product: the parts of AWS that stand between store, queue and functions.

minio_bridge   MinIO's events into SQS, as S3 sends them itself
event_sources  queues and the clock to functions, as Lambda's event source mappings and EventBridge do
functions      calls a function: in a container with AWS's runtime emulator, or as a process of AWS's runtime client
queues         makes the queues, inside LocalStack at each of its starts
prepare        makes the buckets and their notification, once
env, key       make .env and API keys, for people
healthy        asks a service for its health, for Docker
"""
