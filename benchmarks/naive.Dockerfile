# The script that benchmarks/image.py compares the job with, in the image that people make for one.
# Build:  DOCKER_BUILDKIT=1 docker build -f benchmarks/naive.Dockerfile -t sfn-job-naive benchmarks
ARG BASE_IMAGE=debian:trixie-slim
FROM ${BASE_IMAGE}
# hadolint ignore=DL3008 # only ever measured
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
# The secret is for networks whose TLS is opened on its way, as in the job's Dockerfile.
# hadolint ignore=DL3013 # the newest, as people get it; pip compiles it, so nothing is compiled at its start
RUN --mount=type=secret,id=ca \
    if [ -e /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    pip install --no-cache-dir --break-system-packages boto3
COPY naive.py /
ENTRYPOINT ["/usr/bin/python3", "/naive.py"]
