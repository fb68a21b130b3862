# Targets explain themselves: make help
PREFIX  ?= /usr
LIBDIR   = $(DESTDIR)$(PREFIX)/lib/hyperspector
BINDIR   = $(DESTDIR)$(PREFIX)/bin
PROGRAMS = Cli Daemon Keeper Monitor Reader Sensor
PUBLISH  = artifacts/publish
BPF      = artifacts/bpf

.PHONY: help build bpf publish install uninstall check check-kernel fuzz bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

build: ## compile everything, with analyzers; warnings are errors
	dotnet build --nologo -v quiet

bpf: $(BPF)/mirror.bpf.o ## compile the eBPF programs

$(BPF)/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(BPF)
	clang -target bpf -O2 -g -Wall -Werror -I/usr/include/$(shell uname -m)-linux-gnu -c $< -o $@
	llvm-strip -g $@ 2>/dev/null || llvm-strip-14 -g $@

publish: bpf ## every program as native code, into artifacts/publish
	@rm -rf $(PUBLISH)
	@for p in $(PROGRAMS); do \
	  dotnet publish src/$$p -c Release --nologo -v quiet -o $(PUBLISH)/$$p || exit 1; \
	done

install: publish ## put programs, policies and packs into $(PREFIX)/lib/hyperspector, hyperspector onto the PATH
	install -d $(LIBDIR) $(LIBDIR)/bpf $(LIBDIR)/policy $(BINDIR)
	install -m 755 $(PUBLISH)/Cli/hyperspector $(PUBLISH)/Daemon/hyperspectord $(PUBLISH)/Keeper/hyperspector-keeper \
	  $(PUBLISH)/Monitor/hyperspector-monitor $(PUBLISH)/Reader/hyperspector-reader $(PUBLISH)/Sensor/hyperspector-sensor $(LIBDIR)
	install -m 644 $(BPF)/mirror.bpf.o $(LIBDIR)/bpf
	install -m 644 policy/* $(LIBDIR)/policy
	rm -rf $(LIBDIR)/packs && cp -r packs $(LIBDIR)/packs
	ln -sf $(PREFIX)/lib/hyperspector/hyperspector $(BINDIR)/hyperspector

uninstall: ## undo install
	rm -rf $(LIBDIR)
	rm -f $(BINDIR)/hyperspector

check: ## build, format, unit and ABI tests (no privilege)
	./test static unit abi fuzz

check-kernel: ## everything that needs root
	./test kernel aot conformance adversary life examples

fuzz: ## long fuzzing run (minutes: FUZZ_MINUTES, default 10)
	FUZZ_MINUTES=$${FUZZ_MINUTES:-10} ./test fuzz

bench: ## the paper's figures and our own, quickly
	bench/figure7 --quick
	bench/density --quick
	bench/footprint --quick

clean: ## remove what was built
	rm -rf artifacts
