/* Power cuts, after the fact: takes what tests/shims/record.c wrote down and rebuilds the folder as
 * a power cut at some moment could have left it, again and again, each time asking a program whether
 * it is good. That program gets on its input what the recorded one had put out until then.
 *
 *   power LOG FOLDER CUTS PROGRAM ARGUMENT…
 *
 * Cuts are made before and after every sync, after every line of output, and here and there between;
 * CUTS of them at most, spread evenly (0: all). What was not synced is lost, names too; every second
 * cut keeps a random part of it instead, sectors of 512 bytes in any order. Prints a line of counts
 * and exits 1 when a folder was bad. What the program says goes to standard error. */
#include "../shims/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES_MAX 4096
#define NAMES_MAX 32
#define SECTOR    512
#define BAD_MAX   5 /* enough to see what it is */

struct bytes {
	char *data;
	size_t length, capacity;
};

struct event {
	struct record head;
	const char *bytes;
};

struct file {
	struct bytes durable;
	size_t *pending; /* events since the last sync */
	size_t count, capacity;
};

struct names {
	struct {
		char name[64];
		uint32_t id;
	} list[NAMES_MAX];
	size_t count;
};

static struct {
	struct event *events;
	size_t event_count;
	struct file files[FILES_MAX];
	struct names durable; /* of the folder */
	size_t *pending;      /* creates, renames, unlinks since it was synced */
	size_t pending_count;
	struct bytes output;
	const char *folder;
	char **program;
	long cuts, bad;
} power;

static void die(const char *what)
{
	fprintf(stderr, "power: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void *grow(void *memory, size_t size)
{
	void *grown = realloc(memory, size);
	if (!grown)
		die("realloc");
	return grown;
}

static void resize(struct bytes *bytes, size_t length)
{
	if (length > bytes->capacity) {
		bytes->capacity = 2 * length;
		bytes->data = grow(bytes->data, bytes->capacity);
	}
	if (length > bytes->length)
		memset(bytes->data + bytes->length, 0, length - bytes->length);
	bytes->length = length;
}

/* The log */

static void read_log(const char *path)
{
	struct bytes log = { 0 };
	char part[65536];
	size_t got, room = 0;
	FILE *file = fopen(path, "r");
	if (!file)
		die(path);
	while ((got = fread(part, 1, sizeof part, file)) > 0) {
		resize(&log, log.length + got);
		memcpy(log.data + log.length - got, part, got);
	}
	fclose(file);
	for (size_t at = 0; at + sizeof(struct record) <= log.length;) {
		struct event event;
		memcpy(&event.head, log.data + at, sizeof event.head);
		event.bytes = log.data + at + sizeof event.head;
		at += sizeof event.head + event.head.length;
		if (at > log.length)
			break; /* it was killed here */
		if (power.event_count == room)
			power.events = grow(power.events, (room = 2 * room + 1024) * sizeof event);
		power.events[power.event_count++] = event;
	}
}

/* The disk */

/* Applies a write or a truncation; with torn only some of its sectors. */
static void apply(struct bytes *bytes, const struct event *event, bool torn)
{
	size_t offset = event->head.offset, length = event->head.length;
	if (event->head.kind == RECORD_TRUNCATE) {
		resize(bytes, offset);
		return;
	}
	for (size_t done = 0, step; done < length; done += step) {
		step = SECTOR - (offset + done) % SECTOR;
		if (step > length - done)
			step = length - done;
		if (torn && rand() % 2)
			continue;
		if (bytes->length < offset + done + step)
			resize(bytes, offset + done + step);
		memcpy(bytes->data + offset + done, event->bytes + done, step);
	}
}

static size_t find_name(struct names *names, const char *name, size_t length)
{
	size_t i = 0;
	while (i < names->count &&
	    (strlen(names->list[i].name) != length ||
		memcmp(names->list[i].name, name, length) != 0))
		i++;
	return i;
}

static void set_name(struct names *names, const char *name, size_t length, uint32_t id)
{
	size_t i = find_name(names, name, length);
	if (i == NAMES_MAX || length >= sizeof names->list[i].name)
		die("too many or too long names");
	memcpy(names->list[i].name, name, length);
	names->list[i].name[length] = '\0';
	names->list[i].id = id;
	names->count += i == names->count;
}

static void drop_name(struct names *names, const char *name, size_t length)
{
	size_t i = find_name(names, name, length);
	if (i < names->count)
		names->list[i] = names->list[--names->count];
}

static void apply_name(struct names *names, const struct event *event)
{
	const char *name = event->bytes;
	size_t length = event->head.length;
	if (event->head.kind == RECORD_CREATE) {
		set_name(names, name, length, event->head.id);
	} else if (event->head.kind == RECORD_UNLINK) {
		drop_name(names, name, length);
	} else {
		size_t from = strlen(name), i = find_name(names, name, from);
		if (i == names->count)
			die("a rename of nothing");
		uint32_t id = names->list[i].id;
		drop_name(names, name, from);
		set_name(names, name + from + 1, length - from - 1, id);
	}
}

static void take(size_t index)
{
	const struct event *event = &power.events[index];
	struct file *file = &power.files[event->head.id % FILES_MAX];
	switch ((enum record_kind)event->head.kind) {
	case RECORD_CREATE:
	case RECORD_RENAME:
	case RECORD_UNLINK: power.pending[power.pending_count++] = index; break;
	case RECORD_WRITE:
	case RECORD_TRUNCATE:
		if (file->count == file->capacity)
			file->pending = grow(file->pending,
			    (file->capacity = 2 * file->capacity + 64) * sizeof *file->pending);
		file->pending[file->count++] = index;
		break;
	case RECORD_SYNC:
		for (size_t i = 0; i < file->count; i++)
			apply(&file->durable, &power.events[file->pending[i]], false);
		file->count = 0;
		break;
	case RECORD_SYNC_FOLDER:
		for (size_t i = 0; i < power.pending_count; i++)
			apply_name(&power.durable, &power.events[power.pending[i]]);
		power.pending_count = 0;
		break;
	case RECORD_OUTPUT:
		resize(&power.output, power.output.length + event->head.length);
		memcpy(power.output.data + power.output.length - event->head.length, event->bytes,
		    event->head.length);
		break;
	}
}

/* A cut */

static void write_file(const char *name, const struct bytes *bytes)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/%s", power.folder, name);
	FILE *file = fopen(path, "w");
	if (!file ||
	    fwrite(bytes->data ? bytes->data : "", 1, bytes->length, file) != bytes->length ||
	    fclose(file) != 0)
		die(path);
}

/* Writes the folder as the cut leaves it; with some, a random part of what was not synced is there. */
static void rebuild(bool some)
{
	struct names names = power.durable;
	size_t kept = some ? (size_t)rand() % (power.pending_count + 1) : 0;
	for (size_t i = 0; i < kept; i++)
		apply_name(&names, &power.events[power.pending[i]]);
	for (size_t i = 0; i < names.count; i++) {
		const struct file *file = &power.files[names.list[i].id % FILES_MAX];
		struct bytes copy = { 0 };
		resize(&copy, file->durable.length);
		if (copy.length > 0)
			memcpy(copy.data, file->durable.data, copy.length);
		for (size_t j = 0; some && j < file->count; j++)
			if (rand() % 2)
				apply(&copy, &power.events[file->pending[j]], rand() % 3 == 0);
		write_file(names.list[i].name, &copy);
		free(copy.data);
	}
}

static void empty_folder(void)
{
	DIR *folder = opendir(power.folder);
	struct dirent *entry;
	if (!folder)
		die(power.folder);
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.' && unlinkat(dirfd(folder), entry->d_name, 0) != 0)
			die(entry->d_name);
	closedir(folder);
}

/* Whether the program is content with the folder. */
static bool is_good(const char *output)
{
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		int input = open(output, O_RDONLY);
		if (input < 0 || dup2(input, STDIN_FILENO) < 0 ||
		    dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
			_exit(99);
		execv(power.program[0], power.program);
		_exit(99);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		die("fork");
	return status == 0;
}

static void cut(size_t moment, bool some)
{
	char output[1024];
	snprintf(output, sizeof output, "../%s", "output");
	empty_folder();
	srand((unsigned)moment);
	rebuild(some);
	write_file(output, &power.output);
	snprintf(output, sizeof output, "%s/../output", power.folder);
	power.cuts++;
	if (is_good(output))
		return;
	power.bad++;
	printf("cut at event %zu of %zu, %s: not good\n", moment, power.event_count,
	    some ? "with a part of what was not synced" : "without what was not synced");
	empty_folder();
	srand((unsigned)moment);
	rebuild(some);
}

/* Whether a cut just before an event, or just after the one before it, is worth a look. */
static bool is_boundary(size_t moment)
{
	uint32_t before = moment ? power.events[moment - 1].head.kind : RECORD_SYNC;
	uint32_t after =
	    moment < power.event_count ? power.events[moment].head.kind : (uint32_t)RECORD_SYNC;
	return before == RECORD_SYNC || before == RECORD_SYNC_FOLDER || before == RECORD_OUTPUT ||
	    after == RECORD_SYNC || after == RECORD_SYNC_FOLDER || moment % 16 == 0;
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: power LOG FOLDER CUTS PROGRAM [ARGUMENT…]\n");
		return 2;
	}
	read_log(argv[1]);
	power.folder = argv[2];
	power.program = argv + 4;
	power.pending = grow(NULL, (power.event_count + 1) * sizeof *power.pending);
	size_t boundaries = 0, most = strtoul(argv[3], NULL, 10), seen = 0;
	for (size_t i = 0; i <= power.event_count; i++)
		boundaries += is_boundary(i);
	if (most == 0 || most > 2 * boundaries)
		most = 2 * boundaries;
	for (size_t i = 0; i <= power.event_count && power.bad < BAD_MAX; i++) {
		if (is_boundary(i)) {
			/* Two cuts a boundary, and of all these every so many. */
			for (size_t way = 0; way < 2; way++, seen++)
				if (seen * most / (2 * boundaries) !=
				    (seen + 1) * most / (2 * boundaries))
					cut(i, way);
		}
		if (i < power.event_count)
			take(i);
	}
	printf("%zu events, %zu boundaries, %ld cuts, %ld bad\n", power.event_count, boundaries,
	    power.cuts, power.bad);
	return power.bad > 0 || power.cuts == 0;
}
