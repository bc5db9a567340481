/* What went wrong or was slow, one JSON line each, on standard error. Nothing on the hot path, and
 * never a password or a token. The service's name is the program's. */
#ifndef CINEMA_BASE_LOG_H
#define CINEMA_BASE_LOG_H

enum log_level { LOG_INFO, LOG_WARNING, LOG_ERROR };

/**
 * Writes {"time","level","service","request","message"} in one write(2). request_id may be NULL;
 * lines longer than 2 KiB are cut. Safe from any thread.
 */
void log_write(enum log_level level, const char *request_id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
