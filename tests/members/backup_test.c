/*
 * Records of a backup, one by one: what is written is read, what is not one is refused. The head's
 * and chunks' tests are those of the writer and the reader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/pb.h"
#include "members/backup.h"

static uint8_t room[512];

static struct span write(const struct backup_record *record)
{
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    backup_record_write(&w, record);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void test_records(void **state)
{
    (void)state;
    const struct backup_record in = {
        .kind = 300, .key = span_from_text("key"), .value = span_from_text("value")};
    const struct span bytes = write(&in);
    struct backup_record out;
    struct span rest = bytes;
    assert_int_equal(backup_record_read(&out, &rest), 0);
    assert_int_equal(out.kind, 300);
    assert_true(span_is_equal(out.key, in.key) && span_is_equal(out.value, in.value));
    assert_int_equal(rest.len, 0);
    for (size_t len = 0; len < bytes.len; len++) {
        rest = span_slice(bytes, 0, len);
        assert_int_equal(backup_record_read(&out, &rest), WAVU_ERR_CORRUPT);
        assert_int_equal(rest.len, len);
    }
}

static void test_malformed(void **state)
{
    (void)state;
    struct backup_record out;
    for (int what = 0; what < 6; what++) {
        uint8_t body[128];
        struct wr w;
        struct wr whole;
        wr_init(&w, span_mut_of(body, sizeof body));
        if (what == 5) {
            pb_write_bytes(&w, 1, span_empty()); /* the kind as bytes */
        } else if (what != 1) {
            pb_write_varint(&w, 1, what == 2 ? 0 : 2);
        }
        pb_write_text(&w, 2, "key");
        pb_write_text(&w, 3, "value");
        if (what == 3) {
            pb_write_text(&w, 3, "twice");
        }
        if (what == 4) {
            pb_write_varint(&w, 9, 1); /* unknown: passes */
        }
        wr_init(&whole, span_mut_of(room, sizeof room));
        wr_prefixed(&whole, wr_span(&w));
        struct span rest = wr_span(&whole);
        assert_int_equal(backup_record_read(&out, &rest),
                         what == 0 || what == 4 ? 0 : WAVU_ERR_CORRUPT);
    }
    uint8_t long_key[BACKUP_KEY_MAX + 1] = {0};
    struct backup_record in = {.kind = 2, .key = span_of(long_key, sizeof long_key)};
    struct span rest = write(&in);
    assert_int_equal(backup_record_read(&out, &rest), WAVU_ERR_CORRUPT);
    in.key.len--;
    rest = write(&in);
    assert_int_equal(backup_record_read(&out, &rest), 0);
}

static void test_counts(void **state)
{
    (void)state;
    struct backup_counts counts = {.identities = 0};
    static const uint64_t kinds[] = {BACKUP_IDENTITY, BACKUP_CONTACT, BACKUP_CONTACT,
                                     BACKUP_NETWORK,  BACKUP_NETWORK, 77};
    for (size_t i = 0; i < 6; i++) {
        const struct backup_record record = {.kind = kinds[i], .value = span_from_text("1234")};
        backup_count(&counts, &record);
    }
    assert_int_equal(counts.identities, 1);
    assert_int_equal(counts.contacts, 2);
    assert_int_equal(counts.pieces, 2);
    assert_int_equal(counts.log_bytes, 8);
    assert_int_equal(counts.others, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
