/* Data files: seat plans, programmes, users, movies, bookings. The first byte chooses a file, which
 * has the rest as its text; of the last choice the text goes on after a line "--" with the
 * showtimes. What is taken must be readable afterwards, and pass the audit. */
#define _GNU_SOURCE /* memmem */
#include "house/house.h"

#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static const char *const files[] = { "users.json", "movies.json", "screens.json", "showtimes.json",
	"bookings.json" };
#define FILES (sizeof files / sizeof *files)

static char folder[64];
static char *standard[FILES]; /* the files' usual texts */

static void write_file(size_t file, const char *text, size_t length)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, files[file]);
	FILE *out = fopen(path, "w");
	if (!out || fwrite(text, 1, length, out) != length || fclose(out) != 0)
		house_fault("%s: %s", path, strerror(errno));
}

static void remove_folder(void)
{
	char path[128];
	for (size_t i = 0; i < FILES; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void begin(void)
{
	snprintf(folder, sizeof folder, "%s/cinema-fuzz.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	house_open();
	if (!mkdtemp(folder) || atexit(remove_folder) != 0)
		house_fault("%s: %s", folder, strerror(errno));
	for (size_t i = 0; i < FILES; i++) {
		char path[128], text[65536];
		snprintf(path, sizeof path, "data/%s", files[i]);
		FILE *in = fopen(path, "r");
		size_t length = in ? fread(text, 1, sizeof text - 1, in) : 0;
		text[length] = '\0';
		if (in)
			fclose(in);
		standard[i] = strdup(text);
		write_file(i, text, length);
	}
}

static void get(const char *uri)
{
	int status = house_ask(&(struct house_request){ .method = "GET", .uri = uri }, NULL);
	/* What a file names need not be there; but what is there is whole. */
	if (status != 200 && status != 404)
		house_fault("GET %s: %d after an import", uri, status);
}

/* Reads everything that was imported, and the maps of the day that paths know. */
static void look(void)
{
	static const char *const lists[] = { "/users", "/movies", "/showtimes",
		"/showtimes/screens", "/bookings" };
	char path[256];
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		get(lists[i]);
	static const char *const patterns[] = { "/users/{user}", "/users/{user}/bookings",
		"/users/{user}/suggested", "/movies/{movie}", "/showtimes/{date}",
		"/showtimes/{date}/{movie}", "/showtimes/screens/{screen}",
		"/showtimes/{date}/{movie}/{showing}/seats",
		"/showtimes/{date}/{movie}/{showing}/seats?view=compact", "/bookings/{user}",
		"/bookings/{user}?view=full" };
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		snprintf(path, sizeof path, "%s", house_path(patterns[i]));
		get(path);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char border[] = "\n--\n";
	char why[1024] = "";
	if (!folder[0])
		begin();
	if (size < 1)
		return 0;
	size_t file = data[0] % (FILES + 1), second = file;
	const char *text = (const char *)data + 1, *more = NULL;
	size_t length = size - 1;
	if (file == FILES) {
		file = 2;
		second = 3;
		more = memmem(text, length, border, sizeof border - 1);
		const char *rest = more ? more + sizeof border - 1 : text + length;
		write_file(second, rest, (size_t)(text + length - rest));
		length = more ? (size_t)(more - text) : length;
	}
	write_file(file, text, length);
	if (house_reopen(folder, files[file], why, sizeof why))
		look();
	else if (!strstr(why, ".json") || strpbrk(why, "\n\r"))
		house_fault("a refusal that does not name the file, in one line: %s", why);
	write_file(file, standard[file], strlen(standard[file]));
	if (second != file)
		write_file(second, standard[second], strlen(standard[second]));
	return 0;
}
