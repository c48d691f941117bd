/*
 * Rows: fixed fields first, and what has any length last.
 */
#include "discovery/kad_rows.h"

#include "base/check.h"
#include "base/mem.h"

_Static_assert(KAD_ROWS_KEY_MAX <= STORE_KEY_MAX, "keys are keys of the store");
_Static_assert(KAD_ROWS_VALUE_MAX <= STORE_VALUE_MAX, "values are values of the store");

void kad_rows_init(struct kad_rows *r, struct store *store, uint64_t now)
{
    *r = (struct kad_rows){.store = store};
    budget_bucket_init(&r->bucket, KAD_ROWS_RATE, KAD_ROWS_BURST, now);
}

bool kad_rows_may(struct kad_rows *r, size_t bytes, uint64_t now)
{
    CHECK(bytes <= KAD_ROWS_BURST);
    return r->store == NULL || budget_bucket_take(&r->bucket, (uint32_t)bytes, now) == 0;
}

static int kad_rows_put(struct kad_rows *r, const char *table, struct span key,
                        const struct wr *value)
{
    CHECK(wr_finish(value) == 0);
    return r->store != NULL ? store_put(r->store, table, key, wr_span(value)) : 0;
}

static void kad_rows_delete(struct kad_rows *r, const char *table, struct span key)
{
    if (r->store != NULL && store_delete(r->store, table, key) < 0) {
        r->lost++;
    }
}

/* ---- Writing ---- */

static struct span kad_rows_provided_key(uint8_t room[KAD_ROWS_KEY_MAX], struct span key,
                                         const struct peerid *holder)
{
    struct wr w;
    wr_init(&w, span_mut_of(room, KAD_ROWS_KEY_MAX));
    wr_u8(&w, (uint8_t)key.len);
    wr_bytes(&w, key);
    wr_bytes(&w, peerid_span(holder));
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

static struct span kad_rows_own_key(uint8_t room[KAD_ROWS_KEY_MAX], bool is_provided,
                                    struct span key)
{
    struct wr w;
    wr_init(&w, span_mut_of(room, KAD_ROWS_KEY_MAX));
    wr_u8(&w, is_provided ? 1 : 0);
    wr_bytes(&w, key);
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

int kad_rows_put_value(struct kad_rows *r, struct span key, const struct kad_rows_value *row)
{
    uint8_t room[KAD_ROWS_VALUE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    wr_u8(&w, KAD_ROWS_VERSION);
    wr_u64be(&w, row->until_ms);
    wr_u64be(&w, row->received_ms);
    wr_u64be(&w, row->sequence);
    wr_u64be(&w, row->end_ms);
    wr_u64be(&w, row->group);
    wr_prefixed(&w, peerid_span(&row->holder));
    wr_bytes(&w, row->value);
    return kad_rows_put(r, KAD_ROWS_VALUES, key, &w);
}

int kad_rows_put_provided(struct kad_rows *r, const struct kad_rows_provided *row)
{
    uint8_t key[KAD_ROWS_KEY_MAX];
    uint8_t room[9];
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    wr_u8(&w, KAD_ROWS_VERSION);
    wr_u64be(&w, row->until_ms);
    return kad_rows_put(r, KAD_ROWS_PROVIDED, kad_rows_provided_key(key, row->key, &row->holder),
                        &w);
}

int kad_rows_put_holder(struct kad_rows *r, const struct peerid *peer,
                        const struct kad_rows_holder *row)
{
    uint8_t room[9 + KAD_QUOTA_ADDRESSES_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    wr_u8(&w, KAD_ROWS_VERSION);
    wr_u64be(&w, row->group);
    wr_bytes(&w, row->addresses);
    return kad_rows_put(r, KAD_ROWS_HOLDERS, peerid_span(peer), &w);
}

int kad_rows_put_own(struct kad_rows *r, const struct kad_rows_own *row)
{
    uint8_t key[KAD_ROWS_KEY_MAX];
    uint8_t room[17 + KAD_MSG_VALUE_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    wr_u8(&w, KAD_ROWS_VERSION);
    wr_u64be(&w, row->due_ms);
    wr_u64be(&w, row->end_ms);
    wr_bytes(&w, row->value);
    return kad_rows_put(r, KAD_ROWS_OWN, kad_rows_own_key(key, row->is_provided, row->key), &w);
}

void kad_rows_delete_value(struct kad_rows *r, struct span key)
{
    kad_rows_delete(r, KAD_ROWS_VALUES, key);
}

void kad_rows_delete_provided(struct kad_rows *r, struct span key, const struct peerid *holder)
{
    uint8_t room[KAD_ROWS_KEY_MAX];
    kad_rows_delete(r, KAD_ROWS_PROVIDED, kad_rows_provided_key(room, key, holder));
}

void kad_rows_delete_holder(struct kad_rows *r, const struct peerid *peer)
{
    kad_rows_delete(r, KAD_ROWS_HOLDERS, peerid_span(peer));
}

void kad_rows_delete_own(struct kad_rows *r, bool is_provided, struct span key)
{
    uint8_t room[KAD_ROWS_KEY_MAX];
    kad_rows_delete(r, KAD_ROWS_OWN, kad_rows_own_key(room, is_provided, key));
}

/* ---- Reading ---- */

/* The version; 0, or what is wrong with it. */
static int kad_rows_version(struct rd *rd, struct span bytes)
{
    rd_init(rd, bytes);
    uint8_t version = rd_u8(rd);
    if (rd->failed || version == 0) {
        return WAVU_ERR_CORRUPT;
    }
    return version == KAD_ROWS_VERSION ? 0 : WAVU_ERR_UNSUPPORTED;
}

static int kad_rows_end(const struct rd *rd)
{
    return rd_finish(rd) == 0 ? 0 : WAVU_ERR_CORRUPT;
}

int kad_rows_get_value(struct kad_rows_value *row, struct span bytes)
{
    struct rd rd;
    int rc = kad_rows_version(&rd, bytes);
    if (rc == 0) {
        row->until_ms = rd_u64be(&rd);
        row->received_ms = rd_u64be(&rd);
        row->sequence = rd_u64be(&rd);
        row->end_ms = rd_u64be(&rd);
        row->group = rd_u64be(&rd);
        rc = peerid_decode(&row->holder, rd_prefixed(&rd, PEERID_SIZE_MAX)) == 0 ? 0
                                                                                 : WAVU_ERR_CORRUPT;
        row->value = rd_bytes(&rd, rd_left(&rd));
        bool is_value = row->value.len > 0 && row->value.len <= KAD_MSG_VALUE_MAX;
        rc = rc == 0 && is_value ? kad_rows_end(&rd) : WAVU_ERR_CORRUPT;
    }
    return rc;
}

int kad_rows_get_provided(struct kad_rows_provided *row, struct span key, struct span bytes)
{
    struct rd rd;
    int rc = kad_rows_version(&rd, bytes);
    if (rc == 0) {
        row->until_ms = rd_u64be(&rd);
        rc = kad_rows_end(&rd);
    }
    if (rc == 0) {
        rd_init(&rd, key);
        row->key = rd_bytes(&rd, rd_u8(&rd));
        bool is_key = row->key.len > 0 && row->key.len <= KAD_ROWS_PROVIDED_KEY_MAX;
        bool is_holder = peerid_decode(&row->holder, rd_bytes(&rd, rd_left(&rd))) == 0;
        rc = is_key && is_holder ? kad_rows_end(&rd) : WAVU_ERR_CORRUPT;
    }
    return rc;
}

int kad_rows_get_holder(struct kad_rows_holder *row, struct span bytes)
{
    struct rd rd;
    int rc = kad_rows_version(&rd, bytes);
    if (rc == 0) {
        row->group = rd_u64be(&rd);
        row->addresses = rd_bytes(&rd, rd_left(&rd));
        rc = row->addresses.len <= KAD_QUOTA_ADDRESSES_MAX ? kad_rows_end(&rd) : WAVU_ERR_CORRUPT;
    }
    return rc;
}

int kad_rows_get_own(struct kad_rows_own *row, struct span key, struct span bytes)
{
    struct rd rd;
    int rc = kad_rows_version(&rd, bytes);
    if (rc == 0) {
        row->due_ms = rd_u64be(&rd);
        row->end_ms = rd_u64be(&rd);
        row->value = rd_bytes(&rd, rd_left(&rd));
        rc = row->value.len <= KAD_MSG_VALUE_MAX ? kad_rows_end(&rd) : WAVU_ERR_CORRUPT;
    }
    if (rc == 0) {
        rd_init(&rd, key);
        uint8_t kind = rd_u8(&rd);
        row->is_provided = kind == 1;
        row->key = rd_bytes(&rd, rd_left(&rd));
        bool is_one = kind <= 1 && row->key.len > 0 && row->is_provided == (row->value.len == 0) &&
                      row->key.len <= (kind == 1 ? KAD_ROWS_PROVIDED_KEY_MAX : KAD_MSG_KEY_MAX);
        rc = is_one ? kad_rows_end(&rd) : WAVU_ERR_CORRUPT;
    }
    return rc;
}

int kad_rows_each(struct kad_rows *r, const char *table, kad_rows_take *take, void *context)
{
    struct buf key;
    struct buf value;
    int rc = r->store == NULL ? WAVU_ERR_NOT_FOUND : 0;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (rc == 0 && (rc = store_next(r->store, table, span_empty(), &key, &value)) == 0) {
        int taken = take(context, buf_span(&key), buf_span(&value));
        if (taken < 0 && taken != WAVU_ERR_UNSUPPORTED) {
            r->lost += taken == WAVU_ERR_CORRUPT;
            kad_rows_delete(r, table, buf_span(&key));
        }
    }
    buf_clear(&key);
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}
