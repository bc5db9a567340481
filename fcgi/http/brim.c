/* The file that tells nginx of a full lane. See brim.h. */
#include "http/brim.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void brim_tell(const char *path, bool full)
{
	if (!path)
		return;
	if (!full) {
		if (unlink(path) != 0 && errno != ENOENT)
			log_write(LOG_WARNING, NULL, "%s: %s", path, strerror(errno));
		return;
	}
	int fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	else
		log_write(LOG_WARNING, NULL, "%s: %s", path, strerror(errno));
}
