/*
 * One line: formatted into a fixed array, cleaned, handed to the sink that the program installed.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/map.h"

void log_init(struct log *l, enum log_level level, const struct random *random)
{
    *l = (struct log){.level = level};
    l->salt[0] = random_u64(random);
    l->salt[1] = random_u64(random);
}

/* Replace what is not printable ASCII: a line can neither forge another nor steer a terminal. */
static void clean(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~') {
            *text = '?';
        }
    }
}

void log_write(struct log *l, enum log_level level, const char *subsystem, const char *format, ...)
{
    if (level > l->level || l->sink == NULL) {
        return;
    }
    char text[LOG_LINE_MAX + 1]; /* on the stack: a log line must not need memory */
    va_list arguments;

    va_start(arguments, format);
    int rc = vsnprintf(text, sizeof(text), format, arguments);

    va_end(arguments);
    CHECK(rc >= 0);
    clean(text);
    l->sink(l->context, level, subsystem, text);
}

void log_id(const struct log *l, struct span identity, char out[LOG_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t hash = map_hash(l->salt, identity);

    for (size_t i = 0; i < LOG_ID_SIZE - 1; i++) {
        out[i] = digits[hash & 0xf];
        hash >>= 4;
    }
    out[LOG_ID_SIZE - 1] = '\0';
}

const char *log_level_name(enum log_level level)
{
    switch (level) {
    case LOG_ERROR:
        return "error";
    case LOG_WARN:
        return "warn";
    case LOG_INFO:
        return "info";
    case LOG_DEBUG:
        return "debug";
    }
    return "unknown";
}
