/* Export and import. Files go through libcurl as they are, so however many documents they have, no
 * memory is needed for them. See transfer.h. */
#include "transfer.h"

#include "base/clock.h"
#include "base/json.h"
#include "terminal.h"
#include "trouble.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the order of import: what is referred to comes first. */
static const struct kind {
	const char *name, *path;
} kinds[] = {
	{ "users", "/users" },
	{ "movies", "/movies" },
	{ "screens", "/showtimes/screens" },
	{ "showtimes", "/showtimes" },
	{ "bookings", "/bookings" },
};
#define KINDS       (sizeof kinds / sizeof kinds[0])
#define PATH_LIMIT  4096
#define PROGRESS_MS 200

static const struct kind *find_kind(const char *name, size_t length)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strlen(kinds[i].name) == length && strncmp(kinds[i].name, name, length) == 0)
			return &kinds[i];
	return NULL;
}

/* What a line of progress is about; there is one terminal, and one transfer at a time. */
static struct {
	const char *what;
	int64_t last;
	bool shown;
} progress;

static void show_progress(const struct http_file *file)
{
	int64_t now = clock_steady();
	if (now - progress.last < PROGRESS_MS) /* what is soon over shows none */
		return;
	progress.last = now;
	progress.shown = true;
	if (file->total > 0)
		fprintf(stderr, "\r%s: %3d %% of %.1f MB\033[K", progress.what,
		    (int)(file->done * 100 / file->total), (double)file->total / 1e6);
	else
		fprintf(stderr, "\r%s: %.1f MB\033[K", progress.what, (double)file->done / 1e6);
}

static void begin_progress(struct http_file *file, const char *what)
{
	progress.what = what;
	progress.last = clock_steady();
	progress.shown = false;
	file->progress = terminal_shows_progress() ? show_progress : NULL;
}

static void end_progress(void)
{
	if (progress.shown)
		fputs("\r\033[K", stderr);
}

static enum exit_code fail_file(const char *path, const char *what)
{
	terminal_complain("cinema: %s: %s", path, what);
	return EXIT_LOCAL;
}

/* Sends an export into a file. */
static enum exit_code fetch(struct command *command, const struct kind *kind, struct http_file *to)
{
	struct json_object *document = NULL;
	char path[API_PATH_SIZE];
	snprintf(path, sizeof path, "%s/export", kind->path);
	begin_progress(to, kind->name);
	enum api_result result = api_stream(&command->api,
	    &(struct http_request){ .method = "GET", .path = path, .to = to }, &document);
	end_progress();
	json_object_put(document);
	if (to->failed)
		return fail_file(kind->name, "what came cannot be written");
	return result == API_OK ? EXIT_DONE : verb_failed(command, result);
}

/* Writes a kind's file anew; what was there stays until it is whole. */
static enum exit_code export_file(
    struct command *command, const struct kind *kind, const char *folder, int64_t *bytes)
{
	char path[PATH_LIMIT], fresh[PATH_LIMIT + 8];
	struct http_file to = { .file = NULL };
	if (snprintf(path, sizeof path, "%s/%s.json", folder, kind->name) >= (int)sizeof path)
		return fail_file(folder, strerror(ENAMETOOLONG));
	snprintf(fresh, sizeof fresh, "%s.part", path);
	to.file = fopen(fresh, "we");
	if (!to.file)
		return fail_file(fresh, strerror(errno));
	enum exit_code code = fetch(command, kind, &to);
	if ((fflush(to.file) != 0 || fsync(fileno(to.file)) != 0) && code == EXIT_DONE)
		code = fail_file(fresh, strerror(errno));
	if (fclose(to.file) != 0 && code == EXIT_DONE)
		code = fail_file(fresh, strerror(errno));
	if (code == EXIT_DONE && rename(fresh, path) != 0)
		code = fail_file(path, strerror(errno));
	if (code != EXIT_DONE)
		unlink(fresh);
	*bytes = to.done;
	return code;
}

static enum exit_code export_kinds(
    struct command *command, const struct kind *const *chosen, size_t count, const char *folder)
{
	static const struct table_column columns[] = { { "KIND", TABLE_WHOLE },
		{ "FILE", TABLE_TEXT }, { "BYTES", TABLE_NUMBER } };
	struct table *table = table_new(columns, 3);
	enum exit_code code = EXIT_DONE;
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		code = fail_file(folder, strerror(errno));
	for (size_t i = 0; i < count && code == EXIT_DONE; i++) {
		char path[PATH_LIMIT + 32], size[24];
		int64_t bytes = 0;
		code = export_file(command, chosen[i], folder, &bytes);
		snprintf(path, sizeof path, "%s/%s.json", folder, chosen[i]->name);
		snprintf(size, sizeof size, "%" PRId64, bytes);
		if (table)
			table_add(table, (const char *[]){ chosen[i]->name, path, size });
	}
	if (code == EXIT_DONE && (!table || !table_print(table)))
		code = fail_file("cinema", "memory ran out");
	table_free(table);
	return code;
}

enum exit_code transfer_export(struct command *command)
{
	const struct arguments *arguments = command->arguments;
	const struct kind *chosen[KINDS];
	const char *to = arguments->to ? arguments->to : ".";
	size_t count = 0;
	for (; count < arguments->count; count++) {
		const char *name = arguments->operands[count];
		chosen[count] = find_kind(name, strlen(name));
		if (!chosen[count])
			return verb_misused(command, name,
			    "is no KIND: users, movies, screens, showtimes or bookings");
	}
	for (; arguments->count == 0 && count < KINDS; count++)
		chosen[count] = &kinds[count];
	if (strcmp(to, "-") != 0)
		return export_kinds(command, chosen, count, to);
	if (count != 1)
		return verb_misused(command, "--to -", "takes one KIND");
	return fetch(command, chosen[0], &(struct http_file){ .file = stdout });
}

/* How many of each there were. */
struct counts {
	int64_t taken, replaced, unchanged, refused;
};

/* Tells which documents were refused; the server names the first hundred. */
static void tell_faults(const char *file, struct json_object *document, const struct counts *counts)
{
	struct json_object *faults = json_object_object_get(document, "faults");
	size_t count =
	    json_object_is_type(faults, json_type_array) ? json_object_array_length(faults) : 0;
	for (size_t i = 0; i < count; i++) {
		struct json_object *fault = json_object_array_get_idx(faults, i);
		const char *place = json_text(fault, "place"), *detail = json_text(fault, "detail");
		terminal_complain("cinema: %s:%" PRId64 ": %s: %s", file,
		    json_integer(fault, "line", 0), place ? place : "", detail ? detail : "");
	}
	if (counts->refused > (int64_t)count)
		terminal_complain("cinema: %s: and %" PRId64 " more were refused", file,
		    counts->refused - (int64_t)count);
}

static void add_counts(struct table *table, const struct kind *kind, const struct counts *counts)
{
	char cells[4][24];
	snprintf(cells[0], sizeof cells[0], "%" PRId64, counts->taken);
	snprintf(cells[1], sizeof cells[1], "%" PRId64, counts->replaced);
	snprintf(cells[2], sizeof cells[2], "%" PRId64, counts->unchanged);
	snprintf(cells[3], sizeof cells[3], "%" PRId64, counts->refused);
	if (table)
		table_add(
		    table, (const char *[]){ kind->name, cells[0], cells[1], cells[2], cells[3] });
}

/* With --json the answer is printed at once: there is one for each file. */
static void print_answer(struct command *command)
{
	struct buffer *answer = command->api.answer;
	if (!answer || answer->length == 0)
		return;
	fwrite(answer->data, 1, answer->length, stdout);
	if (answer->data[answer->length - 1] != '\n')
		putchar('\n');
	buffer_clear(answer);
}

/* Says why an import ended early: for what stands in the file, where that was read, or another reason. */
static enum exit_code fail_import(struct command *command, enum api_result result, const char *file)
{
	struct api *api = &command->api;
	char why[sizeof api->why];
	snprintf(why, sizeof why, "%s", api->why);
	if (file)
		trouble_say(api, result, "%s: %s", file, why);
	return verb_failed(command, result);
}

/* Sends an open file in. */
static enum exit_code send_in(struct command *command, const struct kind *kind, const char *file,
    struct http_file *from, struct table *table)
{
	struct json_object *document = NULL;
	char path[API_PATH_SIZE], key[HTTP_KEY_SIZE];
	snprintf(path, sizeof path, "%s/import%s", kind->path,
	    command->arguments->replace ? "?replace=true" : "");
	begin_progress(from, file);
	/* What is there just so is unchanged, so a repeat does no harm. */
	enum api_result result = api_stream(&command->api,
	    &(struct http_request){ .method = "POST",
		.path = path,
		.from = from,
		.key = http_make_key(key) ? key : NULL },
	    &document);
	end_progress();
	struct counts counts = {
		.taken = json_integer(document, "taken", -1),
		.replaced = json_integer(document, "replaced", 0),
		.unchanged = json_integer(document, "unchanged", 0),
		.refused = json_integer(document, "refused", 0),
	};
	enum exit_code code = EXIT_DONE;
	print_answer(command);
	if (result == API_OK && counts.taken < 0)
		result = api_wrong_shape(&command->api, "what became of the import");
	if (counts.taken >= 0) {
		tell_faults(file, document, &counts);
		add_counts(table, kind, &counts);
		code = counts.refused > 0 ? EXIT_REFUSED : EXIT_DONE;
	}
	if (from->failed)
		code = fail_file(file, "it cannot be read");
	else if (result != API_OK)
		code = fail_import(command, result, counts.taken >= 0 ? file : NULL);
	json_object_put(document);
	return code;
}

static enum exit_code import_file(
    struct command *command, const struct kind *kind, const char *path, struct table *table)
{
	struct stat status;
	struct http_file from = { .file = fopen(path, "re") };
	enum exit_code code;
	if (!from.file)
		return fail_file(path, strerror(errno));
	if (fstat(fileno(from.file), &status) != 0 || !S_ISREG(status.st_mode)) {
		code = fail_file(path, "is no file");
	} else {
		from.total = status.st_size;
		code = send_in(command, kind, path, &from, table);
	}
	fclose(from.file);
	return code;
}

/* The kind of a file, by its name. */
static const struct kind *kind_of(const struct arguments *arguments, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t length = strlen(name);
	if (arguments->as)
		return find_kind(arguments->as, strlen(arguments->as));
	if (length <= 5 || strcmp(name + length - 5, ".json") != 0)
		return NULL;
	return find_kind(name, length - 5);
}

/* All files that a data folder has. */
static enum exit_code import_folder(
    struct command *command, const char *folder, struct table *table)
{
	enum exit_code worst = EXIT_DONE;
	size_t found = 0;
	for (size_t i = 0; i < KINDS && (worst == EXIT_DONE || worst == EXIT_REFUSED); i++) {
		char path[PATH_LIMIT];
		snprintf(path, sizeof path, "%s/%s.json", folder, kinds[i].name);
		if (access(path, F_OK) != 0)
			continue;
		found++;
		size_t rows = table_rows(table);
		enum exit_code code = import_file(command, &kinds[i], path, table);
		worst = code > worst ? code : worst;
		if (table && table_rows(table) == rows)
			break; /* not a document was looked at: nor will be those of the others */
	}
	if (found > 0)
		return worst;
	return fail_file(folder,
	    "has no users.json, movies.json, screens.json, showtimes.json or "
	    "bookings.json");
}

enum exit_code transfer_import(struct command *command)
{
	static const struct table_column columns[] = { { "KIND", TABLE_WHOLE },
		{ "TAKEN", TABLE_NUMBER }, { "REPLACED", TABLE_NUMBER },
		{ "UNCHANGED", TABLE_NUMBER }, { "REFUSED", TABLE_NUMBER } };
	const struct arguments *arguments = command->arguments;
	const char *path = arguments->operands[0];
	const struct kind *kind = kind_of(arguments, path);
	struct stat status;
	enum exit_code code;

	if (arguments->as && !kind)
		return verb_misused(command, arguments->as,
		    "is no KIND: users, movies, screens, showtimes or bookings");
	if (stat(path, &status) != 0)
		return fail_file(path, strerror(errno));
	bool is_folder = S_ISDIR(status.st_mode);
	if (!is_folder && !kind)
		return verb_misused(command, path, "does not say its KIND: say it with --as");
	struct table *table = table_new(columns, 5);
	if (is_folder)
		code = import_folder(command, path, table);
	else
		code = import_file(command, kind, path, table);
	if (!arguments->json && table_rows(table) > 0 && !table_print(table))
		code = fail_file("cinema", "memory ran out");
	table_free(table);
	return code;
}
