# make [target] [MODE=release|debug|asan|cov|fuzz] [CXX=g++|clang++] [V=1]
MODE    ?= release
PREFIX  ?= /usr/local
DESTDIR ?=
O       := build/$(MODE)
DEPS    := liblz4 liblzf libxxhash
VERSION := 0.1.0
Q       := $(if $(V),,@)

FLAGS_release := -O2 -g -DNDEBUG
FLAGS_debug   := -O0 -g -D_GLIBCXX_ASSERTIONS
FLAGS_asan    := -O1 -g -D_GLIBCXX_ASSERTIONS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_cov     := -O0 -g --coverage
FLAGS_fuzz    := $(FLAGS_asan) -fsanitize=fuzzer-no-link
ifeq ($(MODE),fuzz)
CXX := clang++
endif

WARN     := -Wall -Wextra -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Werror
CXXFLAGS ?= $(FLAGS_$(MODE))
ALLFLAGS  = -std=c++20 -I. -DRDBFERRY_VERSION='"$(VERSION)"' $(WARN) $(CXXFLAGS) $(shell pkg-config --cflags $(DEPS))
LIBS      = $(shell pkg-config --libs $(DEPS))

lib_src  := $(wildcard rdb/*/*.cc)
cli_src  := $(wildcard cli/*.cc)
test_src := $(wildcard tests/*.cc tests/support/*.cc)
fuzz_src := $(filter-out fuzz/replay.cc,$(wildcard fuzz/*.cc))
bench_src:= $(wildcard tests/bench/*.cc)
obj       = $(patsubst %.cc,$(O)/%.o,$(1))
fuzz_names := $(patsubst fuzz/%_fuzz.cc,%,$(fuzz_src))
fuzz_bin := $(fuzz_names:%=$(O)/bin/fuzz_%)
FUZZ_LIMITS := -max_len=4096 -timeout=10 -rss_limit_mb=512 -malloc_limit_mb=64 -dict=fuzz/rdb.dict \
               -verbosity=0 -print_final_stats=1

.SECONDARY:
.PHONY: all deps demo test test-unit test-cli test-corpus test-live servers bench fuzz fuzz-run fuzz-replay lint floors install clean help
all: $(O)/lib/librdbferry.a $(O)/bin/rdbferry   ## build the library and the rdbferry program
deps:                                           ## install missing packages (Debian, Ubuntu), name them elsewhere
	$(Q)tests/deps
$(O)/lib/librdbferry.a: $(call obj,$(lib_src))
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcs $@ $^
$(O)/bin/rdbferry: $(call obj,$(cli_src)) $(O)/lib/librdbferry.a
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS) $^ $(LIBS) -o $@
$(O)/bin/tests: $(call obj,$(test_src)) $(O)/lib/librdbferry.a
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS) $^ $(LIBS) -o $@
$(O)/bin/fuzz_%: $(O)/fuzz/%_fuzz.o $(if $(filter fuzz,$(MODE)),,$(O)/fuzz/replay.o) $(O)/lib/librdbferry.a
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS) $(if $(filter fuzz,$(MODE)),-fsanitize=fuzzer) $^ $(LIBS) -o $@
$(O)/%.o: %.cc
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CXX $<")
	$(Q)$(CXX) $(ALLFLAGS) -MMD -MP -c $< -o $@

fuzz-replay: $(fuzz_bin)                        ## run every committed fuzz input once
	$(Q)for t in $(fuzz_names); do $(O)/bin/fuzz_$$t $(if $(filter fuzz,$(MODE)),-runs=0) testdata/fuzz/$$t || exit 1; done
fuzz:                                           ## libFuzzer, SECONDS=60 for each target
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
