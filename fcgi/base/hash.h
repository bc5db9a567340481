/* Fingerprints of bytes: XXH3, 128 bits (xxhash.com). Fast and well spread, not secret. */
#ifndef CINEMA_BASE_HASH_H
#define CINEMA_BASE_HASH_H

#include <stddef.h>

#define HASH_SIZE 33 /* 32 hexadecimal digits and a NUL */

/** Writes the fingerprint of length bytes. */
void hash_bytes(const char *bytes, size_t length, char hash[HASH_SIZE]);

#endif
