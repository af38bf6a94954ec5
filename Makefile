# `make help` lists what there is. Everything is built inside this directory; `make clean` takes it away again.
.PHONY: help run test test-kubernetes lint format docs image image-size sbom properties chaos fanout faults soak bench bench-fleet bench-image venv lock clean
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
SHELL_SCRIPTS := tools/find-python tools/build-image entrypoint.sh .ci/run .ci/engine .ci/kubernetes
DOCKERFILES := Dockerfile tests/image/localstack.Dockerfile benchmarks/naive.Dockerfile
IMAGE ?= sfn-job
export IMAGE BASE_IMAGE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/.installed .venv-localstack/.installed ## Watch the job run an example state machine in a local Step Functions
	@$(PYTHON) -u -m tools.demo

test: .venv/.installed .venv-localstack/.installed .venv-mitmproxy/.installed ## Run all tests; PYTEST_ARGS="-k name" goes to pytest
	@echo 'Running the tests'
	@$(PYTHON) -m pytest -n 2 $(PYTEST_ARGS)

test-kubernetes: .venv/.installed .venv-localstack/.installed ## Test the chart on the cluster in KUBECONFIG, which has sfn-job:latest
	@SFN_JOB_KUBECONFIG="$${KUBECONFIG:?names no cluster: .ci/kubernetes up starts one}" SFN_JOB_TESTS_NO_SKIP=1 \
	  $(PYTHON) -m pytest tests/chart/test_kubernetes.py $(PYTEST_ARGS)

lint: .venv/.installed ## Check style and types
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/shellcheck $(SHELL_SCRIPTS)
	.venv/bin/hadolint $(DOCKERFILES)

format: .venv/.installed ## Reformat the code and mend what ruff can mend
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

docs: .venv/.installed ## Write the tables of the documentation from the code
	@$(PYTHON) -m tools.generate_docs
	@$(PYTHON) -m tools.generate_chart

image: ## Build the image; IMAGE=name, BASE_IMAGE=name; needs a Docker engine, see .ci/engine
	@tools/build-image

image-size: image ## Say how many bytes the image has, compressed as in a registry
	@docker=$$(.ci/engine client) && \
	  "$$docker" save "$$("$$docker" image inspect --format '{{.Id}}' $(IMAGE))" | gzip -6 | wc -c

sbom: .venv/.installed image ## List what the image consists of in sfn-job.cdx.json, as CycloneDX
	@$(PYTHON) -m tools.sbom $(IMAGE) > $@.tmp && mv $@.tmp sfn-job.cdx.json

properties: .venv/.installed ## Try the properties with a thousand new examples each; PYTEST_ARGS="-k naming" takes some
	@$(PYTHON) -m pytest --hypothesis-profile=long --timeout=3600 -n 2 tests/properties $(PYTEST_ARGS)

chaos: .venv/.installed .venv-localstack/.installed ## Kill RUNS=500 runs again and again, and count their executions; CHAOS_ARGS="--failing"
	@$(PYTHON) -m tests.chaos --runs $(or $(RUNS),500) $(CHAOS_ARGS)

fanout: .venv/.installed .venv-localstack/.installed ## Kill the processes of a fan-out over INPUTS=1000 inputs, and count their executions
	@$(PYTHON) -m tests.chaos.fanout --inputs $(or $(INPUTS),1000)

faults: .venv/.installed ## Strike every request with every fault, each in a real process; writes docs/faults.md
	@$(PYTHON) -m tests.faults

soak: .venv/.installed .venv-localstack/.installed ## Run 200 jobs at once, and one for two hours within minutes; writes docs/soak.md
	@$(PYTHON) -m benchmarks.soak

bench: .venv/.installed .bench/runtime/.installed .bench/awscli/.installed ## Compare one run's cost with that of what it replaces; writes docs/performance.md
	@$(PYTHON) -m benchmarks.processes .bench/runtime/bin/python .bench/awscli/bin/python $(BENCH_ARGS)

bench-fleet: .venv/.installed ## Simulate fleets of jobs against AWS's quotas; writes docs/waiting.md
	@$(PYTHON) -m benchmarks.fleet

bench-image: .venv/.installed image ## Compare `docker run` with the naive script in its own image
	@$(PYTHON) -m benchmarks.image

venv: .venv/.installed ## Create .venv: the job, what it needs, and the tools

# The stamps are older than the requirements after `make lock` or a pull, so the environments are made anew.
# The .pth file lets the job be imported from any directory; it costs nothing at start-up, an editable install would.
.venv/.installed: requirements/dev.txt
	@python=$$(tools/find-python) && "$$python" tools/create_venv.py .venv $<
	@echo '$(CURDIR)' > .venv/lib/python3.13/site-packages/sfn-job.pth
	@touch $@

# What the job needs and nothing else, and the AWS CLI: extra packages would cost start-up.
.bench/runtime/.installed: requirements/runtime.txt
.bench/awscli/.installed: requirements/bench.txt
.bench/%/.installed:
	@python=$$(tools/find-python) && "$$python" tools/create_venv.py $(@D) $<
	@touch $@

# The last step makes LocalStack's index of all operations of AWS once, rather than at each of its starts, in 3 s.
.venv-localstack/.installed: requirements/localstack.txt
	@python=$$(tools/find-python) && "$$python" tools/create_venv.py .venv-localstack $<
	@mkdir -p .venv-localstack/filesystem/usr/lib/localstack
	@OVERRIDE_IN_DOCKER=0 FILESYSTEM_ROOT=.venv-localstack/filesystem \
	  .venv-localstack/bin/python -m localstack.aws.spec
	@touch $@

.venv-mitmproxy/.installed: requirements/mitmproxy.txt
	@python=$$(tools/find-python) && "$$python" tools/create_venv.py .venv-mitmproxy $<
	@touch $@

# Names, versions and hashes, and no addresses: each user's own pip configuration says where packages come from.
# One file serves Python 3.11 and later on all platforms; LocalStack's pins agree with each other on 3.13 only.
COMPILE = .venv/bin/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url $(if $(UPGRADE),--upgrade)

lock: .venv/.installed ## Pin what pyproject.toml asks for in requirements/; UPGRADE=1 takes the newest versions
	$(COMPILE) --universal --python-version 3.8 --group uv -o requirements/uv.txt
	$(COMPILE) --universal --python-version 3.11 pyproject.toml -o requirements/runtime.txt
	$(COMPILE) --universal --python-version 3.11 pyproject.toml --group dev \
	  -c requirements/runtime.txt -c requirements/uv.txt -o requirements/dev.txt
	$(COMPILE) --python-version 3.13 --group localstack \
	  -c requirements/localstack-constraints.txt -o requirements/localstack.txt
	$(COMPILE) --universal --python-version 3.11 --group bench -o requirements/bench.txt
	$(COMPILE) --python-version 3.13 --group mitmproxy -o requirements/mitmproxy.txt

clean: ## Remove the environments and all caches
	rm -rf .venv .bench .venv-localstack .venv-mitmproxy .python .hypothesis .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
