# A thin front for CMake's presets (CMakePresets.json), the test runner (tools/test.py) and the set-up (tools/setup.sh).
#
#   make · make run [ARGS="up ..."] (the chat when none are given) · make test · make bench · make fuzz T=name [SECS=n] · make asan|ubsan|tsan
#   make swarm [SEEDS=n] [FROM=k] [WHOLE=n] · make members [SCHEDULES=n] [SIGNED=n] [FROM=k] · make night [NODE_DAYS=n]
#   make crash-rounds [ROUNDS=n] [CUTS=seeds] [FROM=k] · make parted [NODES=n] [SAID=n] [FROM=k]
#   make model · make coverage · make lint · make format · make po · make interop · make install [PREFIX=dir] [DESTDIR=dir]
#   make deb · make deb-test · make clean

.DEFAULT_GOAL := all
.PHONY: deb deb-test all run test bench fuzz swarm members crash-rounds parted night model asan ubsan tsan coverage lint format po interop install clean setup-build setup-test

PREFIX ?= /usr/local
DESTDIR ?=
ARGS ?=
T ?=
SECS ?= 60
SEEDS ?= 1000
FROM ?= 1
# Whole nodes cost a hundred times as much as bare overlays, and have faults that those cannot have.
WHOLE ?= $(shell echo $$((($(SEEDS) + 9) / 10)))
NODE_DAYS ?= 300
SCHEDULES ?= 1000000
ROUNDS ?= 200
CUTS ?= 50
NODES ?= 200
SAID ?= 10000
SIGNED ?= 10000
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# Units run under the address and undefined-behaviour sanitizers; programs, interop and the symbol lint see the release.
UNITS := asan
RELEASE := release

define build # PRESET [TARGETS]
	@command -v cmake >/dev/null || { echo "cmake is missing: run tools/setup.sh build" >&2; exit 1; }
	@test -f build/$(1)/build.ninja || cmake --preset $(1)
	cmake --build build/$(1) -j $(JOBS) $(if $(2),--target $(2))
endef

all:
	$(call build,$(RELEASE))

setup-build:
	@tools/setup.sh build

# What only the interop tests need may be out of reach; they then skip and say so.
setup-test:
	@tools/setup.sh build test
	@tools/setup.sh interop || true

run: setup-build
	$(call build,$(RELEASE),wavu)
	@exec build/$(RELEASE)/bin/wavu $(ARGS)

test: setup-test
	$(call build,$(RELEASE),all tests)
	$(call build,$(UNITS))
	@python3 tools/test.py --units build/$(UNITS) --programs build/$(RELEASE) --all -j $(JOBS)

asan ubsan tsan coverage: setup-test
	$(call build,$@)
	@python3 tools/test.py --units build/$@ -j $(JOBS)

bench:
	$(call build,$(RELEASE))
	$(call build,$(RELEASE),benchmarks)
	python3 bench/run.py

fuzz:
	@test -n "$(T)" || { echo "say which: make fuzz T=name, of: $$(ls tests/fuzz | sed -n 's/_fuzz\.c$$//p' | tr '\n' ' ')" >&2; exit 2; }
	$(call build,fuzz,$(T)_fuzz)
	@mkdir -p build/fuzz/found/$(T) tests/fuzz/corpus/$(T)
	build/fuzz/fuzz/$(T)_fuzz -max_total_time=$(SECS) -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix=build/fuzz/found/$(T)- build/fuzz/found/$(T) tests/fuzz/corpus/$(T)

# Drawn scenarios with faults, each seed a run: docs/scenarios.md.
swarm: setup-build
	$(call build,$(RELEASE),wavu)
	@build/$(RELEASE)/bin/wavu sim --seeds $(SEEDS) --from $(FROM) -j $(JOBS)
	@build/$(RELEASE)/bin/wavu sim --seeds $(WHOLE) --from $(FROM) -j $(JOBS) --cable whole

# Random interleavings of membership operations, with a null signer and with real signatures: all must converge.
members:
	$(call build,$(RELEASE),members_members_order_tool)
	build/$(RELEASE)/tools/members_members_order_tool $(SCHEDULES) $(SIGNED) $(FROM)

# Conversations of five nodes: rounds of kill -9 on this machine, and power cuts with torn disks in the simulator, 200 a seed.
crash-rounds:
	$(call build,$(RELEASE),node_wavu_chat_crash_tool node_wavu_chat_talker_tool)
	build/$(RELEASE)/tools/node_wavu_chat_crash_tool $(CUTS) $(FROM) 200
	@WAVU_BUILD=$(CURDIR)/build/$(RELEASE) python3 tests/program/crash_rounds.py --rounds $(ROUNDS) --seed $(FROM)

# Three partitions of an hour and their healing, 1 % loss, on virtual time; some hours of CPU at 200 nodes.
parted:
	$(call build,$(RELEASE),node_wavu_chat_parted_tool)
	build/$(RELEASE)/tools/node_wavu_chat_parted_tool $(NODES) $(SAID) 3 60 10 $(FROM)

# What takes too long for every day: many seeds, and false verdicts over 300 days of a node at 5 % loss.
night: swarm members
	$(call build,$(RELEASE),bench_detector)
	build/$(RELEASE)/bench/bench_detector loss --node-days $(NODE_DAYS) --at-most 0.01

# The protocols' models, with the cases that are too slow for every day: tests/model/README.md.
model: setup-test
	@python3 tests/model/model_test.py --long

lint:
	$(call build,$(RELEASE))
	@python3 tools/layers.py --build build/$(RELEASE)
	@python3 tools/lint.py

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i

# The texts to translate, and the catalogues with what is new in them: po/README.md.
po:
	@python3 tools/tongue.py

interop: setup-test
	$(call build,$(RELEASE))
	@WAVU_BIN=$(CURDIR)/build/$(RELEASE)/bin/wavu tests/interop/run.sh --all

install:
	$(call build,$(RELEASE))
	@DESTDIR="$(DESTDIR)" cmake --install build/$(RELEASE) --prefix "$(PREFIX)"

# Debian packages of the tree as it is, in build/deb; then whether they install and run.
deb:
	@tools/setup.sh build deb
	@tools/deb.sh -j$(JOBS)

deb-test: deb
	@WAVU_DEBS=$(CURDIR)/build/deb bash tests/house/deb.sh

clean:
	rm -rf build
