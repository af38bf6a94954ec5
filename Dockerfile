# sfn-job: runs one AWS Step Functions execution as a container, and exits with its outcome.
#
# Use:    docker run --rm -e SFN_STATE_MACHINE_ARN=arn:aws:states:… -e SFN_WAIT_FOR_SUCCESS_OR_FAILURE=true sfn-job
#         docker run --rm sfn-job --help
# Build:  make image, or DOCKER_BUILDKIT=1 docker build -t sfn-job .
#
# What it does comes from variables and mounted files (--help lists them); standard output is one JSON document, and
# standard error the log. It runs as user 65532, or any other: nothing in the image can be written to, with or without
# --read-only, and nothing needs to be. So a result file goes to a mounted directory. ~/.aws is /home/job/.aws for every
# user. To trust other certificate authorities, mount their bundle at /etc/ssl/certs/ca-certificates.crt.
# `docker stop` ends it at once, with a result; `--init` changes nothing.

# By tag, because a digest would stop Debian's security updates until somebody changes it here, and the updates are what
# a rebuild is for. For a build that can be repeated years later: --build-arg BASE_IMAGE=debian@sha256:…
ARG BASE_IMAGE=debian:trixie-slim

FROM ${BASE_IMAGE} AS build
SHELL ["/bin/sh", "-euc"]
# Upgraded, because the base is as old as its last publication, and its OpenSSL is what gets into the image.
# hadolint ignore=DL3008 # as with the base: today's versions, which have today's fixes
RUN apt-get update; \
    apt-get upgrade --yes; \
    apt-get install --yes --no-install-recommends ca-certificates python3 python3-pip tzdata; \
    rm -rf /var/lib/apt/lists/*
COPY requirements/runtime.txt /build/
# The secret is for networks whose TLS is opened on its way: the host's own CA bundle. Without one it isn't there.
# Wheels only, because building from source would run whatever is in it. --no-compile: it's compiled below.
RUN --mount=type=secret,id=ca \
    if [ -e /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi; \
    pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --no-compile --only-binary :all: \
      --require-hashes --requirement /build/runtime.txt --target /build/packages
COPY entrypoint.sh /build/
COPY tools/image_*.py /build/tools/
COPY job /build/job
WORKDIR /build
# The order of sets in compiled modules follows the hash seed.
RUN PYTHONHASHSEED=0 python3 -m tools.image_contents packages job entrypoint.sh /image

# From nothing, so that what isn't copied isn't there: no package manager, no second shell, no tools.
FROM scratch
# What changes least comes first: a new version of the job is a layer of 0.1 MB.
COPY --from=build /image/system /
COPY --from=build /image/packages /
COPY --from=build /image/job /
# A number, because Kubernetes' runAsNonRoot can't look up names.
USER 65532:65532
# For any user, also one that /etc/passwd doesn't have.
ENV HOME=/home/job
# An array, so that no shell stands between the engine and the entrypoint.
ENTRYPOINT ["/entrypoint.sh"]

# Last, because each commit changes them.
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=
LABEL org.opencontainers.image.title="sfn-job" \
      org.opencontainers.image.description="Runs one AWS Step Functions execution as a job" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.documentation="${SOURCE:+${SOURCE}#readme}"
