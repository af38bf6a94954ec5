# `make help` lists what there is. Everything is built inside this directory; `make clean` takes it away again.
.PHONY: help run test coverage test-kubernetes lint format docs site image image-size sbom properties mutants chaos fanout faults soak bench bench-fleet bench-image venv lock audit clean
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
SHELL_SCRIPTS := tools/find-python tools/build-image entrypoint.sh .ci/run .ci/engine .ci/kubernetes
DOCKERFILES := Dockerfile tests/image/localstack.Dockerfile benchmarks/naive.Dockerfile
COVERING := tests/unit tests/properties tests/integration tests/chaos tests/faults tests/examples
IMAGE ?= sfn-job
SITE ?= site
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

# The job's own processes are measured too, but for those that are killed. The table comes even where a test has failed.
coverage: .venv/.installed .venv-localstack/.installed .venv-mitmproxy/.installed ## Measure which lines and branches of job/ the tests reach; fails under 95 %
	@rm -rf .coverage
	@$(PYTHON) -m coverage run -m pytest -n 2 $(COVERING) $(PYTEST_ARGS); failed=$$?; \
	  $(PYTHON) -m coverage combine --quiet && $(PYTHON) -m coverage report && exit $$failed

lint: .venv/.installed ## Check style, types, imports and dead code
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache --no-logo
	.venv/bin/vulture
	.venv/bin/shellcheck $(SHELL_SCRIPTS)
	.venv/bin/hadolint $(DOCKERFILES)

format: .venv/.installed ## Reformat the code and mend what ruff can mend
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

docs: .venv/.installed ## Write the tables of the documentation from the code
	@$(PYTHON) -m tools.generate_docs
	@$(PYTHON) -m tools.generate_chart

site: .venv/.installed ## Build the documentation as a site, site/html; a link that leads nowhere is an error
	@$(PYTHON) -m sphinx -M html . $(SITE) -c docs --fail-on-warning --keep-going --quiet

image: ## Build the image; IMAGE=name, BASE_IMAGE=name; needs a Docker engine, see .ci/engine
	@tools/build-image

image-size: image ## Say how many bytes the image has, compressed as in a registry
	@docker=$$(.ci/engine client) && \
	  "$$docker" save "$$("$$docker" image inspect --format '{{.Id}}' $(IMAGE))" | gzip -6 | wc -c

sbom: .venv/.installed image ## List what the image consists of in sfn-job.cdx.json, as CycloneDX
	@$(PYTHON) -m tools.sbom $(IMAGE) > $@.tmp && mv $@.tmp sfn-job.cdx.json

properties: .venv/.installed ## Try the properties with a thousand new examples each; PYTEST_ARGS="-k naming" takes some
	@$(PYTHON) -m pytest --hypothesis-profile=long --timeout=3600 -n 2 tests/properties $(PYTEST_ARGS)

mutants: .venv/.installed ## Change the job in one place at a time, and see that its tests notice; MODULES="naming errors" takes some
	@$(PYTHON) -m tools.mutants $(MODULES)

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

# What the job needs and nothing else, and the AWS CLI: extra packages would cost start-up. uv by itself, so that a lock
# can be made while one can't be installed.
.bench/runtime/.installed: requirements/runtime.txt
.bench/awscli/.installed: requirements/bench.txt
.venv-mitmproxy/.installed: requirements/mitmproxy.txt
.venv-uv/.installed: requirements/uv.txt
.bench/runtime/.installed .bench/awscli/.installed .venv-mitmproxy/.installed .venv-uv/.installed:
	@python=$$(tools/find-python) && "$$python" tools/create_venv.py $(@D) $<
	@touch $@

# The last step makes LocalStack's index of all operations of AWS once, rather than at each of its starts, in 3 s.
.venv-localstack/.installed: requirements/localstack.txt
	@python=$$(tools/find-python) && "$$python" tools/create_venv.py .venv-localstack $<
	@mkdir -p .venv-localstack/filesystem/usr/lib/localstack
	@OVERRIDE_IN_DOCKER=0 FILESYSTEM_ROOT=.venv-localstack/filesystem \
	  .venv-localstack/bin/python -m localstack.aws.spec
	@touch $@

# Names, versions and hashes, and no addresses: each user's own pip configuration says where packages come from.
# One file serves Python 3.11 and later on all platforms; LocalStack's pins agree with each other on 3.13 only. A file
# that stays the same keeps its time, so that no environment is made anew for it.
LOCKS = $(filter-out requirements/localstack-constraints.txt,$(wildcard requirements/*.txt))
COMPILE = .venv-uv/bin/uv pip compile --quiet --python .venv-uv/bin/python --generate-hashes --no-header \
  --no-emit-index-url $(if $(UPGRADE),--upgrade)
pin = @echo requirements/$(1).txt && cp -p requirements/$(1).txt .venv-uv/before && \
  $(COMPILE) $(2) -o requirements/$(1).txt && \
  if cmp -s requirements/$(1).txt .venv-uv/before; then touch -r .venv-uv/before requirements/$(1).txt; fi

lock: .venv-uv/.installed ## Pin what pyproject.toml asks for in requirements/; UPGRADE=1 takes the newest versions
	$(call pin,uv,--universal --python-version 3.8 --group uv)
	$(call pin,runtime,--universal --python-version 3.11 pyproject.toml)
	$(call pin,dev,--universal --python-version 3.11 pyproject.toml --group dev \
	  -c requirements/runtime.txt -c requirements/uv.txt)
	$(call pin,localstack,--python-version 3.13 --group localstack -c requirements/localstack-constraints.txt)
	$(call pin,bench,--universal --python-version 3.11 --group bench)
	$(call pin,mitmproxy,--python-version 3.13 --group mitmproxy)

# --strict: a package that the database doesn't know is a failure, as is a database that can't be reached. One lock at a
# time, because pip-audit takes two versions of a package for a mistake.
AUDIT = .venv/bin/pip-audit --strict --progress-spinner=off --disable-pip --require-hashes

audit: .venv/.installed ## Look every pinned package up in PyPI's database of vulnerabilities
	@for lock in $(LOCKS); do echo "$$lock"; $(AUDIT) --requirement="$$lock" || failed=1; done; exit $${failed:-0}

clean: ## Remove the environments and all caches
	rm -rf site .venv .bench .venv-localstack .venv-mitmproxy .venv-uv .python .coverage .hypothesis .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
