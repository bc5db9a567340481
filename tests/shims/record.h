/* What record.c writes down and power.c reads: a head, then length bytes. */
#ifndef CINEMA_TESTS_RECORD_H
#define CINEMA_TESTS_RECORD_H

#include <stdint.h>

enum record_kind {
	RECORD_CREATE,   /* of file id, bytes: its name */
	RECORD_WRITE,    /* at offset */
	RECORD_TRUNCATE, /* to offset */
	RECORD_SYNC,
	RECORD_RENAME, /* bytes: two names, a NUL between them */
	RECORD_UNLINK, /* bytes: a name */
	RECORD_SYNC_FOLDER,
	RECORD_OUTPUT, /* bytes: what the program wrote to standard output */
};

struct record {
	uint32_t kind, id;
	uint64_t offset, length;
};

#endif
