# offnode - what would the kubelet of this switched-off node run with?
#
#	make            the program and the library, under build/
#	make demo       sets up and runs the main job on a bundled image
#	make test       sets up and passes the tests
#	make help       everything else
#
# All output goes to $(BUILD): `make BUILD=build/asan SANITIZE=address,undefined` is a second,
# separate build. There is no configure step: pkg-config finds libraries, $(call try,…) finds
# out which flags the compiler knows.

VERSION := $(shell sed -n 's/^\#define OFFNODE_VERSION "\(.*\)"/\1/p' include/offnode.h)
BUILD   ?= build
PREFIX  ?= /usr/local
CC      ?= cc
O       ?= -O2

try = $(shell echo 'int main(void){return 0;}' | $(CC) -Werror $(1) -x c -o /dev/null - 2>/dev/null && echo '$(1)')
PKG_CONFIG ?= pkg-config

# ---- libraries: each has one door, one file that includes its header ----

PACKAGES := libarchive yaml-0.1 jansson libcrypto zlib
HAVE_ISAL := $(shell $(PKG_CONFIG) --exists libisal 2>/dev/null && echo 1)
ifeq ($(HAVE_ISAL),1)
PACKAGES += libisal
endif

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

CFLAGS ?= -g
# Quiet unless V=1.
Q := $(if $(V),,@)
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(O) $(CFLAGS) $(WARN) $(WERROR) $(HARDEN) \
	-fPIC -fvisibility=hidden -iquote include -pthread $(LIB_CFLAGS)
ALL_LDFLAGS = $(LDFLAGS) $(HARDEN) $(LDHARDEN) -pthread

LIB_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(PACKAGES))
LIBS = $(shell $(PKG_CONFIG) --libs $(PACKAGES))

# ---- sources ----

STAGES ?= base blob fs image rootfs inventory systemd kubelet rules report
STAGE_SRC := $(foreach s,$(STAGES),$(wildcard scanner/$(s)/*.c))
ifeq ($(HAVE_ISAL),1)
STAGE_SRC := $(filter-out scanner/blob/gunzip_zlib.c,$(STAGE_SRC))
else
STAGE_SRC := $(filter-out scanner/blob/gunzip_isal.c,$(STAGE_SRC))
endif
LIB_SRC := $(STAGE_SRC) $(filter-out scanner/main.c,$(wildcard scanner/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)

UNIT := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
SUPPORT_OBJ := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/support/*.c))

.PHONY: all
all: $(BUILD)/offnode $(BUILD)/liboffnode.a $(BUILD)/liboffnode.so $(BUILD)/offnode.pc

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/liboffnode.a: $(LIB_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# ---- tests ----

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(SUPPORT_OBJ) $(BUILD)/liboffnode.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka

.PHONY: unit
unit: $(UNIT:%=$(BUILD)/tests/%)

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
