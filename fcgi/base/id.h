/* Identifiers: `[A-Za-z0-9_-]{1,64}`, everywhere the same. */
#ifndef CINEMA_BASE_ID_H
#define CINEMA_BASE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_MAX          64
#define ID_BOOKING_SIZE 21 /* 20 characters and a NUL */
#define ID_CODE_SIZE    9  /* 8 characters and a NUL */
#define ID_UUID_SIZE    37 /* 36 characters and a NUL */

/** Whether text is an identifier. */
bool id_is_valid(const char *text);

/** Whether an identifier is a word of the paths ("export"), which nothing may be called. */
bool id_is_word(const char *id);

/**
 * A new booking id: twenty characters, ten of time and ten of chance (50 bits), made so that a
 * later booking sorts before an earlier one: a store, which reads in ascending order, then lists
 * the newest first. False when the kernel gives no random bytes.
 */
bool id_make_booking(int64_t now, char id[ID_BOOKING_SIZE]);

/** A code to read out over a counter: eight characters (40 bits) without I, L, O and U. */
bool id_make_code(char code[ID_CODE_SIZE]);

/** A random UUID (RFC 9562, version 4), as the movies of data/movies.json have them. */
bool id_make_uuid(char id[ID_UUID_SIZE]);

/** The same, but made from a hash of base/hash.h: equal hashes give equal ids. */
void id_from_hash(const char hash[33], char id[ID_UUID_SIZE]);

#endif
