/*
 * How detailed each subsystem's log is: one level for all, and others for some of them; as people
 * write it ("warn", "warn,keep=debug").
 *
 * A log itself knows one level, the most detailed of these (log_levels_most): what is formatted.
 * Who writes the lines out asks log_levels_of.
 */
#ifndef BASE_LOG_LEVELS_H
#define BASE_LOG_LEVELS_H

#include <stdbool.h>

#include "base/log.h"
#include "base/wr.h"
#include "wavu/err.h"

#define LOG_LEVELS_SUBSYSTEMS_MAX 16 /* there are fewer */
#define LOG_LEVELS_TEXT_MAX 320      /* bytes of all of them as text, with NUL */

/** What `text` has to be, for a sentence. */
#define LOG_LEVELS_WANTED "error, warn, info or debug, or SUBSYSTEM=LEVEL"

struct log_levels {
    enum log_level all;
    bool has[LOG_LEVELS_SUBSYSTEMS_MAX]; /* the next holds, by log_levels_name's index */
    enum log_level of[LOG_LEVELS_SUBSYSTEMS_MAX];
};

/** All at `level`. */
void log_levels_init(struct log_levels *l, enum log_level level);

/** The `i`th subsystem's name, or NULL: all that ever write a line. Static. */
const char *log_levels_name(size_t i);

/**
 * Take `text`: words with commas between them, each a level or SUBSYSTEM=LEVEL, one after the
 * other. A level alone is for all, and what was said of single ones before holds no more.
 * WAVU_ERR_INVALID for anything else, and nothing changes.
 */
WARN_UNUSED int log_levels_parse(struct log_levels *l, const char *text);

/** Write them so that log_levels_parse reads the same. */
void log_levels_write(const struct log_levels *l, struct wr *w);

/** That of a subsystem; of one that is not known, that of all. */
enum log_level log_levels_of(const struct log_levels *l, const char *subsystem);

/** The most detailed one. */
enum log_level log_levels_most(const struct log_levels *l);

#endif
