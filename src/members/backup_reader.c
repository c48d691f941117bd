/*
 * A chunk is opened into memory of its own; the file's bytes stay as they are.
 */
#include "members/backup_reader.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "crypto/secret.h"

/* Memory as a source; `context` is the reader itself, which does not move while it is open. */
static int read_memory(void *context, uint64_t at, struct span_mut out, size_t *got)
{
    const struct backup_reader *r = context;
    const size_t left = at < r->file.len ? r->file.len - (size_t)at : 0;
    *got = left < out.len ? left : out.len;
    if (*got > 0) {
        memcpy(out.ptr, r->file.ptr + at, *got);
    }
    return 0;
}

static int read_at(const struct backup_reader *r, uint64_t at, struct span_mut out, size_t *got)
{
    return r->source.read(r->source.context, at, out, got);
}

static void prepare(struct backup_reader *r, struct aead *aead)
{
    memset(r, 0, sizeof *r);
    buf_init(&r->chunk, BACKUP_CHUNK_MAX);
    CHECK(buf_reserve(&r->chunk, BACKUP_CHUNK_MAX) == 0); /* growing would leave secrets behind */
    r->keys.aead = aead;
    r->at = BACKUP_HEAD_SIZE;
}

static int read_head(struct backup_reader *r, struct span passphrase)
{
    uint8_t head[BACKUP_HEAD_SIZE];
    size_t got = 0;
    const int rc = read_at(r, 0, span_mut_of(head, sizeof head), &got);
    return rc < 0 ? rc : backup_head_read(&r->keys, span_of(head, got), passphrase);
}

int backup_reader_open(struct backup_reader *r, struct span file, struct span passphrase,
                       struct aead *aead)
{
    prepare(r, aead);
    r->file = file;
    r->source = (struct backup_source){.read = read_memory, .context = r};
    r->err = file.len > BACKUP_FILE_MAX ? WAVU_ERR_LIMIT : read_head(r, passphrase);
    return r->err;
}

int backup_reader_open_source(struct backup_reader *r, const struct backup_source *source,
                              struct span passphrase, struct aead *aead)
{
    prepare(r, aead);
    r->source = *source;
    r->err = read_head(r, passphrase);
    return r->err;
}

void backup_reader_clear(struct backup_reader *r)
{
    buf_wipe(&r->chunk);
    secret_wipe(r, sizeof *r);
}

/* The next `len` bytes, all of them. */
static int read_all(struct backup_reader *r, struct span_mut out)
{
    size_t got = 0;
    const int rc = read_at(r, r->at, out, &got);
    r->at += got;
    return rc < 0 ? rc : got < out.len ? WAVU_ERR_CORRUPT : 0;
}

static int open_chunk(struct backup_reader *r)
{
    uint8_t head[4];
    uint8_t tag[AEAD_TAG_SIZE];
    struct rd in;
    int rc = read_all(r, span_mut_of(head, sizeof head));
    rd_init(&in, span_of(head, sizeof head));
    const uint32_t field = rd_u32be(&in);
    const size_t len = field & ~BACKUP_CHUNK_LAST;
    if (rc == 0 && (len == 0 || len > BACKUP_CHUNK_MAX)) {
        rc = WAVU_ERR_CORRUPT;
    }
    rc = rc < 0 ? rc : read_all(r, span_mut_of(r->chunk.ptr, len));
    rc = rc < 0 ? rc : read_all(r, span_mut_of(tag, sizeof tag));
    r->chunk.len = rc < 0 ? 0 : len;
    if (rc < 0) {
        return rc;
    }
    r->is_last = (field & BACKUP_CHUNK_LAST) != 0;
    r->rest = buf_span(&r->chunk);
    return backup_chunk_open(&r->keys, field, span_mut_of(r->chunk.ptr, r->chunk.len), tag);
}

/* Does something follow? */
static bool is_at_end(struct backup_reader *r)
{
    uint8_t more;
    size_t got = 0;
    return read_at(r, r->at, span_mut_of(&more, 1), &got) == 0 && got == 0;
}

/* The end: alone in the last chunk, nothing behind, and all that was counted was read. */
static int check_end(struct backup_reader *r, const struct backup_record *record)
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
                   r->rest.len == 0 && is_at_end(r)
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

/* Read an open one to its end, and close it. */
static int verify(struct backup_reader *r, int rc, struct backup_counts *counts)
{
    struct backup_record record;
    while (rc == 0) {
        rc = backup_reader_next(r, &record);
    }
    if (rc == WAVU_ERR_CLOSED) {
        *counts = r->counts;
        rc = 0;
    }
    backup_reader_clear(r);
    return rc;
}

int backup_reader_verify(struct backup_counts *counts, struct span file, struct span passphrase,
                         struct aead *aead)
{
    struct backup_reader r;
    return verify(&r, backup_reader_open(&r, file, passphrase, aead), counts);
}
