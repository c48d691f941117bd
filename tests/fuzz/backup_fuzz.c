/*
 * Backup files: whatever bytes come are refused or read to their end. The input is taken as a file,
 * as the records of a chunk, and as a chunk list behind a good head whose key the test has.
 */
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "crypto/secret.h"
#include "members/backup_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct aead *aead;

static void check_records(struct span rest)
{
    struct backup_record record;
    struct backup_counts counts;
    memset(&counts, 0, sizeof counts);
    while (rest.len > 0) {
        const size_t before = rest.len;
        if (backup_record_read(&record, &rest) < 0) {
            CHECK(rest.len == before);
            return;
        }
        CHECK(rest.len < before && record.kind != BACKUP_DEVICE);
        CHECK(record.value.len <= BACKUP_VALUE_MAX && record.key.len <= BACKUP_KEY_MAX);
        backup_count(&counts, &record);
    }
}

static int read_span(void *context, uint64_t at, struct span_mut out, size_t *got)
{
    const struct span *file = context;
    const size_t left = at < file->len ? file->len - (size_t)at : 0;
    *got = left < out.len ? left : out.len;
    if (*got > 0) {
        memcpy(out.ptr, file->ptr + at, *got);
    }
    return 0;
}

/* A reader behind the head, without Argon2id: as if the passphrase had given these keys. */
static void read_all(struct span chunks, struct aead_key key)
{
    struct backup_reader r;
    struct backup_record record;
    memset(&r, 0, sizeof r);
    buf_init(&r.chunk, BACKUP_CHUNK_MAX);
    CHECK(buf_reserve(&r.chunk, BACKUP_CHUNK_MAX) == 0);
    r.keys.aead = aead;
    r.keys.chunk = key;
    r.source = (struct backup_source){.read = read_span, .context = &chunks};
    size_t records = 0;
    while (backup_reader_next(&r, &record) == 0) {
        CHECK(++records <= chunks.len);
    }
    CHECK(r.err == WAVU_ERR_CLOSED || r.err == WAVU_ERR_CORRUPT);
    backup_reader_clear(&r);
}

/* The input as the plain content of chunks that are sealed well. */
static void check_sealed(struct span plain, struct aead_key key)
{
    struct backup_keys keys = {.aead = aead, .chunk = key};
    struct buf file;
    uint8_t tag[AEAD_TAG_SIZE];
    size_t at = 0;
    buf_init(&file, 1 << 20);
    while (at < plain.len) {
        const size_t left = plain.len - at - 1;
        const size_t len = left < plain.ptr[at] ? left : plain.ptr[at];
        const uint32_t field = (uint32_t)len | (left == len ? BACKUP_CHUNK_LAST : 0);
        const uint8_t head[4] = {(uint8_t)(field >> 24), 0, 0, (uint8_t)field};
        at++;
        if (len > 0) {
            CHECK(buf_append(&file, span_of(head, sizeof head)) == 0);
            CHECK(buf_append(&file, span_slice(plain, at, len)) == 0);
            backup_chunk_seal(&keys, field, span_mut_of(file.ptr + file.len - len, len), tag);
            CHECK(buf_append(&file, span_of(tag, sizeof tag)) == 0);
        }
        at += len;
    }
    read_all(buf_span(&file), key);
    buf_clear(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct aead_key key = {.kind = AEAD_CHACHA20_POLY1305, .bytes = {1, 2, 3}};
    struct backup_counts counts;
    const struct span in = span_of(data, size);
    if (aead == NULL) {
        CHECK(secret_start() == 0);
        aead = aead_new();
        CHECK(aead != NULL);
    }
    if (size < 20 || data[15] == 0) { /* without Argon2id's cost: a head that passes its check */
        CHECK(backup_reader_verify(&counts, in, span_from_text("x"), aead) < 0);
    }
    check_records(in);
    read_all(in, key);
    check_sealed(in, key);
    return 0;
}
