/* Fingerprints. See hash.h. */
#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

void hash_bytes(const char *bytes, size_t length, char hash[HASH_SIZE])
{
	XXH128_hash_t value = XXH3_128bits(bytes, length);
	snprintf(hash, HASH_SIZE, "%016" PRIx64 "%016" PRIx64, (uint64_t)value.high64,
	    (uint64_t)value.low64);
}
