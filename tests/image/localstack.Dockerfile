# A stand-in for localstack/localstack:4.14.0 where no registry can be reached: the same version, from PyPI.
# Build:  DOCKER_BUILDKIT=1 docker build -f tests/image/localstack.Dockerfile -t localstack/localstack:4.14.0 requirements
ARG BASE_IMAGE=debian:trixie-slim
FROM ${BASE_IMAGE}
# hadolint ignore=DL3008 # only ever used by tests
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
# The context is requirements/, because the project's .dockerignore is for the job's image.
COPY localstack.txt /tmp/
# The last step makes LocalStack's index of all operations of AWS once, rather than at each of its starts.
RUN --mount=type=secret,id=ca \
    if [ -e /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    python3 -m venv /opt/localstack \
 && /opt/localstack/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/localstack.txt \
 && mkdir -p /usr/lib/localstack \
 && /opt/localstack/bin/python -m localstack.aws.spec
ENV GATEWAY_LISTEN=0.0.0.0:4566 SKIP_SSL_CERT_DOWNLOAD=1 DISABLE_EVENTS=1 DNS_ADDRESS=0
EXPOSE 4566
ENTRYPOINT ["/opt/localstack/bin/python", "-m", "localstack.runtime.main"]
