/*
 * A chunk is opened into memory of its own; the file's bytes stay as they are.
 */
#include "members/backup_reader.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "crypto/secret.h"

int backup_reader_open(struct backup_reader *r, struct span file, struct span passphrase,
                       struct aead *aead)
{
    memset(r, 0, sizeof *r);
    buf_init(&r->chunk, BACKUP_CHUNK_MAX);
    CHECK(buf_reserve(&r->chunk, BACKUP_CHUNK_MAX) == 0); /* growing would leave secrets behind */
    r->keys.aead = aead;
    r->file = file;
    r->at = BACKUP_HEAD_SIZE;
    r->err =
        file.len > BACKUP_FILE_MAX ? WAVU_ERR_LIMIT : backup_head_read(&r->keys, file, passphrase);
    return r->err;
}

void backup_reader_clear(struct backup_reader *r)
{
    buf_wipe(&r->chunk);
    secret_wipe(r, sizeof *r);
}

static int open_chunk(struct backup_reader *r)
{
    struct rd in;
    rd_init(&in, span_slice(r->file, r->at, r->file.len - r->at));
    const uint32_t field = rd_u32be(&in);
    const size_t len = field & ~BACKUP_CHUNK_LAST;
    if (len == 0 || len > BACKUP_CHUNK_MAX) {
        return WAVU_ERR_CORRUPT;
    }
    const struct span data = rd_bytes(&in, len);
    const struct span tag = rd_bytes(&in, AEAD_TAG_SIZE);
    r->chunk.len = 0;
    if (in.failed || buf_append(&r->chunk, data) < 0) {
        return WAVU_ERR_CORRUPT;
    }
    r->at += in.at;
    r->is_last = (field & BACKUP_CHUNK_LAST) != 0;
    r->rest = buf_span(&r->chunk);
    return backup_chunk_open(&r->keys, field, span_mut_of(r->chunk.ptr, r->chunk.len), tag.ptr);
}

/* The end: alone in the last chunk, nothing behind, and all that was counted was read. */
static int check_end(const struct backup_reader *r, const struct backup_record *record)
{
    struct rd in;
    rd_init(&in, record->value);
    const struct backup_counts said = {.identities = rd_u64be(&in),
                                       .contacts = rd_u64be(&in),
                                       .pieces = rd_u64be(&in),
                                       .log_bytes = rd_u64be(&in),
                                       .others = rd_u64be(&in)};
    const struct backup_counts *c = &r->counts;
    const bool is_equal = said.identities == c->identities && said.contacts == c->contacts &&
                          said.pieces == c->pieces && said.log_bytes == c->log_bytes &&
                          said.others == c->others;
    return rd_finish(&in) == 0 && is_equal && c->identities == 1 && r->is_last &&
                   r->rest.len == 0 && r->at == r->file.len
               ? WAVU_ERR_CLOSED
               : WAVU_ERR_CORRUPT;
}

static int read_next(struct backup_reader *r, struct backup_record *record)
{
    if (r->rest.len == 0) {
        const int rc = r->is_last ? WAVU_ERR_CORRUPT : open_chunk(r);
        if (rc < 0) {
            return rc;
        }
    }
    if (backup_record_read(record, &r->rest) < 0 || !backup_record_is_sized(record)) {
        return WAVU_ERR_CORRUPT;
    }
    if (record->kind == BACKUP_END) {
        return check_end(r, record);
    }
    const bool is_identity = record->kind == BACKUP_IDENTITY;
    if (r->is_last || is_identity != (r->counts.identities == 0)) {
        return WAVU_ERR_CORRUPT;
    }
    backup_count(&r->counts, record);
    return 0;
}

int backup_reader_next(struct backup_reader *r, struct backup_record *record)
{
    if (r->err == 0) {
        r->err = read_next(r, record);
    }
    return r->err;
}

int backup_reader_verify(struct backup_counts *counts, struct span file, struct span passphrase,
                         struct aead *aead)
{
    struct backup_reader r;
    struct backup_record record;
    int rc = backup_reader_open(&r, file, passphrase, aead);
    while (rc == 0) {
        rc = backup_reader_next(&r, &record);
    }
    if (rc == WAVU_ERR_CLOSED) {
        *counts = r.counts;
        rc = 0;
    }
    backup_reader_clear(&r);
    return rc;
}
