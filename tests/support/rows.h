/*
 * A store for tests of machines that are kept as rows: tables of keys and values, one commit of
 * all that was written since the last one, and crashes that lose what was not committed.
 */
#ifndef TESTS_SUPPORT_ROWS_H
#define TESTS_SUPPORT_ROWS_H

#include "base/map.h"
#include "base/random.h"

struct rows_value {
    uint8_t *ptr; /* owned; NULL: there is none */
    size_t len;
};

struct rows_row {
    uint8_t key[65]; /* table 1, key */
    size_t key_len;
    struct rows_value now;
    struct rows_value committed;
    bool is_changed;
};

struct rows {
    struct random_seeded seeded;
    struct random random;
    struct map map;
    size_t writes; /* ever */
};

void rows_init(struct rows *r);
void rows_clear(struct rows *r);
void rows_put(struct rows *r, char table, struct span key, struct span value);
void rows_delete(struct rows *r, char table, struct span key);

/** As it was written last; empty when there is none. Borrowed. */
struct span rows_get(const struct rows *r, char table, struct span key);

/** Walk a table, beginning with `*at` = 0; NULL at its end. Rows may be put and deleted meanwhile
 * as long as none is new. */
const struct rows_row *rows_next(const struct rows *r, char table, size_t *at);
struct span rows_key(const struct rows_row *row);
struct span rows_value(const struct rows_row *row);

void rows_commit(struct rows *r);

/** What was not committed is gone. */
void rows_crash(struct rows *r);

size_t rows_count(const struct rows *r, char table);

#endif
