/*
 * Backup files as they come back: whole, cut, changed, with wrong passphrases, hostile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/rd.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "members/backup_reader.h"
#include "members/backup_writer.h"

static struct aead *aead;
static struct random_seeded seeded;
static struct random random_source;

/* Argon2id is the machine's heaviest step by far: these tests open thousands of files that differ
 * behind the head, so its result is remembered by what went in. */
static struct {
    bool is_on;
    size_t calls;
    uint8_t salt[16];
    uint8_t passphrase[16];
    size_t len;
    uint8_t out[32];
} remembered;

int __real_stretch_key(uint8_t *key, struct span secret, const uint8_t *salt,
                       struct stretch_cost cost);
int __wrap_stretch_key(uint8_t *key, struct span secret, const uint8_t *salt,
                       struct stretch_cost cost);

int __wrap_stretch_key(uint8_t *key, struct span secret, const uint8_t *salt,
                       struct stretch_cost cost)
{
    const struct span last = span_of(remembered.passphrase, remembered.len);
    remembered.calls++;
    if (remembered.is_on && span_is_equal(secret, last) && memcmp(remembered.salt, salt, 16) == 0) {
        memcpy(key, remembered.out, 32);
        return 0;
    }
    const int rc = __real_stretch_key(key, secret, salt, cost);
    assert_true(secret.len <= sizeof remembered.passphrase);
    remembered.is_on = true;
    remembered.len = secret.len;
    memcpy(remembered.passphrase, secret.ptr, secret.len);
    memcpy(remembered.salt, salt, 16);
    memcpy(remembered.out, key, 32);
    return rc;
}

static const struct span passphrase = {(const uint8_t *)"open sesame", 11};

/* A file with `contacts` contacts and `pieces` of a log, of `size` bytes each. */
static void make(struct buf *out, enum aead_kind kind, unsigned contacts, unsigned pieces,
                 size_t size)
{
    uint8_t *value = mem_new(BACKUP_VALUE_MAX);
    struct backup_writer w;
    const struct backup_writer_config config = {
        .aead = aead,
        .random = &random_source,
        .kind = kind,
        .cost = {.memory_kib = BACKUP_MEMORY_KIB_MIN, .passes = 1},
        .passphrase = passphrase};
    buf_init(out, BACKUP_FILE_MAX);
    assert_int_equal(backup_writer_begin(&w, out, &config), 0);
    memset(value, 7, 32);
    struct backup_record record = {.kind = BACKUP_IDENTITY, .value = span_of(value, 32)};
    assert_int_equal(backup_writer_add(&w, &record), 0);
    record.kind = BACKUP_CONTACT;
    uint8_t root[32] = {0};
    record.key = span_of(root, sizeof root);
    for (unsigned i = 0; i < contacts; i++) {
        root[0] = (uint8_t)i;
        assert_int_equal(backup_writer_add(&w, &record), 0);
    }
    record.kind = BACKUP_NETWORK;
    for (unsigned i = 0; i < pieces; i++) {
        memset(value, (int)i, size);
        record.value = span_of(value, size);
        assert_int_equal(backup_writer_add(&w, &record), 0);
    }
    assert_int_equal(backup_writer_end(&w), 0);
    backup_writer_clear(&w);
    mem_free(value);
}

static int verify(struct span file)
{
    struct backup_counts counts;
    return backup_reader_verify(&counts, file, passphrase, aead);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct buf out;
        struct backup_reader r;
        struct backup_record record;
        make(&out, kind == 0 ? AEAD_CHACHA20_POLY1305 : AEAD_AES256_GCM, 3, 9, BACKUP_VALUE_MAX);
        assert_int_equal(backup_reader_open(&r, buf_span(&out), passphrase, aead), 0);
        assert_int_equal(backup_reader_next(&r, &record), 0);
        assert_int_equal(record.kind, BACKUP_IDENTITY);
        assert_int_equal(record.value.len, BACKUP_SEED_SIZE);
        for (uint8_t i = 0; i < 3; i++) {
            assert_int_equal(backup_reader_next(&r, &record), 0);
            assert_int_equal(record.kind, BACKUP_CONTACT);
            assert_int_equal(record.key.ptr[0], i);
        }
        for (uint8_t i = 0; i < 9; i++) {
            assert_int_equal(backup_reader_next(&r, &record), 0);
            assert_int_equal(record.kind, BACKUP_NETWORK);
            assert_int_equal(record.value.len, BACKUP_VALUE_MAX);
            assert_int_equal(record.value.ptr[BACKUP_VALUE_MAX - 1], i);
        }
        assert_int_equal(backup_reader_next(&r, &record), WAVU_ERR_CLOSED);
        assert_int_equal(backup_reader_next(&r, &record), WAVU_ERR_CLOSED);
        backup_reader_clear(&r);
        buf_clear(&out);
    }
}

static void test_verify_counts(void **state)
{
    (void)state;
    struct buf out;
    struct backup_counts counts;
    const size_t before = mem_live_count();
    make(&out, AEAD_CHACHA20_POLY1305, 5, 4, 1000);
    assert_int_equal(backup_reader_verify(&counts, buf_span(&out), passphrase, aead), 0);
    assert_int_equal(counts.identities, 1);
    assert_int_equal(counts.contacts, 5);
    assert_int_equal(counts.pieces, 4);
    assert_int_equal(counts.log_bytes, 4000);
    assert_int_equal(counts.others, 0);
    buf_clear(&out);
    assert_int_equal(mem_live_count(), before);
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    struct buf out;
    make(&out, AEAD_CHACHA20_POLY1305, 2, 3, 100);
    for (size_t len = 0; len < out.len; len++) {
        assert_int_equal(verify(span_of(out.ptr, len)), WAVU_ERR_CORRUPT);
    }
    assert_int_equal(verify(buf_span(&out)), 0);
    assert_int_equal(buf_append(&out, span_from_text("x")), 0);
    assert_int_equal(verify(buf_span(&out)), WAVU_ERR_CORRUPT);
    buf_clear(&out);
}

static void test_every_bit(void **state)
{
    (void)state;
    struct buf out;
    make(&out, AEAD_AES256_GCM, 2, 3, 100);
    for (size_t bit = 0; bit < out.len * 8; bit++) {
        out.ptr[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        const int rc = verify(buf_span(&out));
        /* A spoilt proof looks like a wrong passphrase: docs/protocol/backup.md says why. */
        const bool in_proof = bit / 8 >= BACKUP_BOUND_SIZE + 8 && bit / 8 < BACKUP_HEAD_SIZE;
        assert_int_equal(rc, in_proof ? WAVU_ERR_DENIED : WAVU_ERR_CORRUPT);
        out.ptr[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    buf_clear(&out);
}

/* Where each chunk begins, and the end behind the last. */
static size_t chunks_of(size_t at[16], struct span file)
{
    size_t count = 0;
    at[0] = BACKUP_HEAD_SIZE;
    while (at[count] < file.len) {
        struct rd r;
        rd_init(&r, span_slice(file, at[count], 4));
        const size_t len = rd_u32be(&r) & ~BACKUP_CHUNK_LAST;
        at[count + 1] = at[count] + 4 + len + AEAD_TAG_SIZE;
        count++;
        assert_true(count < 15);
    }
    return count;
}

static void append(struct buf *out, const struct buf *from, const size_t at[16], size_t chunk)
{
    assert_int_equal(
        buf_append(out, span_slice(buf_span(from), at[chunk], at[chunk + 1] - at[chunk])), 0);
}

static void test_chunks_stay_in_place(void **state)
{
    (void)state;
    struct buf file;
    struct buf other;
    struct buf out;
    size_t at[16];
    size_t elsewhere[16];
    make(&file, AEAD_CHACHA20_POLY1305, 0, 5, BACKUP_VALUE_MAX);
    make(&other, AEAD_CHACHA20_POLY1305, 0, 5, BACKUP_VALUE_MAX);
    const size_t count = chunks_of(at, buf_span(&file));
    assert_int_equal(count, 6); /* a piece each, and the end */
    assert_int_equal(chunks_of(elsewhere, buf_span(&other)), count);
    static const int orders[][8] = {
        {0, 1, 2, 3, 4, 5, -1},    /* as it was */
        {1, 0, 2, 3, 4, 5, -1},    /* swapped */
        {0, 1, 1, 2, 3, 4, 5, -1}, /* repeated */
        {0, 1, 2, 4, 5, -1},       /* dropped */
        {0, 1, 2, 3, 5, -1},       /* dropped before the end */
        {0, 1, 2, 3, 4, -1},       /* no end */
        {5, -1},                   /* nothing but the end */
        {0, 1, 2, 3, 4, 5, 5, -1},
        {0, 1, 2, 13, 4, 5, -1}, /* one of another file under the same passphrase */
    };
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        buf_init(&out, BACKUP_FILE_MAX);
        assert_int_equal(buf_append(&out, span_of(file.ptr, BACKUP_HEAD_SIZE)), 0);
        for (size_t k = 0; orders[i][k] >= 0; k++) {
            const size_t chunk = (size_t)orders[i][k];
            append(&out, chunk < 10 ? &file : &other, chunk < 10 ? at : elsewhere, chunk % 10);
        }
        assert_int_equal(verify(buf_span(&out)), i == 0 ? 0 : WAVU_ERR_CORRUPT);
        buf_clear(&out);
    }
    buf_clear(&file);
    buf_clear(&other);
}

static void test_wrong_passphrase(void **state)
{
    (void)state;
    static const char *const wrong[] = {"open sesam", "open sesame ", "Open sesame", ""};
    struct buf out;
    struct backup_counts counts = {.contacts = 77};
    make(&out, AEAD_CHACHA20_POLY1305, 1, 1, 10);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            backup_reader_verify(&counts, buf_span(&out), span_from_text(wrong[i]), aead),
            WAVU_ERR_DENIED);
    }
    assert_int_equal(counts.contacts, 77);
    out.ptr[out.len - 1] ^= 1; /* the right one, and a damaged file */
    assert_int_equal(verify(buf_span(&out)), WAVU_ERR_CORRUPT);
    buf_clear(&out);
}

/* Change the head as its owner could, with its check made again. */
static void patch(struct buf *out, size_t at, uint8_t value)
{
    uint8_t hash[HASH_SHA256_SIZE];
    out->ptr[at] = value;
    hash_sha256(hash, span_of(out->ptr, BACKUP_BOUND_SIZE));
    memcpy(out->ptr + BACKUP_BOUND_SIZE, hash, 8);
}

static void test_costs_are_bounded(void **state)
{
    (void)state;
    static const struct {
        uint8_t passes;
        uint32_t memory_kib;
    } hostile[] = {{1, BACKUP_MEMORY_KIB_MAX + 1},
                   {1, 0xffffffff},
                   {0, BACKUP_MEMORY_KIB},
                   {17, BACKUP_MEMORY_KIB_MIN},
                   {255, 0x01010101},
                   {5, BACKUP_MEMORY_KIB_MAX},
                   {1, BACKUP_MEMORY_KIB_MIN - 1},
                   {16, BACKUP_MEMORY_KIB + 1024}};
    struct buf out;
    make(&out, AEAD_CHACHA20_POLY1305, 0, 0, 0);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        const size_t calls = remembered.calls;
        for (size_t k = 0; k < 4; k++) {
            patch(&out, 16 + k, (uint8_t)(hostile[i].memory_kib >> (24 - 8 * k)));
        }
        patch(&out, 15, hostile[i].passes);
        assert_int_equal(verify(buf_span(&out)), WAVU_ERR_LIMIT);
        assert_int_equal(remembered.calls, calls); /* refused before any work */
    }
    struct span huge = span_of(out.ptr, (size_t)BACKUP_FILE_MAX + 1); /* not read */
    assert_int_equal(verify(huge), WAVU_ERR_LIMIT);
    buf_clear(&out);
}

static void test_newer(void **state)
{
    (void)state;
    struct buf out;
    make(&out, AEAD_CHACHA20_POLY1305, 0, 0, 0);
    patch(&out, 12, 2);
    assert_int_equal(verify(buf_span(&out)), WAVU_ERR_UNSUPPORTED);
    patch(&out, 12, 1);
    patch(&out, 13, 3); /* an AEAD that is none */
    assert_int_equal(verify(buf_span(&out)), WAVU_ERR_CORRUPT);
    patch(&out, 13, 1);
    patch(&out, 14, 2); /* lanes */
    assert_int_equal(verify(buf_span(&out)), WAVU_ERR_CORRUPT);
    patch(&out, 14, 1);
    assert_int_equal(verify(buf_span(&out)), 0);
    buf_clear(&out);
}

/* A file of another writer, who has the passphrase: chunks with these records, 'i' an identity, 'k'
 * one with a key, 'c' a contact, 's' one with a short key, 'l' with a long one, 'e' the right end,
 * 'x' one with other counts, 'y' one with a key, '|' a new chunk; the last one is marked
 * as `last` says. */
static int verify_written(const char *records, bool last)
{
    static const uint8_t seed[BACKUP_SEED_SIZE] = {9};
    uint8_t head[BACKUP_HEAD_SIZE] = {0};
    uint8_t room[512];
    uint8_t tag[AEAD_TAG_SIZE];
    struct backup_keys keys = {.aead = aead};
    struct buf file;
    struct wr w;
    const struct stretch_cost cost = {.memory_kib = BACKUP_MEMORY_KIB_MIN, .passes = 1};
    buf_init(&file, BACKUP_FILE_MAX);
    assert_int_equal(backup_head_write(&keys, head, AEAD_CHACHA20_POLY1305, cost, passphrase), 0);
    assert_int_equal(buf_append(&file, span_of(head, sizeof head)), 0);
    wr_init(&w, span_mut_of(room, sizeof room));
    for (const char *at = records;; at++) {
        if (*at == '|' || *at == 0) {
            const uint32_t field = (uint32_t)w.len | (*at == 0 && last ? BACKUP_CHUNK_LAST : 0);
            const uint8_t length[4] = {(uint8_t)(field >> 24), 0, (uint8_t)(field >> 8),
                                       (uint8_t)field};
            backup_chunk_seal(&keys, field, span_mut_of(room, w.len), tag);
            assert_int_equal(buf_append(&file, span_of(length, sizeof length)), 0);
            assert_int_equal(buf_append(&file, wr_span(&w)), 0);
            assert_int_equal(buf_append(&file, span_of(tag, sizeof tag)), 0);
            wr_init(&w, span_mut_of(room, sizeof room));
        }
        if (*at == 0) {
            break;
        }
        uint8_t counts[40] = {0};
        counts[7] = 1;
        counts[15] = *at == 'x' ? 7 : 1;
        const size_t len = *at == 's' ? 31 : *at == 'l' ? 33 : BACKUP_NAME_SIZE;
        struct backup_record record = {.kind = BACKUP_CONTACT, .key = span_of(head, len)};
        if (*at == 'i' || *at == 'k') {
            record = (struct backup_record){.kind = BACKUP_IDENTITY,
                                            .value = span_of(seed, sizeof seed)};
        } else if (*at == 'e' || *at == 'x' || *at == 'y') {
            record =
                (struct backup_record){.kind = BACKUP_END, .value = span_of(counts, sizeof counts)};
        }
        if (*at == 'k' || *at == 'y') {
            record.key = span_of(seed, 1);
        }
        if (*at != '|') {
            backup_record_write(&w, &record);
        }
    }
    const int rc = verify(buf_span(&file));
    buf_clear(&file);
    return rc;
}

static void test_files_of_another_writer(void **state)
{
    (void)state;
    assert_int_equal(verify_written("ic|e", true), 0);
    assert_int_equal(verify_written("i|c|e", true), 0);
    static const char *const bad[] = {"ic|x",   "ice",  "ic|ec", "ic|c|e", "ci|e", "iic|e",
                                      "i|ic|e", "c|e",  "e",     "ic|e|e", "ic|c", "ic|ee",
                                      "kc|e",   "is|e", "il|e",  "ic|y"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(verify_written(bad[i], true), WAVU_ERR_CORRUPT);
    }
    assert_int_equal(verify_written("ic|e", false), WAVU_ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_verify_counts),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_chunks_stay_in_place),
        cmocka_unit_test(test_wrong_passphrase),
        cmocka_unit_test(test_costs_are_bounded),
        cmocka_unit_test(test_newer),
        cmocka_unit_test(test_files_of_another_writer),
    };
    if (secret_start() != 0 || (aead = aead_new()) == NULL) {
        return 1;
    }
    random_seeded_init(&seeded, 2);
    random_source = random_from_seeded(&seeded);
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    aead_free(aead);
    return rc;
}
