/*
 * A line into a buffer, the buffer to stderr. A reader that went away is no reason to end.
 */
#include "apps/daemon/log_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINES_HEAD_MAX 128 /* what stands around the text */

static const enum log_level log_lines_house[] = {
    [WAVU_LOG_ERROR] = LOG_ERROR,
    [WAVU_LOG_WARN] = LOG_WARN,
    [WAVU_LOG_INFO] = LOG_INFO,
    [WAVU_LOG_DEBUG] = LOG_DEBUG,
};

/* "8:12345" of stderr's file (systemd.exec(5)). */
static bool log_lines_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat found;
    if (stream == NULL || fstat(STDERR_FILENO, &found) != 0) {
        return false;
    }
    (void)snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)found.st_dev,
                   (unsigned long long)found.st_ino);
    return strcmp(stream, own) == 0;
}

void log_lines_init(struct log_lines *l)
{
    *l = (struct log_lines){.is_journal = log_lines_is_journal()};
    log_levels_init(&l->levels, LOG_WARN);
}

/* A line that grows to the end of its buffer. */
struct log_lines_line {
    char bytes[2 * LOG_LINES_TEXT_MAX + LOG_LINES_HEAD_MAX];
    size_t len;
};

static void log_lines_add(struct log_lines_line *line, const char *text, bool is_json)
{
    for (size_t i = 0; text[i] != '\0' && i < LOG_LINES_TEXT_MAX; i++) {
        char c = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
        if (is_json && (c == '"' || c == '\\')) {
            line->bytes[line->len++] = '\\';
        }
        line->bytes[line->len++] = c;
    }
}

static void log_lines_add_time(struct log_lines_line *line)
{
    struct timespec now;
    struct tm parts;
    char text[40];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &parts) == NULL) {
        return;
    }
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(text + len, sizeof text - len, ".%03ldZ", now.tv_nsec / 1000000);
    log_lines_add(line, text, false);
}

static void log_lines_add_json(struct log_lines_line *line, const char *level,
                               const char *subsystem, const char *text)
{
    log_lines_add(line, "{\"time\":\"", false);
    log_lines_add_time(line);
    log_lines_add(line, "\",\"level\":\"", false);
    log_lines_add(line, level, true);
    log_lines_add(line, "\",\"subsystem\":\"", false);
    log_lines_add(line, subsystem, true);
    log_lines_add(line, "\",\"text\":\"", false);
    log_lines_add(line, text, true);
    log_lines_add(line, "\"}", false);
}

/* sd-daemon(3)'s, which are syslog's. */
static const char *log_lines_priority(enum wavu_log_level level)
{
    static const char *const priorities[] = {
        [WAVU_LOG_ERROR] = "<3>",
        [WAVU_LOG_WARN] = "<4>",
        [WAVU_LOG_INFO] = "<6>",
        [WAVU_LOG_DEBUG] = "<7>",
    };
    return priorities[level];
}

static void log_lines_end(struct log_lines_line *line)
{
    line->bytes[line->len++] = '\n';
    (void)fwrite(line->bytes, 1, line->len, stderr);
    (void)fflush(stderr);
}

void log_lines_say(const struct log_lines *l, enum wavu_log_level level, const char *subsystem,
                   const char *text)
{
    const char *name = log_level_name(log_lines_house[level]);
    struct log_lines_line line = {.len = 0};
    if (l->is_json) {
        log_lines_add_json(&line, name, subsystem, text);
    } else {
        log_lines_add(&line, l->is_journal ? log_lines_priority(level) : "", false);
        log_lines_add(&line, name, false);
        log_lines_add(&line, " ", false);
        log_lines_add(&line, subsystem, false);
        log_lines_add(&line, ": ", false);
        log_lines_add(&line, text, false);
    }
    log_lines_end(&line);
}

void log_lines_take(void *context, enum wavu_log_level level, const char *subsystem,
                    const char *text)
{
    const struct log_lines *l = context;
    if (log_lines_house[level] <= log_levels_of(&l->levels, subsystem)) {
        log_lines_say(l, level, subsystem, text);
    }
}

void log_lines_hear(void *context, bool is_warning, const char *sentence)
{
    const struct log_lines *l = context;
    enum wavu_log_level level = is_warning ? WAVU_LOG_WARN : WAVU_LOG_ERROR;
    if (l->is_json) {
        log_lines_say(l, level, "up", sentence);
        return;
    }
    (void)fprintf(stderr, "%swavu: %s%s\n", l->is_journal ? log_lines_priority(level) : "",
                  is_warning ? "warning: " : "", sentence);
}

enum wavu_log_level log_lines_most(const struct log_lines *l)
{
    static const enum wavu_log_level levels[] = {
        [LOG_ERROR] = WAVU_LOG_ERROR,
        [LOG_WARN] = WAVU_LOG_WARN,
        [LOG_INFO] = WAVU_LOG_INFO,
        [LOG_DEBUG] = WAVU_LOG_DEBUG,
    };
    return levels[log_levels_most(&l->levels)];
}
