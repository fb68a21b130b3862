# Targets explain themselves: make help
PREFIX  ?= /usr
LIBDIR   = $(DESTDIR)$(PREFIX)/lib/hyperspector
BINDIR   = $(DESTDIR)$(PREFIX)/bin
SHARE    = $(DESTDIR)$(PREFIX)/share
# Made by the program itself, when it is installed.
CLI      = $(PUBLISH)/Cli/hyperspector
GENERATED = man/man1/hyperspector.1.gz man/man5/hyperspector.yaml.5.gz bash-completion/completions/hyperspector \
  zsh/vendor-completions/_hyperspector fish/vendor_completions.d/hyperspector.fish
PROCESSORS = $(shell nproc)
PUBLISH  = artifacts/publish
BPF      = artifacts/bpf

.PHONY: help build bpf publish install install-files uninstall deb check check-kernel attacks-table fuzz fuzz-daemon faults bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

build: ## compile everything, with analyzers; warnings are errors
	dotnet build --nologo -v quiet

bpf: $(BPF)/mirror.bpf.o $(BPF)/port.bpf.o $(BPF)/uplink.bpf.o ## compile the eBPF programs

$(BPF)/%.bpf.o: bpf/%.bpf.c $(wildcard bpf/*.bpf.h)
	@mkdir -p $(BPF)
	clang -target bpf -O2 -g -Wall -Werror -I/usr/include/$(shell uname -m)-linux-gnu -c $< -o $@
	llvm-strip -g $@ 2>/dev/null || llvm-strip-14 -g $@

publish: bpf ## every program as native code, into artifacts/publish
	@rm -rf $(PUBLISH)
	@dotnet msbuild packaging/programs.proj -restore -m:$(PROCESSORS) -nodeReuse:false -nologo -v:quiet

install: publish install-files ## put programs, policies and packs into $(PREFIX)/lib/hyperspector, hyperspector onto the PATH

install-files:
	install -d $(LIBDIR) $(LIBDIR)/bpf $(LIBDIR)/policy $(BINDIR)
	install -m 755 $(PUBLISH)/Cli/hyperspector $(PUBLISH)/Daemon/hyperspectord $(PUBLISH)/Keeper/hyperspector-keeper \
	  $(PUBLISH)/Monitor/hyperspector-monitor $(PUBLISH)/Reader/hyperspector-reader $(PUBLISH)/Sensor/hyperspector-sensor \
	  $(PUBLISH)/Integrity/hyperspector-integrity $(LIBDIR)
	install -m 644 $(BPF)/*.bpf.o $(LIBDIR)/bpf
	install -m 644 policy/* $(LIBDIR)/policy
	rm -rf $(LIBDIR)/packs && cp -r packs $(LIBDIR)/packs
	ln -sf $(PREFIX)/lib/hyperspector/hyperspector $(BINDIR)/hyperspector
	install -d $(foreach file,$(GENERATED),$(dir $(SHARE)/$(file)))
	$(CLI) docs man hyperspector | gzip -9n > $(SHARE)/man/man1/hyperspector.1.gz
	$(CLI) docs man hyperspector.yaml | gzip -9n > $(SHARE)/man/man5/hyperspector.yaml.5.gz
	$(CLI) completion bash > $(SHARE)/bash-completion/completions/hyperspector
	$(CLI) completion zsh > $(SHARE)/zsh/vendor-completions/_hyperspector
	$(CLI) completion fish > $(SHARE)/fish/vendor_completions.d/hyperspector.fish

uninstall: ## undo install
	rm -rf $(LIBDIR)
	rm -f $(BINDIR)/hyperspector $(addprefix $(SHARE)/,$(GENERATED))

deb: publish ## the Debian package, with the systemd unit, into artifacts/
	packaging/build-deb

check: ## build, format, unit and ABI tests (no privilege)
	./test static unit abi fuzz

check-kernel: ## everything that needs root
	./test kernel aot conformance adversary life examples

attacks-table: ## docs/attacks.md, from the log of ./test adversary
	tests/attacks-table

fuzz: ## long fuzzing run with line coverage per parser (minutes: FUZZ_MINUTES, default 10)
	FUZZ_MINUTES=$${FUZZ_MINUTES:-10} tests/fuzz-coverage

fuzz-daemon: ## the same with any bytes at a daemon's socket (as root)
	FUZZ_MINUTES=$${FUZZ_MINUTES:-10} ./test protocol

faults: ## kill the daemon at every step of up, down, an upgrade and a change in place (more than an hour)
	FAULTS=all ./test faults

bench: ## the paper's figures and our own, quickly
	bench/figure7 --quick
	bench/density --quick
	bench/footprint --quick

clean: ## remove what was built
	rm -rf artifacts
