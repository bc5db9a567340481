/* Log-ins on disk. A token is as good as a password for some time, so its file is made with mode
 * 0600, replaced as a whole, and refused when others may read it. See session.h. */
#include "session.h"

#include "base/json.h"
#include "folder.h"
#include "uri.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LIMIT 4096
#define FILE_LIMIT 4096

bool session_is_token(const char *text)
{
	size_t length = 0;
	while (text[length] > ' ' && text[length] <= '~')
		length++;
	return length > 0 && length < SESSION_TOKEN_SIZE && text[length] == '\0';
}

static bool find_file(
    struct buffer *path, const char *server, bool make, char *why, size_t why_size)
{
	struct buffer name;
	buffer_init(&name, PATH_LIMIT);
	buffer_init(path, PATH_LIMIT);
	uri_part(&name, server);
	bool good = folder_path(path, "logins", name.data ? name.data : "", make, why, why_size);
	buffer_free(&name);
	return good;
}

static bool fail(char *why, size_t why_size, const char *path, const char *what)
{
	snprintf(why, why_size, "cannot keep the log-in: %s: %s", path, what);
	return false;
}

/* Takes a member into a text; false when it does not fit. */
static bool take(struct json_object *document, const char *name, char *text, size_t size)
{
	const char *value = json_text(document, name);
	return value && snprintf(text, size, "%s", value) < (int)size;
}

static bool understand(struct session *session, const char *text, size_t length)
{
	char why[128];
	struct json_object *document = json_read(text, length, why, sizeof why);
	bool good = take(document, "user", session->user, sizeof session->user) &&
	    take(document, "id", session->id, sizeof session->id) &&
	    take(document, "token", session->token, sizeof session->token) &&
	    session_is_token(session->token);
	json_object_put(document);
	return good;
}

/* Reads the open file and says what is wrong with it, NULL for nothing. */
static const char *read_file(struct session *session, int file)
{
	char text[FILE_LIMIT];
	struct stat status;
	if (fstat(file, &status) != 0)
		return "it cannot be read";
	if ((status.st_mode & 077) != 0 || status.st_uid != geteuid())
		return "others may read it: log in again";
	ssize_t length = read(file, text, sizeof text - 1);
	if (length < 0)
		return "it cannot be read";
	text[length] = '\0';
	bool good = understand(session, text, (size_t)length);
	explicit_bzero(text, sizeof text);
	return good ? NULL : "it is damaged: log in again";
}

bool session_read(struct session *session, const char *server, char *why, size_t why_size)
{
	struct buffer path;
	const char *fault = NULL;
	*session = (struct session){ .token = "" };
	if (!find_file(&path, server, false, why, why_size)) {
		buffer_free(&path);
		return true; /* where nothing can be kept, nothing was */
	}
	int file = open(path.data, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (file >= 0) {
		fault = read_file(session, file);
		close(file);
	} else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) {
		fault = strerror(errno);
	}
	if (fault) {
		snprintf(why, why_size, "the log-in in %s cannot be used: %s", path.data, fault);
		*session = (struct session){ .token = "" };
	}
	buffer_free(&path);
	return fault == NULL;
}

/* Writes a new file beside path and puts it in its place. */
static bool replace(const char *path, const struct buffer *text, char *why, size_t why_size)
{
	char other[PATH_LIMIT + 16];
	snprintf(other, sizeof other, "%s.%ld", path, (long)getpid());
	int file = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return fail(why, why_size, other, strerror(errno));
	bool good = fchmod(file, 0600) == 0 &&
	    write(file, text->data, text->length) == (ssize_t)text->length && fsync(file) == 0;
	good = close(file) == 0 && good;
	good = good && rename(other, path) == 0;
	if (!good) {
		fail(why, why_size, path, strerror(errno));
		unlink(other);
	}
	return good;
}

bool session_write(const struct session *session, const char *server, char *why, size_t why_size)
{
	struct json_object *document = json_object_new_object();
	struct buffer path, text;
	buffer_init(&text, FILE_LIMIT - 1);
	bool good = find_file(&path, server, true, why, why_size);
	json_add(document, "server", json_object_new_string(server));
	json_add(document, "user", json_object_new_string(session->user));
	json_add(document, "id", json_object_new_string(session->id));
	json_add(document, "token", json_object_new_string(session->token));
	json_write(&text, document);
	buffer_text(&text, "\n");
	if (good && (!document || text.failed))
		good = fail(why, why_size, path.data, "memory ran out");
	good = good && replace(path.data, &text, why, why_size);
	if (text.data)
		explicit_bzero(text.data, text.length);
	json_object_put(document);
	buffer_free(&text);
	buffer_free(&path);
	return good;
}

bool session_forget(const char *server, char *why, size_t why_size)
{
	struct buffer path;
	bool good = true;
	if (find_file(&path, server, false, why, why_size) && unlink(path.data) != 0 &&
	    errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) {
		snprintf(why, why_size, "cannot remove %s: %s", path.data, strerror(errno));
		good = false;
	}
	buffer_free(&path);
	return good;
}
