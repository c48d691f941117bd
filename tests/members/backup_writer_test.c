/*
 * Backup files as they are written: the stated layout, nothing in clear, no device key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "members/backup_reader.h"
#include "members/backup_writer.h"
#include "tests/support/vectors.h"

static struct aead *aead;

static void fill_given(void *context, uint8_t *out, size_t len)
{
    const struct span *given = context;
    assert_int_equal(len, given->len);
    memcpy(out, given->ptr, len);
}

static void begin(struct backup_writer *w, struct buf *out, const struct random *random,
                  struct stretch_cost cost, struct span passphrase)
{
    const struct backup_writer_config config = {.aead = aead,
                                                .random = random,
                                                .kind = AEAD_CHACHA20_POLY1305,
                                                .cost = cost,
                                                .passphrase = passphrase};
    buf_init(out, BACKUP_FILE_MAX);
    assert_int_equal(backup_writer_begin(w, out, &config), 0);
}

static void begin_cheap(struct backup_writer *w, struct buf *out)
{
    static const uint8_t salt[BACKUP_SALT_SIZE] = {1, 2, 3};
    struct span given = span_of(salt, sizeof salt);
    const struct random random = {.fill = fill_given, .context = &given};
    const struct stretch_cost cost = {.memory_kib = BACKUP_MEMORY_KIB_MIN, .passes = 1};
    begin(w, out, &random, cost, span_from_text("secret"));
}

static void end(struct backup_writer *w, struct buf *out)
{
    backup_writer_clear(w);
    buf_clear(out);
}

/* The records of a vector, through our writer, are that vector's file. */
static void test_vectors(void **state)
{
    (void)state;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/backup.txt");
    size_t files = 0;
    while (vectors_next(v)) {
        struct span salt = vectors_span(v, "salt");
        const struct random random = {.fill = fill_given, .context = &salt};
        const struct stretch_cost cost = {
            .memory_kib =
                (uint32_t)strtoul((const char *)vectors_text(v, "memory_kib").ptr, NULL, 10),
            .passes = (uint8_t)strtoul((const char *)vectors_text(v, "passes").ptr, NULL, 10)};
        const struct span file = vectors_span(v, "file");
        struct span rest = vectors_span(v, "plain");
        struct backup_writer w;
        struct buf out;
        begin(&w, &out, &random, cost, vectors_span(v, "passphrase"));
        while (rest.len > 0) {
            struct backup_record record;
            assert_int_equal(backup_record_read(&record, &rest), 0);
            assert_int_equal(backup_writer_add(&w, &record), 0);
        }
        assert_int_equal(backup_writer_end(&w), 0);
        assert_int_equal(out.len, file.len);
        assert_memory_equal(out.ptr, file.ptr, file.len);
        struct backup_counts counts;
        assert_int_equal(backup_reader_verify(&counts, file, vectors_span(v, "passphrase"), aead),
                         0);
        char text[64];
        snprintf(text, sizeof text, "%d %d %d %d %d", (int)counts.identities, (int)counts.contacts,
                 (int)counts.pieces, (int)counts.log_bytes, (int)counts.others);
        assert_true(span_is_equal(span_from_text(text), vectors_text(v, "counts")));
        end(&w, &out);
        files++;
    }
    assert_int_equal(files, 2);
    vectors_close(v);
}

static bool has(struct span where, const void *what, size_t len)
{
    for (size_t at = 0; at + len <= where.len; at++) {
        if (memcmp(where.ptr + at, what, len) == 0) {
            return true;
        }
    }
    return false;
}

static void test_nothing_in_clear(void **state)
{
    (void)state;
    static const uint8_t seed[BACKUP_SEED_SIZE] = "0123456789abcdef0123456789abcde";
    struct backup_writer w;
    struct buf out;
    begin_cheap(&w, &out);
    const struct backup_record identity = {.kind = BACKUP_IDENTITY,
                                           .value = span_of(seed, sizeof seed)};
    const struct backup_record contact = {
        .kind = BACKUP_CONTACT, .key = span_of(seed, sizeof seed), .value = span_from_text("Juma")};
    assert_int_equal(backup_writer_add(&w, &identity), 0);
    assert_int_equal(backup_writer_add(&w, &contact), 0);
    assert_true(has(buf_span(&w.chunk), seed, 8)); /* the search does find */
    assert_int_equal(backup_writer_end(&w), 0);
    assert_false(has(buf_span(&out), seed, 8));
    assert_false(has(buf_span(&out), "Juma", 4));
    assert_false(has(span_of(w.chunk.ptr, w.chunk.cap), seed, 8)); /* sealed in place */
    const struct backup_keys none = {.aead = NULL};
    backup_writer_clear(&w);
    assert_memory_equal(&w.keys, &none, sizeof none);
    end(&w, &out);
}

static void test_no_device_key(void **state)
{
    (void)state;
    static const uint8_t seed[BACKUP_SEED_SIZE] = {1};
    static const uint64_t kinds[] = {0, BACKUP_END, BACKUP_DEVICE};
    struct backup_writer w;
    struct buf out;
    begin_cheap(&w, &out);
    struct backup_record record = {.kind = BACKUP_IDENTITY, .value = span_of(seed, sizeof seed)};
    assert_int_equal(backup_writer_add(&w, &record), 0);
    for (size_t i = 0; i < 3; i++) {
        record.kind = kinds[i];
        assert_int_equal(backup_writer_add(&w, &record), WAVU_ERR_INVALID);
    }
    /* Nor does a reader take one, whoever wrote it. */
    uint8_t room[64];
    struct wr r;
    for (uint64_t kind = 1; kind <= 16; kind++) {
        struct backup_record read;
        wr_init(&r, span_mut_of(room, sizeof room));
        record.kind = kind;
        backup_record_write(&r, &record);
        struct span rest = wr_span(&r);
        assert_int_equal(backup_record_read(&read, &rest),
                         kind == BACKUP_DEVICE ? WAVU_ERR_CORRUPT : 0);
    }
    end(&w, &out);
}

static void test_misuse(void **state)
{
    (void)state;
    static const uint8_t big[BACKUP_VALUE_MAX + 1];
    struct backup_writer w;
    struct buf out;
    begin_cheap(&w, &out);
    struct backup_record record = {.kind = BACKUP_CONTACT};
    assert_int_equal(backup_writer_end(&w), WAVU_ERR_INVALID);
    assert_int_equal(backup_writer_add(&w, &record), WAVU_ERR_INVALID); /* no identity yet */
    record.kind = BACKUP_IDENTITY;
    record.value = span_of(big, 31);
    assert_int_equal(backup_writer_add(&w, &record), WAVU_ERR_INVALID);
    record.value = span_of(big, 32);
    assert_int_equal(backup_writer_add(&w, &record), 0);
    assert_int_equal(backup_writer_add(&w, &record), WAVU_ERR_INVALID); /* one person a file */
    record.kind = BACKUP_NETWORK;
    record.value = span_of(big, sizeof big);
    for (size_t len = 0; len <= BACKUP_KEY_MAX; len++) { /* its name has one size */
        record.key = span_of(big, len);
        assert_int_equal(backup_writer_add(&w, &record),
                         len == BACKUP_NAME_SIZE ? WAVU_ERR_LIMIT : WAVU_ERR_INVALID);
    }
    record.kind = 300;
    record.value = span_of(big, BACKUP_VALUE_MAX);
    record.key = span_of(big, BACKUP_KEY_MAX + 1);
    assert_int_equal(backup_writer_add(&w, &record), WAVU_ERR_LIMIT);
    record.key.len = BACKUP_KEY_MAX;
    assert_int_equal(backup_writer_add(&w, &record), 0);
    end(&w, &out);

    const struct stretch_cost costs[] = {{.memory_kib = BACKUP_MEMORY_KIB_MIN - 1, .passes = 1},
                                         {.memory_kib = BACKUP_MEMORY_KIB_MIN, .passes = 0},
                                         {.memory_kib = BACKUP_MEMORY_KIB_MAX + 1, .passes = 1},
                                         {.memory_kib = BACKUP_MEMORY_KIB_MAX, .passes = 5}};
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    const struct random random = random_from_seeded(&seeded);
    for (size_t i = 0; i <= 4; i++) {
        const struct backup_writer_config config = {
            .aead = aead,
            .random = &random,
            .cost = i < 4 ? costs[i] : (struct stretch_cost){BACKUP_MEMORY_KIB_MIN, 1},
            .passphrase = i < 4 ? span_from_text("x") : span_empty()};
        buf_init(&out, BACKUP_FILE_MAX);
        assert_int_equal(backup_writer_begin(&w, &out, &config), WAVU_ERR_INVALID);
        end(&w, &out);
    }
}

/* A file that is full says so, and a record that did not fit is not counted. */
static void test_full_file(void **state)
{
    (void)state;
    static const uint8_t big[BACKUP_VALUE_MAX];
    struct backup_writer w;
    struct buf out;
    begin_cheap(&w, &out);
    out.max = 200000;
    struct backup_record record = {.kind = BACKUP_IDENTITY, .value = span_of(big, 32)};
    assert_int_equal(backup_writer_add(&w, &record), 0);
    record.kind = BACKUP_NETWORK;
    record.key = span_of(big, BACKUP_NAME_SIZE);
    record.value = span_of(big, sizeof big);
    int rc = 0;
    unsigned added = 0;
    while ((rc = backup_writer_add(&w, &record)) == 0) {
        added++;
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    assert_int_equal(w.counts.pieces, added);
    assert_int_equal(added, 7); /* six in the file, one waits */
    end(&w, &out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),       cmocka_unit_test(test_nothing_in_clear),
        cmocka_unit_test(test_no_device_key), cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_full_file),
    };
    if (secret_start() != 0 || (aead = aead_new()) == NULL) {
        return 1;
    }
    const int rc = cmocka_run_group_tests(tests, NULL, NULL);
    aead_free(aead);
    return rc;
}
