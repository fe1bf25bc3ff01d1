# The whole development surface: deps, build, test, lint, demo, bench. `make test` is what CI runs.

DENO_VERSION := 2.9.6
deno := .tools/deno
lab := ip ss nsenter setsid haproxy
run := $(deno) run --quiet --allow-all --frozen

.PHONY: all deps build compile-check lint test unit test-vm faults e2e demo bench simulate clean

all: build

# The pinned Deno, as .tools/deno.
deps:
	@sh scripts/deps.sh $(DENO_VERSION)

# ./worker, one executable file.
build: deps
	@$(run) scripts/build.ts

# Proves that deno compile embeds the whole graph, without the runtime that it would download.
compile-check: deps
	@$(run) scripts/build.ts --compile-check

lint: deps
	@$(run) scripts/lint.ts

# Everything: lint, unit tests, compile-check, end-to-end tests of the built ./worker.
test: deps build
	@sh scripts/packages.sh curl openssl
	@sh scripts/packages.sh faketime || true
	@sh scripts/packages.sh $(lab) || true
	@$(run) scripts/test.ts

unit: deps
	@$(run) scripts/test.ts unit

# Limits, kills and usage of jobs on cgroup v2: on this host, in a virtual machine, or skipped with the reason.
test-vm: deps
	@$(run) scripts/test.ts vm

# Jobs, the server and its clients under random faults; WORKER_FAULT_SEED=n repeats a run. Without
# faketime the clock stays as it is, and the run says so.
faults: deps build
	@sh scripts/packages.sh curl
	@sh scripts/packages.sh faketime || true
	@$(run) scripts/test.ts faults

# Without what networks of namespaces need, the tests of clusters are skipped, and the run says so.
e2e: deps build
	@sh scripts/packages.sh $(lab) || true
	@$(run) scripts/test.ts e2e

# A server with certificates of its own, one command through the client and one through curl.
demo: build
	@sh scripts/packages.sh curl
	@sh scripts/demo.sh

# Side by side with OpenSSH; writes bench/RESULTS.md. ROWS="run_true idle_memory" selects rows.
bench: build
	@sh scripts/packages.sh curl ssh sshd
	@$(run) bench/main.ts $(ROWS)

# Ten thousand nodes find ten proxies on a virtual clock, behind balancers of four kinds.
simulate: deps
	@$(run) bench/simulate_discovery.ts

clean:
	@rm -rf build worker coverage
