/* Passwords and tokens by libsodium. See secret.h. */
#include "users/secret.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define WAITING_MAX 16 /* log-ins that wait for their turn; they hold threads of the waiting lane */

_Static_assert(SECRET_HASH_SIZE >= crypto_pwhash_STRBYTES, "a hash must fit");

struct secrets {
	unsigned long long passes;
	size_t memory; /* bytes */
	int64_t threads;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	int64_t running, waiting;
};

struct secrets *secret_start(const struct settings *settings, char *why, size_t why_size)
{
	struct secrets *secrets = calloc(1, sizeof *secrets);
	if (!secrets || sodium_init() < 0) {
		snprintf(why, why_size, "no memory, or no source of random numbers");
		free(secrets);
		return NULL;
	}
	secrets->passes = (unsigned long long)settings_number(settings, SETTING_PASSWORD_PASSES);
	secrets->memory = (size_t)settings_number(settings, SETTING_PASSWORD_KIB) * 1024;
	secrets->threads = settings_number(settings, SETTING_PASSWORD_THREADS);
	pthread_mutex_init(&secrets->lock, NULL);
	pthread_cond_init(&secrets->turn, NULL);
	return secrets;
}

void secret_stop(struct secrets *secrets)
{
	if (!secrets)
		return;
	pthread_mutex_destroy(&secrets->lock);
	pthread_cond_destroy(&secrets->turn);
	free(secrets);
}

/* Waits for a turn; false when too many wait already. */
static bool begin(struct secrets *secrets)
{
	pthread_mutex_lock(&secrets->lock);
	bool may = secrets->running < secrets->threads || secrets->waiting < WAITING_MAX;
	if (may) {
		secrets->waiting++;
		while (secrets->running >= secrets->threads)
			pthread_cond_wait(&secrets->turn, &secrets->lock);
		secrets->waiting--;
		secrets->running++;
	}
	pthread_mutex_unlock(&secrets->lock);
	return may;
}

static void end(struct secrets *secrets)
{
	pthread_mutex_lock(&secrets->lock);
	secrets->running--;
	pthread_cond_signal(&secrets->turn);
	pthread_mutex_unlock(&secrets->lock);
}

enum secret_result secret_hash(
    struct secrets *secrets, const char *password, char hash[SECRET_HASH_SIZE])
{
	if (!begin(secrets))
		return SECRET_BUSY;
	int failed = crypto_pwhash_str_alg(hash, password, strlen(password), secrets->passes,
	    secrets->memory, crypto_pwhash_ALG_ARGON2ID13);
	end(secrets);
	return failed ? SECRET_FAILED : SECRET_OK;
}

enum secret_result secret_check(struct secrets *secrets, const char *password, const char *hash)
{
	char unused[SECRET_HASH_SIZE];
	if (!hash) {
		enum secret_result result = secret_hash(secrets, password, unused);
		return result == SECRET_OK ? SECRET_WRONG : result;
	}
	if (!begin(secrets))
		return SECRET_BUSY;
	errno = 0;
	int wrong = crypto_pwhash_str_verify(hash, password, strlen(password));
	int error = errno; /* EINVAL: it is another password; else it could not be hashed */
	end(secrets);
	if (!wrong)
		return SECRET_OK;
	return error == EINVAL ? SECRET_WRONG : SECRET_FAILED;
}

bool secret_is_old(const struct secrets *secrets, const char *hash)
{
	return crypto_pwhash_str_needs_rehash(hash, secrets->passes, secrets->memory) == 1;
}

void secret_token(char token[SECRET_TOKEN_SIZE])
{
	unsigned char bytes[32];
	randombytes_buf(bytes, sizeof bytes);
	sodium_bin2base64(token, SECRET_TOKEN_SIZE, bytes, sizeof bytes,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof bytes);
}

void secret_mark(const char *token, char mark[SECRET_MARK_SIZE])
{
	unsigned char bytes[32];
	crypto_generichash(
	    bytes, sizeof bytes, (const unsigned char *)token, strlen(token), NULL, 0);
	sodium_bin2hex(mark, SECRET_MARK_SIZE, bytes, sizeof bytes);
}
