/* The user that a service becomes when root starts it, and what of the state folder that user is given.
 * The suite house shows the same of the services as they run, but of no build that has sanitizers. */
#include "service/identity.h"

#include "folder.h"

#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define USER "nobody"

/* The state folder; what is looked at is in it. */
static char folder[64];
static char why[512];

static const char *in_folder(const char *path)
{
	static char whole[128];
	snprintf(whole, sizeof whole, "%s/%s", folder, path);
	return whole;
}

static struct stat look(const char *path)
{
	struct stat status;
	assert_int_equal(lstat(in_folder(path), &status), 0);
	return status;
}

static void make_folder(const char *path, mode_t mode)
{
	assert_int_equal(mkdir(in_folder(path), 0700), 0);
	assert_int_equal(chmod(in_folder(path), mode), 0);
}

static void make_file(const char *path)
{
	int fd = open(in_folder(path), O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/cinema-identity.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	folder_remove(folder);
	return 0;
}

/* Of the process that has entered: it is the user's, stands in the state folder, can write into its own,
 * and cannot go back. */
static bool is_in(uid_t user)
{
	struct stat here, there;
	return getuid() == user && geteuid() == user &&
	    strcmp(identity_folder(), "store/things") == 0 && stat(".", &here) == 0 &&
	    stat("store/things", &there) == 0 && here.st_ino == look("").st_ino &&
	    access("store/things", W_OK) == 0 && setuid(0) != 0;
}

/* What comes of a process that enters as the service things: whether it is in. Why not is in why. */
static bool enter_as(const char *user)
{
	int line[2], status = 0;
	const struct passwd *entry = getpwnam(user);
	why[0] = '\0';
	assert_int_equal(pipe(line), 0);
	pid_t child = fork();
	if (child == 0) {
		static struct settings settings;
		setenv("CINEMA_STATE", folder, 1);
		setenv("CINEMA_USER", user, 1);
		bool good = settings_read(&settings, why, sizeof why) &&
		    identity_enter(&settings, "things", why, sizeof why);
		if (good && !(entry && is_in(entry->pw_uid)))
			snprintf(why, sizeof why, "entered, but not as it should be");
		_exit(write(line[1], why, strlen(why)) < 0 || why[0] != '\0');
	}
	assert_true(child > 0);
	close(line[1]);
	ssize_t length = read(line[0], why, sizeof why - 1);
	assert_true(length >= 0);
	why[length] = '\0';
	close(line[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 0;
}

static void need_root(void)
{
	if (geteuid() != 0 || !getpwnam(USER))
		skip();
}

static void root_becomes_the_user_who_is_given_the_services_files(void **state)
{
	(void)state;
	need_root();
	const struct passwd *user = getpwnam(USER);
	uid_t owner = user->pw_uid;
	gid_t group = user->pw_gid;
	make_folder("store", 0700);
	make_folder("store/things", 0700);
	make_file("store/things/things.sqlite");
	make_folder("store/things/brim", 0700);
	make_file("secret");
	char secret[128];
	snprintf(secret, sizeof secret, "%s", in_folder("secret"));
	assert_int_equal(link(secret, in_folder("store/things/hard")), 0);
	assert_int_equal(symlink(secret, in_folder("store/things/soft")), 0);
	assert_int_equal(chmod(folder, 0711), 0);
	for (int time = 0; time < 2; time++) {
		if (!enter_as(USER))
			fail_msg("%s", why);
		assert_int_equal(look("store/things").st_uid, owner);
		assert_int_equal(look("store/things/things.sqlite").st_uid, owner);
		assert_int_equal(look("store/things/things.sqlite").st_gid, group);
		assert_int_equal(look("secret").st_uid, 0);
		/* The group may pass where only root could; who may pass already does. */
		assert_int_equal(look("store").st_uid, 0);
		assert_int_equal(look("store").st_gid, group);
		assert_int_equal(look("store").st_mode & 07777, 0710);
		assert_int_equal(look("").st_gid, 0);
		assert_int_equal(look("").st_mode & 07777, 0711);
	}
}

static void what_cannot_be_given_is_told(void **state)
{
	(void)state;
	need_root();
	make_folder("store", 0700);
	make_folder("elsewhere", 0700);
	assert_int_equal(symlink("../elsewhere", in_folder("store/things")), 0);
	assert_false(enter_as(USER));
	assert_string_equal(why, "store/things: Not a directory");
	assert_int_equal(look("elsewhere").st_uid, 0);
}

static void a_user_who_is_not_there_is_told(void **state)
{
	(void)state;
	need_root();
	assert_false(enter_as("no-such-user"));
	assert_non_null(strstr(why, "CINEMA_USER is \"no-such-user\", but there is no such user"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(root_becomes_the_user_who_is_given_the_services_files),
		TEST(what_cannot_be_given_is_told),
		TEST(a_user_who_is_not_there_is_told),
	};
	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
