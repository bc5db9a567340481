# Cinema. `make` builds everything into build/; see README.md for the other targets.
# BUILD=folder builds elsewhere.

BUILD ?= build
CC ?= gcc
PACKAGES := json-c sqlite3 libcurl libxxhash
CPPFLAGS += -D_DEFAULT_SOURCE -Ifcgi
CFLAGS ?= -O2 -g
WARNINGS := -std=c11 -Wall -Wextra -Werror -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef
override CFLAGS += $(WARNINGS) -pthread
LDLIBS += -lfcgi $(shell pkg-config --libs $(PACKAGES))

SERVICES := users movies showtimes bookings
COMMON := $(wildcard fcgi/base/*.c fcgi/store/*.c fcgi/http/*.c fcgi/service/*.c)
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
PROGRAMS := $(addprefix $(BUILD)/,$(SERVICES) cinema)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/*.c))
TOOLS := $(patsubst tests/tools/%.c,$(BUILD)/tools/%,$(wildcard tests/tools/*.c))

all: $(PROGRAMS)

$(BUILD)/libcinema.a: $(call objects,$(COMMON))
	$(AR) rcs $@ $^

.SECONDEXPANSION:
$(addprefix $(BUILD)/,$(SERVICES)): $(BUILD)/%: $$(call objects,$$(wildcard fcgi/$$*/*.c)) $(BUILD)/libcinema.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/cinema: $(call objects,$(wildcard client/cli/*.c)) $(BUILD)/libcinema.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libcinema.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(BUILD)/tools/%: $(BUILD)/obj/tests/tools/%.o $(BUILD)/libcinema.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

clean:
	rm -rf $(BUILD)

.PHONY: all clean
