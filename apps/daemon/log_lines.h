/*
 * Log lines of a running node, on stderr: as text or JSON, each subsystem as detailed as it is
 * wanted just now.
 *
 * Text is "warn keep: the store can be written again". Under journald (JOURNAL_STREAM is stderr's
 * file) sd-daemon(3)'s "<4>" stands before it. JSON is one object a line: time, level, subsystem,
 * text. What reaches stderr has no control characters and nothing but ASCII; one line is one write.
 */
#ifndef APPS_DAEMON_LOG_LINES_H
#define APPS_DAEMON_LOG_LINES_H

#include <stdbool.h>

#include "base/log_levels.h"
#include "wavu/node.h"

#define LOG_LINES_TEXT_MAX 2048 /* bytes of a line's text; longer ones are cut */

struct log_lines {
    struct log_levels levels;
    bool is_json;
    bool is_journal; /* stderr is journald's */
};

/** All at `warn`, text; looks whether journald listens. */
void log_lines_init(struct log_lines *l);

/** struct wavu_config.log, with a struct log_lines as context: a line, if it is wanted. */
void log_lines_take(void *context, enum wavu_log_level level, const char *subsystem,
                    const char *text);

/** A line that was asked for, whatever the levels are. */
void log_lines_say(const struct log_lines *l, enum wavu_log_level level, const char *subsystem,
                   const char *text);

/** struct say_ear.hear: problems and warnings of the program itself. In text they look as they do
 * without journald. */
void log_lines_hear(void *context, bool is_warning, const char *sentence);

/** The level that a node has to log at, so that no wanted line is missing. */
enum wavu_log_level log_lines_most(const struct log_lines *l);

#endif
