/*
 * A strict subset of TOML 1.0 for settings and scenarios: a whole text becomes a list of entries,
 * in the text's order, each with the place where it stands.
 *
 * Spoken: comments, [table] and [[array of tables]] of one or more bare names joined by dots, keys
 * of one bare or quoted name, strings on one line ("..." with escapes, '...' without), integers
 * (decimal, with _), floats, true and false, arrays of these (over several lines, a comma at the
 * end is fine). Not spoken, and refused: dates, inline tables, dotted keys, strings over several
 * lines, other bases, inf and nan, arrays in arrays.
 */
#ifndef BASE_TOML_H
#define BASE_TOML_H

#include <stdbool.h>

#include "base/span.h"
#include "wavu/err.h"

#define TOML_SIZE_MAX (1024u * 1024u) /* bytes of a text; scenarios with long lists of faults */
#define TOML_ENTRIES_MAX 65536        /* entries and items of arrays together */
#define TOML_NAME_MAX 63              /* bytes of a name, and of a table's whole path */

enum toml_kind { TOML_STRING, TOML_INTEGER, TOML_FLOAT, TOML_BOOLEAN, TOML_ARRAY };

struct toml_value {
    enum toml_kind kind;
    bool boolean;
    int64_t integer;                /* also of a float that is a whole number, rounded to zero */
    double real;                    /* of an integer, too */
    const char *text;               /* string: NUL-terminated, without NULs inside; "" otherwise */
    const struct toml_value *items; /* array */
    size_t count;
    uint32_t line; /* from 1 */
    uint32_t column;
};

struct toml_entry {
    const char *table; /* "" at the top, "a" or "a.b" */
    uint32_t table_at; /* of [[table]]: which one, from 0 */
    uint32_t line;     /* of the key */
    uint32_t column;
    const char *key;
    struct toml_value value;
};

/* Where and why a text was refused. */
struct toml_error {
    uint32_t line;
    uint32_t column;     /* in bytes, from 1 */
    const char *message; /* static: what is wrong, without an end */
};

struct toml; /* opaque; owns everything that its entries point to */

/**
 * Read `text`. WAVU_ERR_INVALID with `*error` filled in, also for a key that stands twice in one
 * table; WAVU_ERR_LIMIT (with `*error`) beyond the limits above. Free with toml_free.
 */
WARN_UNUSED int toml_parse(struct span text, struct toml **out, struct toml_error *error);
void toml_free(struct toml *t);

size_t toml_count(const struct toml *t);
const struct toml_entry *toml_entry(const struct toml *t, size_t i);

/** The entry `key` of `table` ("" for the top) number `table_at`, or NULL. */
const struct toml_entry *toml_find(const struct toml *t, const char *table, uint32_t table_at,
                                   const char *key);

/** How many [[table]]s called `table` there are (1 for a [table] that stands once). */
uint32_t toml_tables(const struct toml *t, const char *table);

#endif
