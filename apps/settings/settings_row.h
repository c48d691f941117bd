/*
 * What settings there are: one table, from which the reader of files, the variables, the options,
 * `wavu config`, `wavu set` and the reload work; and how a value is read from text.
 */
#ifndef APPS_SETTINGS_SETTINGS_ROW_H
#define APPS_SETTINGS_SETTINGS_ROW_H

#include "apps/settings/settings.h"

enum settings_row_kind {
    SETTINGS_ROW_ADDRESS,
    SETTINGS_ROW_NUMBER,
    SETTINGS_ROW_DURATION,
    SETTINGS_ROW_REAL,
    SETTINGS_ROW_SWITCH,
    SETTINGS_ROW_NAME,
    SETTINGS_ROW_POWER,
    SETTINGS_ROW_LOCAL,
    SETTINGS_ROW_LEVELS,
    SETTINGS_ROW_FORMAT,
    SETTINGS_ROW_SEED,
    SETTINGS_ROW_ADDRESSES,
    SETTINGS_ROW_MODULES,
    SETTINGS_ROW_KAD,
    SETTINGS_ROW_PREFIX,
    SETTINGS_ROW_ADMISSION
};

struct settings_row {
    const char *name;    /* in the file */
    const char *option;  /* on the command line */
    const char *initial; /* as the file would have it; NULL: nothing */
    enum settings_row_kind kind;
    size_t offset; /* in struct settings, of the kind's type */
    uint64_t min;  /* SETTINGS_ROW_NUMBER; SETTINGS_ROW_DURATION in ms; SETTINGS_ROW_REAL */
    uint64_t max;
};

/** The `i`th, or NULL. */
const struct settings_row *settings_row_at(size_t i);

/** Its value in `s`, of the kind's type. */
void *settings_row_field(struct settings *s, const struct settings_row *row);
const void *settings_row_const_field(const struct settings *s, const struct settings_row *row);

/** Has it several values? */
bool settings_row_is_list(const struct settings_row *row);

/** Take `text` for the setting; NULL, or what it takes instead. */
const char *settings_row_take(struct settings *s, const struct settings_row *row, const char *text);

/** The word of the setting kad. */
const char *settings_row_kad(enum settings_kad kad);

#define SETTINGS_ROW_WANTED_MAX 256 /* bytes of what a setting takes, in words, with NUL */

/** What settings_row_take wanted, with the setting's bounds where it has some: "a whole number from
 * 1 to 12". Returns `out`. */
const char *settings_row_bounds(const struct settings_row *row, const char *wanted,
                                char out[SETTINGS_ROW_WANTED_MAX]);

#endif
