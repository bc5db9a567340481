/* Where state is kept, as the XDG base directory specification has it. See folder.h. */
#include "folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Makes every folder that the path goes through. */
static bool make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		bool good = mkdir(path, 0700) == 0 || errno == EEXIST;
		*slash = '/';
		if (!good)
			return false;
	}
	return true;
}

bool folder_path(struct buffer *path, const char *folder, const char *file, bool make, char *why,
    size_t why_size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	if (state && state[0] == '/') { /* what is relative is to be ignored */
		buffer_text(path, state);
	} else if (home && home[0] == '/') {
		buffer_printf(path, "%s/.local/state", home);
	} else {
		snprintf(why, why_size, "there is no folder to keep it in: set HOME");
		return false;
	}
	buffer_printf(path, "/cinema/%s%s%s", folder ? folder : "", folder ? "/" : "", file);
	if (path->failed) {
		snprintf(why, why_size, "the name of the folder is too long");
		return false;
	}
	if (!make || make_folders(path->data))
		return true;
	snprintf(why, why_size, "cannot make the folder of %s: %s", path->data, strerror(errno));
	return false;
}
