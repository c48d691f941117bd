/*
 * Records gather in a chunk until the next one does not fit; then it is sealed into the file.
 */
#include "members/backup_writer.h"

#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"

int backup_writer_begin(struct backup_writer *w, struct buf *out,
                        const struct backup_writer_config *config)
{
    uint8_t head[BACKUP_HEAD_SIZE];
    memset(w, 0, sizeof *w);
    buf_init(&w->chunk, BACKUP_CHUNK_MAX);
    CHECK(buf_reserve(&w->chunk, BACKUP_CHUNK_MAX) == 0); /* growing would leave secrets behind */
    w->out = out;
    w->keys.aead = config->aead;
    random_fill(config->random, head + BACKUP_BOUND_SIZE - BACKUP_SALT_SIZE, BACKUP_SALT_SIZE);
    const int rc =
        backup_head_write(&w->keys, head, config->kind, config->cost, config->passphrase);
    return rc < 0 ? rc : buf_append(out, span_of(head, sizeof head));
}

/* Seal what waits; `last` bit as given. */
static int flush(struct backup_writer *w, uint32_t last)
{
    uint8_t tag[AEAD_TAG_SIZE];
    uint8_t field[4];
    struct wr length;
    if (w->chunk.len == 0) {
        return 0;
    }
    const int rc = buf_reserve(w->out, sizeof field + w->chunk.len + sizeof tag);
    if (rc < 0) {
        return rc;
    }
    const uint32_t value = (uint32_t)w->chunk.len | last;
    wr_init(&length, span_mut_of(field, sizeof field));
    wr_u32be(&length, value);
    backup_chunk_seal(&w->keys, value, span_mut_of(w->chunk.ptr, w->chunk.len), tag);
    CHECK(buf_append(w->out, wr_span(&length)) == 0);
    CHECK(buf_append(w->out, buf_span(&w->chunk)) == 0);
    CHECK(buf_append(w->out, span_of(tag, sizeof tag)) == 0);
    w->chunk.len = 0;
    return 0;
}

static int put(struct backup_writer *w, const struct backup_record *record)
{
    struct wr measure;
    struct wr out;
    wr_init(&measure, span_mut_of(NULL, 0));
    backup_record_write(&measure, record);
    if (w->chunk.len + measure.len > BACKUP_CHUNK_MAX) {
        const int rc = flush(w, 0);
        if (rc < 0) {
            return rc;
        }
    }
    CHECK(buf_reserve(&w->chunk, measure.len) == 0);
    wr_init(&out, span_mut_of(w->chunk.ptr + w->chunk.len, measure.len));
    backup_record_write(&out, record);
    w->chunk.len += measure.len;
    return wr_finish(&out);
}

int backup_writer_add(struct backup_writer *w, const struct backup_record *record)
{
    const bool is_identity = record->kind == BACKUP_IDENTITY;
    if (record->kind == 0 || record->kind == BACKUP_END || record->kind == BACKUP_DEVICE ||
        is_identity != (w->counts.identities == 0) || !backup_record_is_sized(record)) {
        return WAVU_ERR_INVALID;
    }
    if (record->key.len > BACKUP_KEY_MAX || record->value.len > BACKUP_VALUE_MAX) {
        return WAVU_ERR_LIMIT;
    }
    const int rc = put(w, record);
    if (rc == 0) {
        backup_count(&w->counts, record);
    }
    return rc;
}

int backup_writer_end(struct backup_writer *w)
{
    uint8_t room[5 * 8];
    struct wr counts;
    const struct backup_counts *c = &w->counts;
    if (c->identities == 0) {
        return WAVU_ERR_INVALID;
    }
    int rc = flush(w, 0);
    if (rc < 0) {
        return rc;
    }
    wr_init(&counts, span_mut_of(room, sizeof room));
    wr_u64be(&counts, c->identities);
    wr_u64be(&counts, c->contacts);
    wr_u64be(&counts, c->pieces);
    wr_u64be(&counts, c->log_bytes);
    wr_u64be(&counts, c->others);
    const struct backup_record end = {.kind = BACKUP_END, .value = wr_span(&counts)};
    rc = put(w, &end);
    return rc < 0 ? rc : flush(w, BACKUP_CHUNK_LAST);
}

void backup_writer_clear(struct backup_writer *w)
{
    buf_wipe(&w->chunk);
    secret_wipe(&w->keys, sizeof w->keys);
}
