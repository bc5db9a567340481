/* Files in memory. See world.h. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES 8

bool __wrap_file_make_folder(const char *folder, char *why, size_t why_size);
int __wrap_file_lock(const char *path, char *why, size_t why_size);
int __wrap_file_sync_folder(const char *folder);
int __wrap_file_read(const char *path, char **text, size_t *length);
int __wrap_file_replace(const char *folder, const char *path, const char *bytes, size_t length);
void __wrap_log_write(int level, const char *request_id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static struct file {
	char name[64], *text;
	bool changed;
} files[FILES];

static struct file *find(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct file *file = files;
	while (file->name[0] && strcmp(file->name, name) != 0)
		if (++file == files + FILES)
			abort();
	snprintf(file->name, sizeof file->name, "%s", name);
	return file;
}

const char *world_text(const char *name)
{
	return find(name)->text;
}

void world_put(const char *name, const char *text)
{
	struct file *file = find(name);
	char *copy = text ? strdup(text) : NULL;
	free(file->text);
	file->text = copy;
	file->changed = false;
}

bool world_changed(const char *name)
{
	return find(name)->changed;
}

bool __wrap_file_make_folder(const char *folder, char *why, size_t why_size)
{
	(void)folder;
	(void)why;
	(void)why_size;
	return true;
}

int __wrap_file_lock(const char *path, char *why, size_t why_size)
{
	(void)path;
	(void)why;
	(void)why_size;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int __wrap_file_sync_folder(const char *folder)
{
	(void)folder;
	return 0;
}

int __wrap_file_read(const char *path, char **text, size_t *length)
{
	const struct file *file = find(path);
	if (!file->text)
		return ENOENT;
	*text = strdup(file->text);
	*length = strlen(file->text);
	return *text ? 0 : ENOMEM;
}

int __wrap_file_replace(const char *folder, const char *path, const char *bytes, size_t length)
{
	struct file *file = find(path);
	char *copy = strndup(bytes, length);
	(void)folder;
	if (!copy)
		return ENOMEM;
	free(file->text);
	file->text = copy;
	file->changed = true;
	return 0;
}

/* The message is made, and not printed. */
void __wrap_log_write(int level, const char *request_id, const char *format, ...)
{
	char text[2048];
	va_list arguments;
	(void)level;
	(void)request_id;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
}
