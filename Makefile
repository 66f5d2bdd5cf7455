# offnode - what would the kubelet of this switched-off node run with?
#
#	make            the program and the library, under build/
#	make demo       sets up and runs the main job on bundled images
#	make test       sets up and passes the tests
#	make help       everything else
#
# All output goes to $(BUILD): `make BUILD=build/asan SANITIZE=address,undefined` is a second,
# separate build. There is no configure step: pkg-config finds libraries, $(call try,…) finds
# out which flags the compiler knows.

VERSION := $(shell sed -n 's/^.define OFFNODE_VERSION "\(.*\)"/\1/p' include/offnode.h)
SOVERSION := $(firstword $(subst ., ,$(VERSION)))
BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= cc
O       ?= -O2
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)

bindir     ?= $(PREFIX)/bin
libdir     ?= $(PREFIX)/lib
includedir ?= $(PREFIX)/include
datadir    ?= $(PREFIX)/share
mandir     ?= $(datadir)/man

try = $(shell echo 'int main(void){return 0;}' | $(CC) -Werror $(1) -x c -o /dev/null - 2>/dev/null && echo '$(1)')
PKG_CONFIG ?= pkg-config

# ---- libraries: each has one door, one file that includes its header ----

PACKAGES := yaml-0.1 jansson libcrypto zlib libzstd liblz4 liblzma libsquashfs1 ext2fs
# Not linked but loaded when they are first called, see late.h.
LATE := libarchive sqlite3
HAVE_ISAL := $(shell $(PKG_CONFIG) --exists libisal 2>/dev/null && echo 1)
ifeq ($(HAVE_ISAL),1)
PACKAGES += libisal
endif
# NO_CURL=1: without the network.
ifndef NO_CURL
LATE += libcurl
endif
LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PACKAGES) $(LATE) 2>/dev/null)
LIBS := $(shell $(PKG_CONFIG) --exists $(LATE) && $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null) $(call try,-ldl)
# Empty on a fresh machine, where the targets that install come by first.
ready = $(if $(LIBS),,$(error a compiler, pkg-config or a library is missing: `make deps` installs them))

# ---- flags ----

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wformat=2 -Wvla -Wcast-qual -Wwrite-strings \
	-Wundef -Wswitch-enum -Wpointer-arith -Wnested-externs -Wredundant-decls
WARN += $(call try,-Wnull-dereference) $(call try,-Wduplicated-cond) $(call try,-Wlogical-op)

ifdef SANITIZE
HARDEN := -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
O := -O1
else
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong $(call try,-fstack-clash-protection) \
	$(call try,-fcf-protection) $(call try,-ftrivial-auto-var-init=zero)
LDHARDEN := -Wl,-z,relro,-z,now
endif
ifdef COVERAGE
HARDEN := --coverage
O := -O0
endif
ifdef LIBFUZZER
HARDEN += -fsanitize=fuzzer-no-link
endif

CFLAGS ?= -g
# Quiet unless V=1.
Q := $(if $(V),,@)
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(O) $(CFLAGS) $(WARN) $(WERROR) $(HARDEN) \
	-fPIC -fvisibility=hidden -iquote include -pthread $(LIB_CFLAGS)
ALL_LDFLAGS = $(LDFLAGS) $(HARDEN) $(LDHARDEN) -pthread

# ---- sources ----

STAGES ?= base blob net fs image rootfs inventory shell systemd kubelet rules report
STAGE_SRC := $(foreach s,$(STAGES),$(wildcard scanner/$(s)/*.c scanner/$(s)/*/*.c))
# A stage of more rooms than one: each room's headers are the stage's own.
rooms = $(addprefix -iquote scanner/,$(1) $(patsubst scanner/%/,%,$(wildcard scanner/$(1)/*/)))
ifeq ($(HAVE_ISAL),1)
STAGE_SRC := $(filter-out scanner/blob/gunzip_zlib.c,$(STAGE_SRC))
else
STAGE_SRC := $(filter-out scanner/blob/gunzip_isal.c,$(STAGE_SRC))
endif
STAGE_SRC := $(filter-out scanner/net/wire_$(if $(NO_CURL),curl,none).c,$(STAGE_SRC))
# What stands above the stages needs them all.
LIB_SRC := $(STAGE_SRC) $(if $(filter report,$(STAGES)),$(filter-out scanner/main.c,$(wildcard scanner/*.c)))
# Texts that the program carries: arrays of their lines.
TEXTS := $(wildcard $(if $(filter report,$(STAGES)),scanner/report/page.css scanner/report/page.js))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o) $(TEXTS:%=$(BUILD)/obj/%.o)

UNIT := $(filter-out $(if $(NO_CURL),test_http%),$(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c)))
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
WHOLE := $(patsubst tests/%.c,%,$(wildcard tests/golden.c tests/inject.c tests/vectors.c tests/forms.c))
# What scripts call: no tests by themselves.
TOOLS := manifest mutate diskcmp fetch
SUPPORT_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/support/*.c))
C_FILES := $(sort $(wildcard scanner/*.c scanner/*/*.[ch] scanner/*/*/*.[ch] include/*.h tests/*.c tests/*.h tests/*/*.c tests/*/*.h))

.PHONY: all
all: $(BUILD)/offnode $(BUILD)/liboffnode.a $(BUILD)/liboffnode.so $(BUILD)/offnode.pc ## the program, the library, its pkg-config file

$(foreach s,$(STAGES),$(if $(wildcard scanner/$(s)/*/*.h),\
	$(eval $(BUILD)/obj/scanner/$(s)/%.o: ALL_CFLAGS += $(call rooms,$(s)))))
$(BUILD)/obj/%.o: %.c
	$(ready)@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(TEXTS:%=$(BUILD)/gen/%.c): $(BUILD)/gen/%.c: %
	@mkdir -p $(@D)
	@{ echo 'const char *const $(subst .,_,$(notdir $<))[] = {'; \
		sed -e 's/^	*//' -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n",/' $<; echo '0};'; } > $@

$(TEXTS:%=$(BUILD)/obj/%.o): $(BUILD)/obj/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/liboffnode.a: $(LIB_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/liboffnode.so: $(LIB_OBJ)
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,liboffnode.so.$(SOVERSION) -o $@ $^ $(LIBS)

$(BUILD)/offnode: $(BUILD)/obj/scanner/main.o $(BUILD)/liboffnode.a
	$(Q)$(CC) $(ALL_LDFLAGS) -pie -o $@ $^ $(LIBS)

# Not a rule on a file's age: PREFIX may change between two calls.
.PHONY: $(BUILD)/offnode.pc
$(BUILD)/offnode.pc:
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(libdir)' 'includedir=$(includedir)' '' \
		'Name: offnode' 'Description: What the kubelet of a switched-off node would run with' \
		'Version: $(VERSION)' 'Requires.private: $(PACKAGES)' \
		'Libs: -L$${libdir} -loffnode' 'Libs.private: -pthread' 'Cflags: -I$${includedir}' > $@

.PHONY: install
install: all ## DESTDIR and PREFIX are honoured
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(includedir) $(DESTDIR)$(mandir)/man1 \
		$(DESTDIR)$(mandir)/man5
	install -m 755 $(BUILD)/offnode $(DESTDIR)$(bindir)/offnode
	install -m 644 $(BUILD)/liboffnode.a $(DESTDIR)$(libdir)/liboffnode.a
	install -m 755 $(BUILD)/liboffnode.so $(DESTDIR)$(libdir)/liboffnode.so.$(VERSION)
	ln -sf liboffnode.so.$(VERSION) $(DESTDIR)$(libdir)/liboffnode.so.$(SOVERSION)
	ln -sf liboffnode.so.$(VERSION) $(DESTDIR)$(libdir)/liboffnode.so
	install -m 644 $(BUILD)/offnode.pc $(DESTDIR)$(libdir)/pkgconfig/offnode.pc
	install -m 644 include/offnode.h $(DESTDIR)$(includedir)/offnode.h
	install -m 644 scanner/offnode.1 $(DESTDIR)$(mandir)/man1/offnode.1
	install -m 644 scanner/offnode-rules.5 scanner/offnode-report.5 $(DESTDIR)$(mandir)/man5
	install -d $(DESTDIR)$(mandir)/man7
	install -m 644 scanner/offnode-targets.7 $(DESTDIR)$(mandir)/man7
ifneq ($(wildcard testdata/report.schema.json),)
	install -d $(DESTDIR)$(datadir)/offnode
	install -m 644 testdata/report.schema.json $(DESTDIR)$(datadir)/offnode/report.schema.json
endif
	install -d $(DESTDIR)$(datadir)/bash-completion/completions $(DESTDIR)$(datadir)/zsh/site-functions \
		$(DESTDIR)$(datadir)/fish/vendor_completions.d
	$(BUILD)/offnode completion bash > $(DESTDIR)$(datadir)/bash-completion/completions/offnode
	$(BUILD)/offnode completion zsh > $(DESTDIR)$(datadir)/zsh/site-functions/_offnode
	$(BUILD)/offnode completion fish > $(DESTDIR)$(datadir)/fish/vendor_completions.d/offnode.fish

# ---- two commands on a fresh machine ----

# What pkg-config said was said before the installing: a second make asks again.
again = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))

.PHONY: deps demo test
deps: ## install what building needs (apt), or name it
	@sh .ci/deps build

demo: ## set up, build, scan the bundled images
	@sh .ci/deps build
	@$(again) $(BUILD)/offnode
	@sh tests/demo.sh $(BUILD)/offnode

test: ## set up and pass the tests
	@sh .ci/deps build test
	@$(again) run-tests

# ---- tests ----

$(BUILD)/obj/tests/%.o: ALL_CFLAGS += -iquote tests -iquote tests/support \
	$(foreach s,$(STAGES),$(if $(wildcard scanner/$(s)/*/*.h),$(call rooms,$(s)))) -iquote scanner
define link_test
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LIBS) -lcmocka
endef

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(SUPPORT_OBJ) $(BUILD)/liboffnode.a
	$(link_test)

# golden.c with golden_*.c, vectors.c with vectors_*.c, inject.c with inject_*.c
define whole
$(BUILD)/tests/$(1): $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/$(1).c tests/$(1)_*.c)) $(SUPPORT_OBJ) $(BUILD)/liboffnode.a
	$$(link_test)
endef
$(foreach w,$(WHOLE) $(TOOLS),$(eval $(call whole,$(w))))

ifdef LIBFUZZER
$(BUILD)/tests/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(SUPPORT_OBJ) $(BUILD)/liboffnode.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS) -lcmocka
else
$(BUILD)/tests/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $(SUPPORT_OBJ) $(BUILD)/liboffnode.a
	$(link_test)
endif

# Scripts that print TAP: those that need a whole system or minutes are for `make test-real`, all
# others for `make test`, the long ones first, so that the last to finish is a short one.
REAL := $(addprefix tests/,real.sh recipe.sh programs.sh btrfs_log.sh ext_journal.sh xfs_log.sh browser.sh)
LONG := $(wildcard $(addprefix tests/,images.sh hostile.sh disks.sh layouts.sh nested.sh cli.sh ext.sh formats.sh containers.sh))
NO_TESTS := $(addprefix tests/,run.sh demo.sh mksamples.sh)
SCRIPTS := $(LONG) $(filter-out $(LONG) $(REAL) $(NO_TESTS),$(wildcard tests/*.sh))
PROGRAMS := $(WHOLE:%=$(BUILD)/tests/%) $(UNIT:%=$(BUILD)/tests/%) $(FUZZ:%=$(BUILD)/tests/%)
VECTORS ?= ../shared/vectors
CORPUS  ?= ../shared/corpus
run = BUILD=$(BUILD) OFFNODE=$(abspath $(BUILD)/offnode) VECTORS=$(VECTORS) CORPUS=$(CORPUS) JOBS=$(JOBS) bash tests/run.sh

.PHONY: unit run-tests tests-built
unit: $(UNIT:%=$(BUILD)/tests/%)

tests-built: $(BUILD)/offnode $(PROGRAMS) $(TOOLS:%=$(BUILD)/tests/%)

run-tests: all tests-built
	@$(run) $(SCRIPTS) $(PROGRAMS)

.PHONY: check asan valgrind test-real vectors update-golden coverage
check: ## everything a change must pass: -Werror, tests, sanitizers, lint
	@sh .ci/deps build test lint
	@$(again) BUILD=build/werror WERROR=-Werror all tests-built
	@$(again) run-tests
	@$(again) asan
	@$(again) lint

SANITIZER_ENV = ASAN_OPTIONS=abort_on_error=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
asan: ## the whole suite under AddressSanitizer and UBSan
	@$(SANITIZER_ENV) TEST_TIMEOUT=900 $(again) BUILD=build/asan SANITIZE=address,undefined CFLAGS=-g run-tests

VALGRIND = valgrind -q --error-exitcode=99 --leak-check=no --track-origins=no
valgrind: all tests-built ## the unit tests and fuzz seeds under valgrind
	@WRAP='$(VALGRIND)' FUZZ_REPLAY=whole TEST_TIMEOUT=900 $(run) $(UNIT:%=$(BUILD)/tests/%) $(FUZZ:%=$(BUILD)/tests/%)

test-real: ## a whole Debian root, in every container format (network: apt)
	@sh .ci/deps build test real
	@$(again) $(BUILD)/offnode $(TOOLS:%=$(BUILD)/tests/%)
	@TEST_TIMEOUT=1500 $(run) $(REAL)

vectors: $(BUILD)/tests/vectors ## passed/total against recorded answers of systemd and the kubelet
	@VECTORS=$(VECTORS) CORPUS=$(CORPUS) $(BUILD)/tests/vectors --report

update-golden: $(BUILD)/tests/golden $(BUILD)/offnode ## rewrite the expectations of testdata/cases and show the difference
	@OFFNODE=$(abspath $(BUILD)/offnode) $(BUILD)/tests/golden --update; git --no-pager diff --stat -- testdata/cases

coverage: ## line coverage of the suite, per file
	@$(again) BUILD=build/coverage COVERAGE=1 run-tests
	@cd build/coverage/obj && find scanner -name '*.gcda' | sort | while read -r f; do \
		gcov -n -o "$$(dirname "$$f")" "$$f" 2>/dev/null | sed -n "1{N;s/^File '\(.*\)'\nLines executed:/\1 /p}"; done | column -t

# ---- lint, fuzz, bench ----

.PHONY: lint lint-tree tidy cppcheck format format-check fuzz bench samples
lint: lint-tree format-check cppcheck tidy ## layers, doors, sizes, words, format, cppcheck, clang-tidy

lint-tree:
	@sh tests/lint/all.sh

format: ## clang-format every file in place
	@clang-format -i $(C_FILES)

format-check:
	@sh tests/lint/format.sh $(C_FILES)

CPPCHECK_FLAGS := --std=c11 --enable=warning,performance,portability --inline-suppr --quiet \
	--error-exitcode=1 --suppress=missingIncludeSystem --suppress=unmatchedSuppression \
	--suppress=internalAstError --suppress=legacyUninitvar -D__GNUC__ -Iinclude
cppcheck:
	@mkdir -p $(BUILD)/cppcheck
	@cppcheck $(CPPCHECK_FLAGS) -j $(JOBS) --cppcheck-build-dir=$(BUILD)/cppcheck $(filter scanner/%.c,$(C_FILES))
	@echo 'cppcheck: clean'

TIDY := $(patsubst %.c,$(BUILD)/tidy/%.ok,$(LIB_SRC) $(wildcard scanner/main.c))
tidy: $(TIDY)
	@echo 'clang-tidy: clean'
$(BUILD)/tidy/%.ok: %.c .clang-tidy $(wildcard include/*.h)
	@mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- -std=gnu17 -D_GNU_SOURCE -iquote include \
		$(call rooms,$(word 2,$(subst /, ,$<))) $(LIB_CFLAGS) 2>$@.log >$@.out || { cat $@.out; exit 1; }
	@touch $@

FUZZ_SECONDS ?= 30
fuzz: ## libFuzzer (clang) on every parser, FUZZ_SECONDS each; T=name for one
	@$(again) BUILD=build/fuzz CC=clang LIBFUZZER=1 SANITIZE=address,undefined $(FUZZ:%=build/fuzz/tests/%)
	@set -e; for t in $(or $(T:%=fuzz_%),$(FUZZ)); do n=$${t#fuzz_}; mkdir -p build/fuzz/corpus/$$n testdata/fuzz/$$n; \
		dict=testdata/fuzz/$$n.dict; echo "fuzz $$n"; \
		build/fuzz/tests/$$t -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=1024 -malloc_limit_mb=16384 -timeout=20 -max_len=65536 -print_final_stats=1 \
		-artifact_prefix=build/fuzz/$$n- $$( [ -f $$dict ] && echo -dict=$$dict ) \
		build/fuzz/corpus/$$n testdata/fuzz/$$n 2>build/fuzz/$$n.log || { tail -30 build/fuzz/$$n.log; exit 1; }; \
		grep -E 'stat::(number_of_executed_units|peak_rss_mb)' build/fuzz/$$n.log; done

bench: ## ratios against what one uses today, on one big tree, on disks, on a server, and in a registry
	@sh .ci/deps build test bench
	@$(again) $(BUILD)/offnode
	@BUILD=$(BUILD) OFFNODE=$(abspath $(BUILD)/offnode) bash tests/bench/bench.sh
	@BUILD=$(BUILD) OFFNODE=$(abspath $(BUILD)/offnode) bash tests/bench/disks.sh
	@BUILD=$(BUILD) OFFNODE=$(abspath $(BUILD)/offnode) bash tests/bench/net.sh
	@BUILD=$(BUILD) OFFNODE=$(abspath $(BUILD)/offnode) bash tests/bench/lazy.sh

samples: ## make testdata/images again
	@sh tests/mksamples.sh testdata/images

.PHONY: help clean
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'
	@echo '  Variables: BUILD PREFIX DESTDIR CC CFLAGS O SANITIZE WERROR NO_CURL JOBS V'

clean: ## remove build/
	rm -rf build

.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
