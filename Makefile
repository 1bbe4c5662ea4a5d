# make [target] [MODE=release|debug|asan|cov|fuzz] [CXX=g++|clang++] [V=1]
MODE    ?= release
PREFIX  ?= /usr/local
DESTDIR ?=
BENCH_MB?= 1024
O       := build/$(MODE)
DEPS    := libcrypto liblz4 liblzf libxxhash libzstd lua5.1 re2 zlib
VERSION := 0.1.0
Q       := $(if $(V),,@)

FLAGS_release := -O2 -g1 -DNDEBUG
FLAGS_debug   := -O0 -g -D_GLIBCXX_ASSERTIONS
FLAGS_asan    := -O1 -g1 -D_GLIBCXX_ASSERTIONS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_cov     := -O0 -g --coverage
FLAGS_fuzz    := $(FLAGS_asan) -fsanitize=fuzzer-no-link
# clang takes half the time of g++ to build with sanitizers, and so both compilers see every file.
ifneq ($(filter asan fuzz,$(MODE)),)
CXX := clang++
endif

# What makes an error of ours harder to use. By hand: make HARDEN= LINK_HARDEN=
ifeq ($(MODE),release)
FORTIFY     := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
HARDEN      ?= $(if $(filter -O1 -O2 -O3 -Os,$(CXXFLAGS)),$(FORTIFY)) -fstack-protector-strong -fPIE
LINK_HARDEN ?= -pie -Wl,-z,relro,-z,now
endif

WARN     := -Wall -Wextra -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Werror
CXXFLAGS ?= $(FLAGS_$(MODE))
ALLFLAGS  = -std=c++20 -I. -DRDBFERRY_VERSION='"$(VERSION)"' $(WARN) $(CXXFLAGS) $(HARDEN) $(shell pkg-config --cflags $(DEPS))
LIBS      = $(shell pkg-config --libs $(DEPS))

lib_src  := $(wildcard rdb/*/*.cc)
cli_src  := $(wildcard cli/*.cc)
test_src := $(wildcard tests/unit/*.cc tests/unit/*/*.cc tests/support/*.cc)
fuzz_src := $(filter-out fuzz/replay.cc,$(wildcard fuzz/*.cc))
bench_src:= $(wildcard tests/bench/*.cc)
obj       = $(patsubst %.cc,$(O)/%.o,$(1))
fuzz_names := $(patsubst fuzz/%_fuzz.cc,%,$(fuzz_src))
fuzz_bin := $(fuzz_names:%=$(O)/bin/fuzz_%)
FUZZ_LIMITS := -max_len=4096 -timeout=10 -rss_limit_mb=512 -malloc_limit_mb=160 -dict=fuzz/rdb.dict \
               -verbosity=0 -print_final_stats=1

.SECONDARY:
.PHONY: all demo test test-unit test-cli test-corpus test-wrap test-readme test-memory test-kill test-mutants test-salvage test-arrive test-faults test-hostile coverage coverage-run test-live agree servers bench fuzz fuzz-run fuzz-replay lint floors install clean help
all: $(O)/lib/librdbferry.a $(O)/bin/rdbferry   ## build the library and the rdbferry program
$(O)/lib/librdbferry.a: $(call obj,$(lib_src))
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^
$(O)/bin/rdbferry: $(call obj,$(cli_src)) $(O)/lib/librdbferry.a
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS) $(LINK_HARDEN) $^ $(LIBS) -o $@
$(O)/bin/tests: $(call obj,$(test_src)) $(O)/lib/librdbferry.a
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS) $(LINK_HARDEN) $^ $(LIBS) -o $@
$(O)/bin/bench: $(call obj,$(bench_src)) $(O)/lib/librdbferry.a
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS) $(LINK_HARDEN) $^ $(LIBS) -o $@
$(O)/bin/runner: $(O)/tests/runner/runner.o $(O)/tests/runner/main.o $(call obj,$(filter-out cli/main.cc,$(cli_src))) $(O)/lib/librdbferry.a
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS) $(LINK_HARDEN) $^ $(LIBS) -o $@
$(O)/tests/runner/main.o: cli/main.cc
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CXX $< as a function")
	$(Q)$(CXX) $(ALLFLAGS) -Dmain=rdbferry_main -MMD -MP -c $< -o $@
$(O)/bin/fuzz_%: $(O)/fuzz/%_fuzz.o $(O)/tests/support/content.o $(if $(filter fuzz,$(MODE)),,$(O)/fuzz/replay.o) $(O)/lib/librdbferry.a
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS) $(if $(filter fuzz,$(MODE)),-fsanitize=fuzzer) $^ $(LIBS) -o $@
# Stack guards here made digest 5 % slower. No length from a file reaches the arrays of this file.
$(O)/rdb/base/hash128.o: HARDEN += -fno-stack-protector
$(O)/%.o: %.cc
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CXX $<")
	$(Q)$(CXX) $(ALLFLAGS) -MMD -MP -c $< -o $@

demo:                                           ## install what is missing, build, convert and check a real snapshot
	$(Q)tests/deps build
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all
	$(Q)mkdir -p build/demo
	$(O)/bin/rdbferry info testdata/corpus/redis-6.2.16/mixed.rdb
	$(O)/bin/rdbferry convert --force testdata/corpus/redis-6.2.16/mixed.rdb build/demo/valkey.rdb
	$(O)/bin/rdbferry check --expect db0=101 build/demo/valkey.rdb
test:                                           ## install what is missing, build, run every test
	$(Q)tests/deps build test $(if $(filter asan fuzz,$(MODE)),fuzz)
	$(Q)$(MAKE) --no-print-directory -j$$(nproc) all $(O)/bin/tests $(fuzz_bin)
	$(Q)$(MAKE) --no-print-directory -j2 --output-sync=target test-unit test-cli test-corpus test-wrap test-readme test-memory test-kill test-mutants test-salvage test-arrive test-faults test-hostile fuzz-replay
test-unit: $(O)/bin/tests                       ## unit tests alone
	$(Q)$(O)/bin/tests
test-cli: $(O)/bin/rdbferry                     ## the program as its users call it, and its schemas
	$(Q)tests/cli/run --binary $(O)/bin/rdbferry
	$(Q)$(if $(filter asan fuzz,$(MODE)),echo "tests/schema: left out: the documents are the same with sanitizers",tests/schema --binary $(O)/bin/rdbferry)
	$(Q)tests/man --binary $(O)/bin/rdbferry
	$(Q)$(if $(filter release,$(MODE)),tests/hardening --binary $(O)/bin/rdbferry,echo "tests/hardening: left out: only release builds are hardened")
test-corpus: $(O)/bin/rdbferry                  ## snapshots of real servers: what is read is what they held
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/corpus
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/roundtrip
	$(Q)$(if $(filter asan fuzz,$(MODE)),echo "tests/diff: left out: 9000 runs take too long with sanitizers",RDBFERRY=$(O)/bin/rdbferry tests/diff)
test-memory: $(O)/bin/rdbferry                  ## huge values stream through in 16 MiB
	$(Q)tests/memory --binary $(O)/bin/rdbferry
test-wrap: $(O)/bin/rdbferry                    ## gzip, zstd and lz4 read what is written, and the other way round
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/wrappers
test-readme: $(O)/bin/rdbferry                  ## the programs of README.md, compiled and run, on cut files too
	$(Q)CXX='$(CXX)' CXXFLAGS='$(CXXFLAGS)' tests/readme --binary $(O)/bin/rdbferry --library $(O)/lib/librdbferry.a
test-kill: $(O)/bin/rdbferry $(O)/lib/faults.so ## a run that is ended leaves the old state or the new
	$(Q)tests/kill --binary $(O)/bin/rdbferry $(if $(filter asan fuzz,$(MODE)),,--preload $(O)/lib/faults.so)
test-mutants: $(O)/bin/rdbferry                 ## what check says of odd files is what real servers did with them
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/agree --replay testdata/mutants
# What is preloaded comes before the sanitizers' own library, which they do not take.
test-faults: $(O)/bin/rdbferry $(O)/lib/faults.so ## every call to the system, failing in its turn
	$(Q)$(if $(filter asan fuzz,$(MODE)),echo "test-faults: left out: sanitizers do not go with LD_PRELOAD",tests/faults --binary $(O)/bin/rdbferry --preload $(O)/lib/faults.so)
test-hostile: $(O)/bin/rdbferry                 ## every command over files that are hostile by structure (SEED, COUNT)
	$(Q)tests/tools/hostile.py --binary $(O)/bin/rdbferry --seed $(or $(SEED),1) --count $(or $(COUNT),$(if $(filter asan fuzz,$(MODE)),20,80))
$(O)/lib/faults.so: tests/support/faults.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -O2 -Wall -Wextra -Werror -fPIC -shared $< -o $@
coverage:                                       ## lines of rdb/ that the tests reach, at least 95 %
	$(Q)tests/deps build test coverage
	$(Q)$(MAKE) --no-print-directory MODE=cov coverage-run
coverage-run: $(O)/bin/rdbferry $(O)/bin/tests $(fuzz_bin)
	$(Q)find $(O) -name '*.gcda' -delete
	$(Q)$(MAKE) --no-print-directory -j1 MODE=$(MODE) test-unit test-cli test-corpus test-wrap test-mutants test-salvage fuzz-replay
	$(Q)gcovr -r . --object-directory $(O) -f rdb/ --exclude-throw-branches --txt $(O)/uncovered.txt --print-summary --fail-under-line 95 $(O)
test-live: $(O)/bin/rdbferry $(O)/bin/runner    ## our output loads in real servers, with the same digests
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/live
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/live_cluster
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/live_aof
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/live_commands
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/live_functions
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/live_functions --generated 5000
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/agree --replay testdata/mutants --servers all
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/agree --writers --count 400
	$(Q)tests/kept
	$(Q)tests/salvage --binary $(O)/bin/rdbferry --live --damages 2
agree: $(O)/bin/rdbferry $(if $(WRITERS),$(O)/bin/runner) ## check (WRITERS=1: what is written) and real servers on COUNT=100000 mutants
	$(Q)RDBFERRY=$(O)/bin/rdbferry tests/agree $(if $(WRITERS),--writers) $(if $(SERVERS),--servers $(SERVERS)) --count $(or $(COUNT),100000) --seed $(or $(SEED),1)
test-salvage: $(O)/bin/rdbferry                 ## what is brought back of damaged snapshots
	$(Q)tests/salvage --binary $(O)/bin/rdbferry --damages $(if $(filter asan,$(MODE)),1,2)
test-arrive: $(O)/bin/rdbferry                  ## what happened to snapshots on their way is undone
	$(Q)tests/arrive --binary $(O)/bin/rdbferry
servers:                                        ## bring released servers for test-live to build/servers
	$(Q)tests/servers
bench:                                          ## speed and memory beside redis-check-rdb, on BENCH_MB=1024 of data (FORMER: another build)
	$(Q)tests/deps build bench
	$(Q)$(MAKE) --no-print-directory $(O)/bin/bench $(O)/bin/rdbferry
	$(Q)$(O)/bin/bench
	$(Q)tests/bench/run --binary $(O)/bin/rdbferry $(if $(FORMER),--former $(FORMER)) --mb $(BENCH_MB)

lint: floors                                    ## formatting, clang-tidy, one-way includes, file length
	$(Q)tests/deps build test lint
	$(Q)clang-format --dry-run -Werror $$(git ls-files '*.cc' '*.h')
	$(Q)git ls-files '*.cc' '*.h' | xargs wc -l | awk '$$1 > 500 && $$2 != "total" { print $$2 ": " $$1 " lines (limit 500)"; bad = 1 } END { exit bad }'
	$(Q)printf '%s\n' $(lib_src) $(cli_src) | xargs -P $$(nproc) -n 4 sh -c 'clang-tidy -quiet --warnings-as-errors="*" "$$@" -- -std=c++20 -I. -DRDBFERRY_VERSION="\"\"" $(shell pkg-config --cflags $(DEPS)) 2>/dev/null' tidy
# Floor plan, lowest first. A file may include its own floor and those below; nothing else.
FLOORS := base io codec value file sets pass server aof arrive show compare carry salvage
floors:                                         ## one-way includes alone
	$(Q)grep -Hn '#include "rdb/[a-z]*/' $(lib_src) $(wildcard rdb/*/*.h) | awk -F'[:/]' -v order='$(FLOORS)' ' \
	  BEGIN { n = split(order, f, " "); for (i = 1; i <= n; ++i) rank[f[i]] = i } \
	  { own = $$2; match($$0, /"rdb\/[a-z]+/); dep = substr($$0, RSTART + 5, RLENGTH - 5) } \
	  rank[dep] > rank[own] { print $$0 "  <- " own " must not look up to " dep; bad = 1 } END { exit bad }'
	$(Q)! grep -Hn '[.>]add_option(\|[.>]add_flag(\|->delimiter(' $(filter-out cli/options.cc,$(cli_src)) # see cli/options.h
install: all $(O)/rdbferry.pc                   ## library, headers, program, man page, rdbferry.pc
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install $(O)/bin/rdbferry $(DESTDIR)$(PREFIX)/bin
	install -m644 $(O)/lib/librdbferry.a $(DESTDIR)$(PREFIX)/lib
	install -m644 $(O)/rdbferry.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -d $(DESTDIR)$(PREFIX)/share/rdbferry/schema
	install -m644 cli/schema/*.json $(DESTDIR)$(PREFIX)/share/rdbferry/schema
	install -Dm644 cli/man/rdbferry.1 $(DESTDIR)$(PREFIX)/share/man/man1/rdbferry.1
	for h in $(wildcard rdb/*.h rdb/*/*.h); do install -Dm644 $$h $(DESTDIR)$(PREFIX)/include/rdbferry/$$h; done
$(O)/rdbferry.pc:
	$(Q)mkdir -p $(@D) && printf 'Name: rdbferry\nDescription: Redis RDB reader and writer\nVersion: $(VERSION)\nRequires.private: $(DEPS)\nLibs: -L$(PREFIX)/lib -lrdbferry\nCflags: -I$(PREFIX)/include/rdbferry\n' > $@
fuzz-replay: $(fuzz_bin)                        ## run every committed fuzz input once
	$(Q)for t in $(fuzz_names); do $(O)/bin/fuzz_$$t $(if $(filter fuzz,$(MODE)),-runs=0) testdata/fuzz/$$t || exit 1; done
fuzz:                                           ## libFuzzer, SECONDS=60 for each target
	$(Q)tests/deps build fuzz
	$(Q)$(MAKE) MODE=fuzz fuzz-run
fuzz-run: $(fuzz_bin)
	$(Q)for t in $(fuzz_names); do \
	  mkdir -p $(O)/corpus/$$t && echo "  FUZZ $$t" && \
	  ASAN_OPTIONS=quarantine_size_mb=16 $(O)/bin/fuzz_$$t $(FUZZ_LIMITS) -max_total_time=$(or $(SECONDS),60) -artifact_prefix=$(O)/$$t- \
	    $(O)/corpus/$$t testdata/fuzz/$$t || exit 1; done

clean:                                          ## remove every build variant
	rm -rf build
help:                                           ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
-include $(shell find $(O) -name '*.d' 2>/dev/null)
