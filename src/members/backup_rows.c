/*
 * The stream of entries: bytes gather in one place, which has its full size from the start, so that
 * growing leaves no copies behind.
 */
#include "members/backup_rows.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "base/wr.h"

void backup_rows_init(struct backup_rows *r)
{
    *r = (struct backup_rows){.at = 0};
    buf_init(&r->bytes, BACKUP_ROWS_MAX);
    CHECK(buf_reserve(&r->bytes, BACKUP_ROWS_MAX) == 0);
}

void backup_rows_clear(struct backup_rows *r)
{
    buf_wipe(&r->bytes);
}

/* Move what is not used up to the front. */
static void pull_up(struct backup_rows *r)
{
    if (r->at > 0) {
        memmove(r->bytes.ptr, r->bytes.ptr + r->at, r->bytes.len - r->at);
        r->bytes.len -= r->at;
        r->at = 0;
    }
}

/* ---- Writing ---- */

static int put(struct backup_rows *r, uint64_t number, size_t size)
{
    uint8_t space[4];
    struct wr w;

    wr_init(&w, span_mut_of(space, size));
    if (size == 2) {
        wr_u16be(&w, (uint16_t)number);
    } else {
        wr_u32be(&w, (uint32_t)number);
    }
    return buf_append(&r->bytes, wr_span(&w));
}

int backup_rows_write(struct backup_rows *r, struct span whole, struct span value)
{
    if (whole.len > BACKUP_ROWS_KEY_MAX || value.len > STORE_VALUE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    pull_up(r);
    int rc = r->has_format ? 0 : put(r, STORE_FORMAT, 4);
    r->has_format = true;
    rc = rc < 0 ? rc : put(r, whole.len, 2);
    rc = rc < 0 ? rc : buf_append(&r->bytes, whole);
    rc = rc < 0 ? rc : put(r, value.len, 4);
    return rc < 0 ? rc : buf_append(&r->bytes, value);
}

bool backup_rows_piece(struct backup_rows *r, bool is_end, struct span *piece)
{
    size_t left = r->bytes.len - r->at;

    if (left == 0 || (left < BACKUP_VALUE_MAX && !is_end)) {
        return false;
    }
    *piece = span_of(r->bytes.ptr + r->at, left < BACKUP_VALUE_MAX ? left : BACKUP_VALUE_MAX);
    r->at += piece->len;
    return true;
}

/* ---- Reading ---- */

int backup_rows_feed(struct backup_rows *r, struct span piece)
{
    pull_up(r);
    return buf_append(&r->bytes, piece) < 0 ? WAVU_ERR_CORRUPT : 0;
}

static int read_format(struct backup_rows *r)
{
    struct rd in;

    rd_init(&in, span_of(r->bytes.ptr + r->at, r->bytes.len - r->at));
    uint32_t format = rd_u32be(&in);
    if (in.failed) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (format != STORE_FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    r->has_format = true;
    r->at += in.at;
    return 0;
}

int backup_rows_next(struct backup_rows *r, struct span *whole, struct span *value)
{
    struct rd in;
    int rc = r->has_format ? 0 : read_format(r);

    if (rc < 0) {
        return rc;
    }
    rd_init(&in, span_of(r->bytes.ptr + r->at, r->bytes.len - r->at));
    size_t key_len = rd_u16be(&in);
    if (key_len > BACKUP_ROWS_KEY_MAX) {
        return WAVU_ERR_CORRUPT;
    }
    *whole = rd_bytes(&in, key_len);
    size_t value_len = rd_u32be(&in);
    if (value_len > STORE_VALUE_MAX) {
        return WAVU_ERR_CORRUPT;
    }
    *value = rd_bytes(&in, value_len);
    if (in.failed) {
        return WAVU_ERR_NOT_FOUND;
    }
    r->at += in.at;
    return 0;
}

bool backup_rows_is_whole(const struct backup_rows *r)
{
    return r->at == r->bytes.len;
}
