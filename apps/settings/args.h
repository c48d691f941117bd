/*
 * The words of a command line, against a table of options.
 *
 * --name V, --name=V, -n V, -nV, flags, and "--" after which nothing is an option. A V that begins
 * with "--" is taken from --name=V and -nV alone. Nothing is copied: all texts are borrowed from
 * argv.
 */
#ifndef APPS_SETTINGS_ARGS_H
#define APPS_SETTINGS_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"

#define ARGS_FOUND_MAX 64    /* options on one command line; --listen may stand 32 times */
#define ARGS_WORDS_MAX 8     /* words that are no options; no command takes more than one */
#define ARGS_SECRET_SIZE 80  /* bytes of a value that is hidden, with NUL: 64 digits */
#define ARGS_PROBLEM_MAX 256 /* bytes of the sentence about a problem, with NUL */

struct args_option {
    const char *name;  /* "listen" */
    char letter;       /* 'c', or '\0' */
    const char *value; /* what follows it ("ADDR"); NULL: a flag */
    const char *help;  /* one line */
};

struct args_found {
    const struct args_option *option;
    const char *value; /* NULL for a flag */
};

struct args {
    struct args_found found[ARGS_FOUND_MAX]; /* in order */
    size_t found_count;
    const char *words[ARGS_WORDS_MAX];
    size_t word_count;
    char problem[ARGS_PROBLEM_MAX]; /* after a failure: one sentence without a full stop */
};

/* Options of the command itself, and those that every command has. */
struct args_tables {
    const struct args_option *own;
    size_t own_count;
    const struct args_option *common;
    size_t common_count;
};

/** Read `count` words. False with `problem` set when one cannot be understood. */
WARN_UNUSED bool args_parse(struct args *out, const struct args_tables *tables, int count,
                            char *const *words);

/**
 * Read the options that stand before the first other word; returns how many words they take.
 * Negative with `problem` set when one cannot be understood.
 */
WARN_UNUSED int args_parse_leading(struct args *out, const struct args_tables *tables, int count,
                                   char *const *words);

/** The last value given for `name`; NULL when there is none. */
const char *args_value(const struct args *a, const char *name);

/**
 * Everybody on the machine sees a command line: take the last value of `name` out of `words` (those
 * that were parsed), where stars stand from now on, into `room` (ARGS_SECRET_SIZE bytes), which
 * must last as long as `a` and is the caller's to wipe. A longer value, which is no secret of ours,
 * stays.
 */
void args_hide(struct args *a, const char *name, int count, char *const *words, char *room);

/** True when `name` was given. */
bool args_has(const struct args *a, const char *name);

/** The `i`th value given for `name`; NULL when there are fewer. */
const char *args_nth(const struct args *a, const char *name, size_t i);

/**
 * Read the decimal number given for `name` into `*out`, which keeps its value when the option is
 * absent. False with `problem` set when it is no number from `min` to `max`.
 */
WARN_UNUSED bool args_number(struct args *a, const char *name, uint64_t min, uint64_t max,
                             uint64_t *out);

/** As args_number for seconds with at most three decimals ("0.2"), into `*out_ms`; `max_s` seconds
 * at most. */
WARN_UNUSED bool args_seconds(struct args *a, const char *name, uint64_t max_s, uint64_t *out_ms);

#endif
