/*
 * A table, a quota and rows for the tests of Kademlia's stores; records that nobody signed.
 */
#ifndef TESTS_DISCOVERY_KAD_FIXTURE_H
#define TESTS_DISCOVERY_KAD_FIXTURE_H

#include "discovery/kad_quota.h"
#include "discovery/kad_record.h"
#include "discovery/kad_rows.h"
#include "discovery/kad_table.h"
#include "tests/store/disk.h"

#define SECOND UINT64_C(1000000000)
#define HOUR (3600 * SECOND)
#define WALL_MS UINT64_C(1795395723004)

struct kad_fixture {
    struct disk disk;
    struct random_seeded seeded;
    struct random draw;
    struct kad_table table;
    struct kad_quota quota;
    struct kad_rows rows;
};

static inline struct peerid kad_peer(uint32_t number)
{
    struct peerid id = {.len = 38, .bytes = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20}};
    memcpy(id.bytes + 6, &number, sizeof number);
    return id;
}

/* A table with `peers` servers in it, of which we know those that it keeps; `k` = 4. */
static inline void kad_fixture_init(struct kad_fixture *f, enum store_kind kind, uint32_t peers)
{
    struct peerid self = kad_peer(UINT32_MAX);
    disk_start(&f->disk, 1, kind);
    random_seeded_init(&f->seeded, 11);
    f->draw = random_from_seeded(&f->seeded);
    kad_table_init(&f->table, &self, 4, &f->draw, 0);
    for (uint32_t i = 0; i < peers; i++) {
        struct peerid id = kad_peer(1000000 + i);
        (void)kad_table_put(&f->table, &id, 0, i);
    }
    const struct kad_quota_limits limits = {UINT32_MAX / 4, UINT32_MAX / 4, 1024, UINT32_MAX / 4};
    kad_quota_init(&f->quota, &limits, &f->draw);
    kad_rows_init(&f->rows, f->disk.store, 0);
}

static inline void kad_fixture_clear(struct kad_fixture *f)
{
    kad_quota_clear(&f->quota);
    kad_table_clear(&f->table);
    disk_stop(&f->disk);
}

/* A key of four bytes at least, that is `n`. */
static inline struct span kad_key_text(uint8_t out[16], uint32_t n)
{
    int len = snprintf((char *)out, 16, "/t/%u", (unsigned)n);
    return span_of(out, (size_t)len);
}

/* The first of numbers from `from` on whose key shares at least `least`, at most `most` leading
 * bits with us. */
static inline uint32_t kad_key_at(const struct kad_table *t, uint32_t from, unsigned least,
                                  unsigned most)
{
    for (uint32_t n = from;; n++) {
        uint8_t text[16];
        struct kad_key place;
        kad_key_of(&place, kad_key_text(text, n));
        unsigned prefix = kad_key_prefix(&t->self, &place);
        if (prefix >= least && prefix <= most) {
            return n;
        }
    }
}

/* How many rows a table of the store has. */
static inline size_t kad_rows_count(struct kad_fixture *f, const char *table)
{
    struct buf key;
    struct buf value;
    size_t count = 0;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (store_next(f->disk.store, table, span_empty(), &key, &value) == 0) {
        count++;
    }
    buf_clear(&key);
    buf_clear(&value);
    return count;
}

#endif
