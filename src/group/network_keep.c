/*
 * Networks in the store.
 */
#include "group/network_keep.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define NETWORKS "networks"
#define KEYS "network-keys"
#define LOG_BEGINS "members-"
#define LOG_NAME_MAX (sizeof LOG_BEGINS + 10)
#define FORMAT 1

/* The number of the newest log that was ever begun stands under a key that is no id. */
#define LAST_NUMBER "last"
#define LAST_NUMBER_SIZE 4

_Static_assert(NETWORK_KEEP_PART >= 2 * MEMBERS_MSG_SIZE_MAX, "a part has room for any operation");
_Static_assert(2 * NETWORK_KEEP_PART <= STORE_VALUE_MAX, "a part is one record");
_Static_assert(LOG_NAME_MAX <= STORE_NAME_MAX, "a log has a name");

static struct span id_of(const struct network_keep_row *row)
{
    return span_of(row->id, sizeof row->id);
}

static void log_name(char name[LOG_NAME_MAX], uint32_t number)
{
    int len = snprintf(name, LOG_NAME_MAX, LOG_BEGINS "%u", number);

    CHECK(len > 0 && (size_t)len < LOG_NAME_MAX);
}

/* ---- Rows ---- */

static int read_row(struct network_keep_row *row, struct span bytes)
{
    struct rd r;

    rd_init(&r, bytes);
    uint8_t format = rd_u8(&r);
    row->number = rd_u32be(&r);
    rd_copy(&r, row->member, sizeof row->member);
    row->sequence = rd_u64be(&r);
    rd_copy(&r, row->last, sizeof row->last);
    if (bytes.len > 0 && format != FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    return rd_finish(&r) == 0 ? 0 : WAVU_ERR_CORRUPT;
}

static int put_row(struct store *s, const struct network_keep_row *row)
{
    uint8_t space[NETWORK_KEEP_ROW_SIZE];
    struct wr w;

    wr_init(&w, span_mut_of(space, sizeof space));
    wr_u8(&w, FORMAT);
    wr_u32be(&w, row->number);
    wr_bytes(&w, span_of(row->member, sizeof row->member));
    wr_u64be(&w, row->sequence);
    wr_bytes(&w, span_of(row->last, sizeof row->last));
    CHECK(wr_finish(&w) == 0);
    return store_put(s, NETWORKS, id_of(row), wr_span(&w));
}

int network_keep_next(struct store *s, struct buf *key, struct network_keep_row *row)
{
    struct buf value;
    int rc = 0;

    memset(row, 0, sizeof *row);
    buf_init(&value, STORE_VALUE_MAX);
    do {
        rc = store_next(s, NETWORKS, span_empty(), key, &value);
    } while (rc == 0 && key->len != sizeof row->id);
    if (rc == 0) {
        memcpy(row->id, key->ptr, sizeof row->id);
        rc = read_row(row, buf_span(&value));
    }
    buf_clear(&value);
    return rc;
}

int network_keep_number(struct store *s, uint32_t *number)
{
    uint8_t space[LAST_NUMBER_SIZE];
    struct buf value;
    struct rd r;
    struct wr w;

    buf_init(&value, LAST_NUMBER_SIZE);
    int rc = store_get(s, NETWORKS, span_from_text(LAST_NUMBER), &value);
    rd_init(&r, buf_span(&value));
    *number = rc == 0 ? rd_u32be(&r) + 1 : 1;
    bool is_bad = rc == 0 && rd_finish(&r) < 0;
    buf_clear(&value);
    if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
        return rc == WAVU_ERR_LIMIT ? WAVU_ERR_CORRUPT : rc;
    }
    if (is_bad || *number == 0) {
        return WAVU_ERR_CORRUPT;
    }
    wr_init(&w, span_mut_of(space, sizeof space));
    wr_u32be(&w, *number);
    return store_put(s, NETWORKS, span_from_text(LAST_NUMBER), wr_span(&w));
}

/* ---- Logs ---- */

/* All parts one behind the other. */
static int read_log(struct store *s, const struct network_keep_row *row, struct buf *whole)
{
    char name[LOG_NAME_MAX];
    struct buf part;
    int rc = 0;

    log_name(name, row->number);
    buf_init(&part, STORE_VALUE_MAX);
    for (uint64_t at = 1; rc == 0; at++) {
        rc = store_record(s, name, &at, &part);
        rc = rc < 0 ? rc : buf_append(whole, buf_span(&part));
    }
    buf_clear(&part);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int network_keep_load(struct store *s, struct network_keep_row *row, const struct signer *signer,
                      const struct random *random, struct network *n)
{
    struct buf log;
    struct buf keys;

    buf_init(&log, MEMBERS_STORED_MAX);
    buf_init(&keys, NETWORK_KEYS_SIZE_MAX);
    int rc = read_log(s, row, &log);
    if (rc == 0) {
        rc = store_get(s, KEYS, id_of(row), &keys);
        rc = rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_CORRUPT : rc;
    }
    if (rc == 0) {
        rc = network_load(n, signer, random, buf_span(&log), buf_span(&keys));
    }
    if (rc == 0 && !span_is_equal(id_of(row), span_of(members_network(&n->log), sizeof row->id))) {
        network_clear(n);
        rc = WAVU_ERR_CORRUPT;
    }
    if (rc == 0) {
        row->stored = n->log.op_count;
    }
    buf_clear(&log);
    buf_wipe(&keys);
    return rc;
}

int network_keep_log(struct store *s, struct network_keep_row *row, const struct members *log)
{
    char name[LOG_NAME_MAX];
    struct buf part;
    int rc = 0;

    log_name(name, row->number);
    buf_init(&part, 2 * NETWORK_KEEP_PART);
    while (rc == 0 && row->stored < log->op_count) {
        uint64_t sequence = 0;
        uint32_t next = 0;

        part.len = 0;
        rc = members_save_part(log, row->stored, NETWORK_KEEP_PART, &part, &next);
        rc = rc < 0 ? rc : store_append(s, name, buf_span(&part), &sequence);
        row->stored = rc == 0 ? next : row->stored;
    }
    buf_clear(&part);
    return rc < 0 ? rc : put_row(s, row);
}

int network_keep_keys(struct store *s, const struct network_keep_row *row, const struct network *n)
{
    uint8_t space[NETWORK_KEYS_SIZE_MAX];
    struct wr w;

    wr_init(&w, span_mut_of(space, sizeof space));
    network_save_keys(n, &w);
    CHECK(wr_finish(&w) == 0);
    return store_put(s, KEYS, id_of(row), wr_span(&w));
}

/* ---- Backups ---- */

int network_keep_read(struct network_keep_row *row, const struct store_copied *at,
                      struct span value)
{
    memset(row, 0, sizeof *row);
    if (!at->is_table || !span_is_equal(at->name, span_from_text(NETWORKS)) ||
        at->key.len != sizeof row->id) {
        return WAVU_ERR_NOT_FOUND;
    }
    memcpy(row->id, at->key.ptr, sizeof row->id);
    return read_row(row, value);
}

bool network_keep_is_part(const struct store_copied *at, uint32_t *number)
{
    const struct span begins = span_from_text(LOG_BEGINS);
    uint64_t value = 0;

    if (!at->is_log || !span_has_prefix(at->name, begins)) {
        return false;
    }
    for (size_t i = begins.len; i < at->name.len; i++) {
        if (at->name.ptr[i] < '0' || at->name.ptr[i] > '9' || value > UINT32_MAX) {
            return false;
        }
        value = value * 10 + (uint64_t)(at->name.ptr[i] - '0');
    }
    *number = (uint32_t)value;
    return value > 0 && value <= UINT32_MAX;
}

/* No network that is made later gets this number. */
static int use_number(struct store *s, uint32_t used)
{
    uint8_t space[LAST_NUMBER_SIZE];
    uint32_t next = 0;
    struct wr w;
    int rc = network_keep_number(s, &next);

    wr_init(&w, span_mut_of(space, sizeof space));
    wr_u32be(&w, next > used ? next - 1 : used);
    return rc < 0 ? rc : store_put(s, NETWORKS, span_from_text(LAST_NUMBER), wr_span(&w));
}

int network_keep_begin(struct store *s, const struct network_keep_row *row)
{
    static const uint8_t no_keys = NETWORK_KEYS_FORMAT; /* what the log says is enough */
    struct network_keep_row young = *row;

    young.sequence = 0;
    memset(young.last, 0, sizeof young.last);
    int rc = use_number(s, row->number);
    rc = rc < 0 ? rc : store_put(s, KEYS, id_of(row), span_of(&no_keys, 1));
    return rc < 0 ? rc : put_row(s, &young);
}

int network_keep_append(struct store *s, uint32_t number, struct span part)
{
    char name[LOG_NAME_MAX];
    uint64_t sequence = 0;

    log_name(name, number);
    return store_append(s, name, part, &sequence);
}

int network_keep_forget(struct store *s, const struct network_keep_row *row)
{
    char name[LOG_NAME_MAX];

    log_name(name, row->number);
    int rc = store_delete_records(s, name, 1, UINT64_MAX >> 1);
    rc = rc < 0 ? rc : store_delete(s, KEYS, id_of(row));
    return rc < 0 ? rc : store_delete(s, NETWORKS, id_of(row));
}
