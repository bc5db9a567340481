# Cinema. `make` builds everything into build/; README.md says what the other targets are for.
#
# BUILD=folder builds elsewhere, CC=clang with another compiler, SAN=1 with clang's sanitizers. A folder
# is built anew when its flags change.

BUILD ?= build
prefix ?= /usr/local
ifeq ($(origin CC),default)
CC := $(if $(SAN),clang,gcc)
endif
CFLAGS ?= -O2 -g
PACKAGES := json-c sqlite3 libcurl libxxhash libsodium libseccomp libedit libbsd
SERVICES := users movies showtimes bookings

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
LINK := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
ifdef SAN
override CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	$(if $(findstring clang,$(CC)),-fsanitize=fuzzer-no-link) -fno-sanitize-recover=all
HARDEN :=
# clang's own way, one runtime in each program, does not let a shim's allocator come first.
ifneq ($(findstring clang,$(CC)),)
RUNTIME := -shared-libasan -Wl,-rpath,$(shell $(CC) -print-runtime-dir)
endif
LINK := -Wl,--as-needed $(RUNTIME)
endif
COMPILE = $(CC) -std=c11 -D_DEFAULT_SOURCE -Ifcgi $(CPPFLAGS) $(WARNINGS) $(CFLAGS) $(HARDEN) -pthread
LIBS := -lfcgi $(shell pkg-config --libs $(PACKAGES))

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(1)))
library = $(filter-out %/main.o,$(call objects,$(1)/*.c))
programs = $(patsubst tests/$(1)/%.c,$(BUILD)/$(2)/%,$(wildcard tests/$(1)/*.c))
FOLDERS := $(SERVICES:%=fcgi/%) client/cli
ARCHIVES := $(FOLDERS:%=$(BUILD)/obj/%.a)
PROGRAMS := $(SERVICES:%=$(BUILD)/%) $(BUILD)/cinema
UNIT_TESTS := $(call programs,unit,tests)
TOOLS := $(call programs,tools,tools) $(BUILD)/tools/faults
SHIMS := $(patsubst tests/shims/%.c,$(BUILD)/shims/%.so,$(wildcard tests/shims/*.c))
BENCHES := $(call programs,bench,bench)
FUZZERS := $(call programs,fuzz,fuzz)

all: $(PROGRAMS)

tests: $(UNIT_TESTS) $(TOOLS) $(SHIMS) $(BENCHES)

# What all services share, and for each folder what its program and its unit tests share.
$(BUILD)/libcinema.a: $(call objects,$(foreach room,base store http service,fcgi/$(room)/*.c))
	@rm -f $@
	$(AR) rcs $@ $^

.SECONDEXPANSION:
$(ARCHIVES): $(BUILD)/obj/%.a: $$(call library,%)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(SERVICES:%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/obj/fcgi/%/main.o $(BUILD)/obj/fcgi/%.a $(BUILD)/libcinema.a
	$(COMPILE) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/cinema: $(BUILD)/obj/client/cli/main.o $(BUILD)/obj/client/cli.a $(BUILD)/libcinema.a
	$(COMPILE) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(ARCHIVES) $(BUILD)/libcinema.a
	@mkdir -p $(@D)
	$(COMPILE) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS) -lcmocka

$(BUILD)/tools/%: $(BUILD)/obj/tests/tools/%.o $(BUILD)/libcinema.a
	@mkdir -p $(@D)
	$(COMPILE) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

# Between the services and the store, and their questions, this one puts itself.
FAULT_POINTS := store_get store_scan store_commit peer_get peer_put peer_share peer_release
$(BUILD)/tools/faults: $(call objects,tests/faults/*.c) $(SERVICES:%=$(BUILD)/obj/fcgi/%.a) $(BUILD)/libcinema.a
	@mkdir -p $(@D)
	$(COMPILE) $(LDFLAGS) $(LINK) $(FAULT_POINTS:%=-Wl,--wrap=%) -o $@ $^ $(LIBS) -ldl

# The same cinema, in which something happens just before a commit, by a clock that is told the time.
RACE_POINTS := store_commit clock_now id_make_booking id_make_code
$(BUILD)/tests/races: $(BUILD)/obj/tests/unit/races.o $(BUILD)/obj/tests/faults/world.o \
		$(SERVICES:%=$(BUILD)/obj/fcgi/%.a) $(BUILD)/libcinema.a
	@mkdir -p $(@D)
	$(COMPILE) $(LDFLAGS) $(LINK) $(RACE_POINTS:%=-Wl,--wrap=%) -o $@ $^ $(LIBS) -lcmocka

$(BUILD)/tools/hostile: $(call objects,tests/tools/hostile/*.c)

# Preloaded by tests, also before a sanitizer's own library, which asks for memory before it can be
# asked where a thread's variables are.
$(BUILD)/shims/%.so: tests/shims/%.c $(wildcard tests/shims/*.h) $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_DEFAULT_SOURCE $(WARNINGS) -O2 -g -fPIC -ftls-model=initial-exec -shared -pthread -o $@ $<

$(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/obj/fcgi/bookings.a $(BUILD)/libcinema.a
	@mkdir -p $(@D)
	$(COMPILE) $(LDFLAGS) $(LINK) -o $@ $^ $(LIBS)

# A fuzzer holds the client, or all four services; what they do to the world outside is put in its
# place by tests/fuzz/house.
wrap := -Wl,--wrap=
WRAPPED := nanosleep $(addprefix curl_easy_,init cleanup reset setopt perform getinfo header)
HOUSE_WRAPPED := log_write $(addprefix file_,make_folder lock sync_folder read replace)
HOUSE := $(call objects,tests/fuzz/house/*.c)
FUZZ_CLIENT := $(addprefix $(BUILD)/fuzz/,cli text)
FUZZ_SERVICES := $(filter-out $(FUZZ_CLIENT),$(FUZZERS))

$(BUILD)/fuzz/text: WRAPPED :=
$(BUILD)/fuzz/cli: $(BUILD)/obj/tests/fuzz/house/wire.o
$(FUZZ_CLIENT): $(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(BUILD)/obj/client/cli.a \
		$(BUILD)/libcinema.a
	@mkdir -p $(@D)
	$(COMPILE) -fsanitize=fuzzer $(filter-out $(RUNTIME),$(LINK)) $(addprefix $(wrap),$(WRAPPED)) -o $@ \
		-Wl,--start-group $^ -Wl,--end-group $(LIBS)

$(FUZZ_SERVICES): $(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(HOUSE) \
		$(SERVICES:%=$(BUILD)/obj/fcgi/%.a) $(BUILD)/libcinema.a
	@mkdir -p $(@D)
	$(COMPILE) -fsanitize=fuzzer $(filter-out $(RUNTIME),$(LINK)) $(addprefix $(wrap),$(WRAPPED) $(HOUSE_WRAPPED)) -o $@ \
		-Wl,--start-group $^ -Wl,--end-group $(LIBS)

# Code that only tests use is compiled more often than it is run.
$(BUILD)/obj/tests/%.o: private override CFLAGS += $(if $(SAN),-O0,-O1)
$(BUILD)/obj/tests/bench/%.o: private override CFLAGS += $(if $(SAN),-O1,-O2)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) $(if $(FAULT),-Wno-error) -MMD -MP -c -o $@ $<

# Rewritten only when the flags are others than last time.
$(BUILD)/flags: always
	@mkdir -p $(@D)
	@echo '$(COMPILE) $(LDFLAGS) $(LINK)' | cmp -s - $@ || echo '$(COMPILE) $(LDFLAGS) $(LINK)' >$@

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# Lines of "ok - …" and "not ok - …", and a sum as the last one; tests/run says what each runs.
check: all tests
	@BUILD=$(BUILD) tests/run @plain

check-auth check-json check-valgrind: all tests
	@BUILD=$(BUILD) tests/run @$(@:check-%=%)

check-san: all tests sanitized
	@BUILD=$(BUILD) tests/run @san

# What shows most of what the changed files do, in a minute.
check-quick: all tests
	@BUILD=$(BUILD) tests/run @changed

# All that a change has to pass, in one queue.
check-all: all tests sanitized
	@BUILD=$(BUILD) tests/run @all

# Everything once more, by clang and under the sanitizers: suites and fuzzers are run with it.
sanitized:
	+@$(MAKE) -s SAN=1 BUILD=$(BUILD)/san all tests fuzzers

# The long form of the suites that try to break it. They run in their short form in check.
TORTURES := kill power overload faults trouble slow soak
TORTURES += fuzz hostile linear bulk
torture: all tests
	TORTURE=1 LIMIT=7200 JOBS=1 BUILD=$(BUILD) tests/run $(TORTURES)

# Builds the fuzzers, in a folder of their own, and runs each, or those in TARGETS, for FUZZ_SECONDS.
FUZZ_SECONDS ?= 60
fuzz:
	+@FUZZ_SECONDS=$(FUZZ_SECONDS) BUILD=$(BUILD) tests/fuzz/run $(TARGETS)

fuzzers: $(FUZZERS)

# The manual pages, as they are installed. That of the settings has what the programs know.
PAGES := man1/cinema.1 man5/cinema.conf.5 $(SERVICES:%=man8/cinema-%.8)
pages: $(PAGES:%=$(BUILD)/man/%)

$(BUILD)/man/man1/%.1: client/cli/%.1
	@mkdir -p $(@D)
	cp $< $@

$(BUILD)/man/man8/cinema-%.8: fcgi/$$*/cinema-$$*.8
	@mkdir -p $(@D)
	cp $< $@

$(BUILD)/man/man5/%.5: conf/%.5.in conf/settings.awk $(BUILD)/users
	@mkdir -p $(@D)
	$(BUILD)/users --settings | awk -f conf/settings.awk - $< >$@

# Plants the faults of tests/mutants one at a time, and looks whether the tests see each; MUTANTS=
# names some of them.
mutants: all tests
	+BUILD=$(BUILD) tests/mutants/run $(MUTANTS)

lint:
	+BUILD=$(BUILD) tests/lint

bench: all $(BENCHES) $(TOOLS)
	BUILD=$(BUILD) tests/bench/run

# The installed tree is laid out as this one, and its run.sh works alike.
HOME_DIR = $(DESTDIR)$(prefix)/lib/cinema
MAN_DIR = $(DESTDIR)$(prefix)/share/man
COMPLETION_DIR = $(DESTDIR)$(prefix)/share/bash-completion/completions
UNITS := cinema.target cinema@.socket cinema@.service cinema-nginx.service
LIB = $(DESTDIR)$(prefix)/lib
install: all pages
	install -d $(DESTDIR)$(prefix)/bin $(HOME_DIR)/build $(HOME_DIR)/conf $(HOME_DIR)/data \
		$(HOME_DIR)/client/web $(MAN_DIR)/man1 $(MAN_DIR)/man5 $(MAN_DIR)/man8 \
		$(COMPLETION_DIR)
	install -m 755 $(BUILD)/cinema $(DESTDIR)$(prefix)/bin/cinema
	for page in $(PAGES); do \
		install -m 644 $(BUILD)/man/$$page $(MAN_DIR)/$$page || exit; \
	done
	install -m 644 client/cli/cinema.bash $(COMPLETION_DIR)/cinema
	ln -sf ../../../bin/cinema $(HOME_DIR)/build/cinema
	install -m 755 $(SERVICES:%=$(BUILD)/%) $(HOME_DIR)/build
	install -m 755 run.sh $(HOME_DIR)/run.sh
	install -m 644 conf/nginx.conf.in conf/cinema.conf $(HOME_DIR)/conf
	install -m 644 $(wildcard data/*.json) $(HOME_DIR)/data
	install -m 644 $(wildcard client/web/*.*) $(HOME_DIR)/client/web
	install -d $(LIB)/systemd/system $(LIB)/sysusers.d $(LIB)/tmpfiles.d
	install -m 644 $(UNITS:%=conf/systemd/%) $(LIB)/systemd/system
	sed -i 's|@HOME@|$(prefix)/lib/cinema|' $(UNITS:%=$(LIB)/systemd/system/%)
	install -m 644 conf/systemd/sysusers.conf $(LIB)/sysusers.d/cinema.conf
	install -m 644 conf/systemd/tmpfiles.conf $(LIB)/tmpfiles.d/cinema.conf

# What a running cinema has written in its state folder stays.
uninstall:
	rm -f $(DESTDIR)$(prefix)/bin/cinema $(PAGES:%=$(MAN_DIR)/%) $(COMPLETION_DIR)/cinema
	rm -rf $(HOME_DIR)/build $(HOME_DIR)/conf $(HOME_DIR)/data $(HOME_DIR)/client $(HOME_DIR)/run.sh
	rm -f $(UNITS:%=$(LIB)/systemd/system/%) $(LIB)/sysusers.d/cinema.conf $(LIB)/tmpfiles.d/cinema.conf
	rmdir $(HOME_DIR) 2>/dev/null || true

clean:
	rm -rf $(BUILD)

.PHONY: all tests pages check check-auth check-json check-san check-valgrind check-all check-quick sanitized torture mutants lint bench fuzz fuzzers install uninstall clean always
.DELETE_ON_ERROR:
# Objects are kept: make takes some of them for intermediate files.
.SECONDARY:
