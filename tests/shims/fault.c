/* Makes calls fail, for tests/faults.sh and tests/trouble.sh: preloaded, it stands before the
 * allocator, the disk's calls and the sockets'.
 *
 * tests/faults finds fault_arm, fault_disarm and fault_still below with dlsym. In any other
 * program, the file that FAULT_FILE names says how the disk is, for as long as it is there: "slow 300"
 * (each sync takes so many milliseconds), "full" (no write finds room) or "broken" (no sync works); or
 * "pause 300": what libfcgi sends 8,192 bytes of goes on after so many milliseconds. */
#define _GNU_SOURCE
#include "fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FCGI_PIECE 8192

static __thread struct {
	enum fault kind;
	long nth, seen; /* the nth call fails, counted from 1 */
} armed;
static __thread long still; /* where the clock stands; 0: it goes */
static __thread uint64_t chance;
static long past; /* where it stands for all other threads, once it stands for one */

#define REAL(name)                                                                                 \
	static __typeof__(&name) real;                                                             \
	if (!real)                                                                                 \
		*(void **)&real = dlsym(RTLD_NEXT, #name);

void fault_arm(enum fault kind, long nth)
{
	armed.seen = 0;
	armed.nth = nth;
	armed.kind = kind;
}

long fault_disarm(void)
{
	armed.kind = FAULT_NONE;
	return armed.seen;
}

void fault_still(long instant)
{
	still = instant;
	if (instant && !past)
		past = instant - 100000;
	chance = (uint64_t)instant;
}

/* Whether this is the call that fails. */
static int hits(enum fault kind)
{
	return armed.kind == kind && ++armed.seen == armed.nth;
}

/* The same for a call on the disk; errno is set. */
static int hits_disk(void)
{
	if (hits(FAULT_DISK))
		errno = EIO;
	else if (hits(FAULT_FULL))
		errno = ENOSPC;
	else
		return 0;
	return 1;
}

/* Memory */

/* dlsym itself may allocate before the allocator is known, and a sanitizer while it starts. */
static char early[1 << 20];
static size_t early_used;
static int started;
static __thread int looking;

static __attribute__((constructor)) void start(void)
{
	started = 1;
}

static void *allocate_early(size_t size)
{
	size = (size + 15) / 16 * 16;
	if (early_used + size > sizeof early)
		_exit(99);
	early_used += size;
	return early + early_used - size;
}

static int is_early(const void *memory)
{
	return (const char *)memory >= early && (const char *)memory < early + sizeof early;
}

static void *look_up(const char *name)
{
	looking = 1;
	void *found = dlsym(RTLD_NEXT, name);
	looking = 0;
	return found;
}

#define ALLOCATOR(name, parameters, arguments, size)                                               \
	void *name parameters                                                                      \
	{                                                                                          \
		static __typeof__(&name) real;                                                     \
		if (!started || looking)                                                           \
			return allocate_early(size);                                               \
		if (!real)                                                                         \
			*(void **)&real = look_up(#name);                                          \
		if (hits(FAULT_MEMORY)) {                                                          \
			errno = ENOMEM;                                                            \
			return NULL;                                                               \
		}                                                                                  \
		return real arguments;                                                             \
	}

ALLOCATOR(malloc, (size_t size), (size), size)
ALLOCATOR(calloc, (size_t count, size_t size), (count, size), count *size)

void *realloc(void *memory, size_t size)
{
	static __typeof__(&realloc) real;
	if (!started || looking || is_early(memory)) {
		char *moved = started && !looking ? malloc(size) : allocate_early(size);
		for (size_t i = 0; memory && moved && i < size && is_early((char *)memory + i); i++)
			moved[i] = ((char *)memory)[i];
		return moved;
	}
	if (!real)
		*(void **)&real = look_up("realloc");
	if (hits(FAULT_MEMORY)) {
		errno = ENOMEM;
		return NULL;
	}
	return real(memory, size);
}

void free(void *memory)
{
	static void (*real)(void *);
	/* The latter is dlsym's own, of a look-up that failed before. */
	if (is_early(memory) || (!real && looking))
		return;
	if (!real)
		*(void **)&real = look_up("free");
	real(memory);
}

#define MAP(name, type)                                                                            \
	void *name(void *at, size_t length, int protection, int flags, int fd, type offset)        \
	{                                                                                          \
		REAL(name)                                                                         \
		if (fd < 0 && hits(FAULT_MEMORY)) {                                                \
			errno = ENOMEM;                                                            \
			return MAP_FAILED;                                                         \
		}                                                                                  \
		return real(at, length, protection, flags, fd, offset);                            \
	}

MAP(mmap, off_t)
MAP(mmap64, off64_t)

/* The disk */

/* How the disk is, by FAULT_FILE: whether so; *number is what else stands there. */
static int disk_is(const char *state, long *number)
{
	static const char *path;
	static int known;
	char word[16] = "";
	if (!known)
		path = getenv("FAULT_FILE");
	known = 1;
	FILE *file = path ? fopen(path, "r") : NULL;
	if (!file)
		return 0;
	*number = 0;
	int found = fscanf(file, "%15s %ld", word, number) > 0 && strcmp(word, state) == 0;
	fclose(file);
	return found;
}

/* Whether a write fails: only of a file, what goes to a socket needs no room. */
static int lacks_room(int fd)
{
	struct stat status;
	long unused;
	if (!disk_is("full", &unused) || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return 0;
	errno = ENOSPC;
	return 1;
}

static void take_time(const char *state)
{
	long milliseconds;
	if (disk_is(state, &milliseconds))
		nanosleep(
		    &(struct timespec){ milliseconds / 1000, milliseconds % 1000 * 1000000 }, NULL);
}

static int sync_fails(void)
{
	long unused;
	take_time("slow");
	if (!disk_is("broken", &unused))
		return hits_disk();
	errno = EIO;
	return 1;
}

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		REAL(name)                                                                         \
		va_list arguments;                                                                 \
		va_start(arguments, flags);                                                        \
		mode_t mode = (flags & O_CREAT) ? va_arg(arguments, mode_t) : 0;                   \
		va_end(arguments);                                                                 \
		return hits_disk() ? -1 : real(path, flags, mode);                                 \
	}

OPEN(open)
OPEN(open64)

/* Standard error is no disk. A FAULT_SHORT write takes half of what it is given. */
static size_t shorten(size_t length)
{
	return length > 1 && hits(FAULT_SHORT) ? length / 2 : length;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
	REAL(write)
	if (fd <= STDERR_FILENO)
		return real(fd, bytes, length);
	ssize_t written = lacks_room(fd) || hits_disk() ? -1 : real(fd, bytes, shorten(length));
	if (written == FCGI_PIECE)
		take_time("pause");
	return written;
}

ssize_t read(int fd, void *bytes, size_t length)
{
	REAL(read)
	return hits_disk() ? -1 : real(fd, bytes, length);
}

#define WRITE_AT(name, type)                                                                       \
	ssize_t name(int fd, const void *bytes, size_t length, type offset)                        \
	{                                                                                          \
		REAL(name)                                                                         \
		if (lacks_room(fd) || hits_disk())                                                 \
			return -1;                                                                 \
		return real(fd, bytes, shorten(length), offset);                                   \
	}

WRITE_AT(pwrite, off_t)
WRITE_AT(pwrite64, off64_t)

#define READ_AT(name, type)                                                                        \
	ssize_t name(int fd, void *bytes, size_t length, type offset)                              \
	{                                                                                          \
		REAL(name)                                                                         \
		return hits_disk() ? -1 : real(fd, bytes, length, offset);                         \
	}

READ_AT(pread, off_t)
READ_AT(pread64, off64_t)

#define SYNC(name)                                                                                 \
	int name(int fd)                                                                           \
	{                                                                                          \
		REAL(name)                                                                         \
		return sync_fails() ? -1 : real(fd);                                               \
	}

SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, type)                                                                       \
	int name(int fd, type size)                                                                \
	{                                                                                          \
		REAL(name)                                                                         \
		return hits_disk() ? -1 : real(fd, size);                                          \
	}

TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int rename(const char *from, const char *to)
{
	REAL(rename)
	return hits_disk() ? -1 : real(from, to);
}

int unlink(const char *path)
{
	REAL(unlink)
	return hits_disk() ? -1 : real(path);
}

/* Sockets */

static int hits_net(int error)
{
	if (!hits(FAULT_NET))
		return 0;
	errno = error;
	return 1;
}

int socket(int domain, int type, int protocol)
{
	REAL(socket)
	return hits_net(EMFILE) ? -1 : real(domain, type, protocol);
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	REAL(connect)
	return hits_net(ECONNREFUSED) ? -1 : real(fd, address, length);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	REAL(send)
	return hits_net(EPIPE) ? -1 : real(fd, bytes, length, flags);
}

ssize_t recv(int fd, void *bytes, size_t length, int flags)
{
	REAL(recv)
	if (hits(FAULT_CUT)) {
		shutdown(fd, SHUT_RDWR);
		return 0;
	}
	return hits_net(ECONNRESET) ? -1 : real(fd, bytes, length, flags);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	REAL(poll)
	return hits_net(ENOMEM) ? -1 : real(fds, count, timeout);
}

/* The clock and chance */

int clock_gettime(clockid_t which, struct timespec *time)
{
	REAL(clock_gettime)
	if (!past || which != CLOCK_REALTIME)
		return real(which, time);
	*time = (struct timespec){ .tv_sec = still ? still : past };
	return 0;
}

ssize_t getrandom(void *bytes, size_t length, unsigned flags)
{
	REAL(getrandom)
	if (!still)
		return real(bytes, length, flags);
	for (size_t i = 0; i < length; i++) {
		chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		((unsigned char *)bytes)[i] = (unsigned char)(chance >> 56);
	}
	return (ssize_t)length;
}
