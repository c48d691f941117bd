/*
 * Rows of files. Source: docs/protocol/file.md.
 */
#include "sync/file_row.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"

#define FORMAT 1

void file_row_write(struct wr *w, const struct file_row *row)
{
    CHECK(row->text_len <= FILE_ROW_TEXT_MAX);
    wr_u8(w, FORMAT);
    wr_u8(w, (uint8_t)row->state);
    wr_u8(w, aead_number(row->aead));
    wr_u64be(w, row->size);
    wr_bytes(w, span_of(row->key, sizeof row->key));
    wr_u64be(w, row->stamp.size);
    wr_u64be(w, row->stamp.changed_ns);
    wr_u64be(w, row->stamp.node);
    wr_bytes(w, span_of(row->text, row->text_len));
}

int file_row_read(struct file_row *row, struct span value)
{
    struct rd r;

    memset(row, 0, sizeof *row);
    rd_init(&r, value);
    uint8_t format = rd_u8(&r);
    uint8_t state = rd_u8(&r);
    uint8_t aead = rd_u8(&r);

    row->size = rd_u64be(&r);
    rd_copy(&r, row->key, sizeof row->key);
    row->stamp.size = rd_u64be(&r);
    row->stamp.changed_ns = rd_u64be(&r);
    row->stamp.node = rd_u64be(&r);
    row->text_len = rd_left(&r);
    if (!r.failed && format > FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (r.failed || format != FORMAT || state < FILE_ROW_OFFERED || state > FILE_ROW_HERE ||
        row->size > FILE_SHAPE_SIZE_MAX || row->text_len > FILE_ROW_TEXT_MAX ||
        aead_of_number(&row->aead, aead) < 0) {
        return WAVU_ERR_CORRUPT;
    }
    row->state = (enum file_row_state)state;
    rd_copy(&r, (uint8_t *)row->text, row->text_len);
    return memchr(row->text, 0, row->text_len) == NULL ? 0 : WAVU_ERR_CORRUPT;
}
