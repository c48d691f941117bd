/*
 * Log lines. No address, key, name or message text at any level: peers appear as short salted ids.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/random.h"
#include "base/span.h"
#include "wavu/api.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

#define LOG_LINE_MAX 512 /* bytes of one formatted message; longer ones are cut */
#define LOG_ID_SIZE 9    /* 8 hexadecimal digits and a NUL */

/* One node's log; services copy the pointer. */
struct log {
    enum log_level level; /* what is more detailed is not formatted */
    void (*sink)(void *context, enum log_level, const char *subsystem, const char *text);
    void *context;    /* handed to the sink */
    uint64_t salt[2]; /* of log_id; drawn anew by each process */
};

/** A log that drops everything below `level`; `sink` may be NULL (silent). */
void log_init(struct log *l, enum log_level level, const struct random *random);

/** Format and hand to the sink. `subsystem` is the static name of a folder or stem. */
void log_write(struct log *l, enum log_level level, const char *subsystem, const char *format, ...)
    PRINTF_LIKE(4, 5);

/** Short id of a peer or network for log lines: salted per process, useless elsewhere. */
void log_id(const struct log *l, struct span identity, char out[LOG_ID_SIZE]);

/** "error", "warn", "info" or "debug". Static. */
const char *log_level_name(enum log_level level);

#endif
