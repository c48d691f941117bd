/* What a message says of a file. */
#include "sync/file_about.h"

#include "tests/base/unit.h"

static uint8_t room[FILE_ABOUT_SIZE_MAX];
static struct file_about about;
static struct file_about back;

static void fill(void)
{
    about = (struct file_about){.id = {1},
                                .key = {2},
                                .size = 70000,
                                .aead = AEAD_AES256_GCM,
                                .name = UNIT_TEXT("trip.ogg"),
                                .media = UNIT_TEXT("audio/ogg"),
                                .thumbnail = UNIT_TEXT("tiny")};
}

static struct span encode(void)
{
    struct wr w;

    wr_init(&w, span_mut_of(room, sizeof room));
    file_about_encode(&w, &about);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void expect_same(void)
{
    assert_int_equal(file_about_decode(&back, encode()), 0);
    assert_memory_equal(back.id, about.id, sizeof back.id);
    assert_memory_equal(back.key, about.key, sizeof back.key);
    assert_true(back.size == about.size && back.aead == about.aead);
    assert_true(span_is_equal(back.name, about.name) && span_is_equal(back.media, about.media));
    assert_true(span_is_equal(back.thumbnail, about.thumbnail));
}

static void test_bytes(void **state)
{
    (void)state;
    fill();
    struct span bytes = encode();

    assert_int_equal(bytes.len, 2 * 34 + 4 + 10 + 11 + 2 + 6);
    assert_memory_equal(bytes.ptr, "\x0a\x20\x01", 3);
    assert_memory_equal(bytes.ptr + 34, "\x12\x20\x02", 3);
    assert_memory_equal(bytes.ptr + 68,
                        "\x18\xf0\xa2\x04\x22\x08trip.ogg\x2a\x09"
                        "audio/ogg\x30\x02\x3a\x04tiny",
                        bytes.len - 68);
}

static void test_what_is_written_is_read(void **state)
{
    static const uint8_t thumbnail[FILE_ABOUT_THUMBNAIL_MAX];
    static char name[FILE_NAME_SIZE_MAX];
    static char media[FILE_ABOUT_MEDIA_MAX];

    (void)state;
    fill();
    expect_same();
    memset(name, 'n', sizeof name);
    memset(media, 'm', sizeof media);
    about.name = span_of(name, sizeof name);
    about.media = span_of(media, sizeof media);
    about.thumbnail = span_of(thumbnail, sizeof thumbnail);
    about.size = FILE_SHAPE_SIZE_MAX;
    expect_same();
    about.media = span_empty();
    about.thumbnail = span_empty();
    about.size = 0;
    about.aead = AEAD_CHACHA20_POLY1305;
    expect_same();
}

static void test_what_is_refused(void **state)
{
    uint8_t bytes[256];

    (void)state;
    fill();
    struct span whole = encode();

    memcpy(bytes, whole.ptr, whole.len);
    for (size_t len = 0; len < whole.len - 6; len++) { /* the thumbnail may be missing */
        assert_int_equal(file_about_decode(&back, span_of(bytes, len)), WAVU_ERR_PROTO);
    }
    bytes[whole.len - 7] = 3;
    assert_int_equal(file_about_decode(&back, span_of(bytes, whole.len)), WAVU_ERR_UNSUPPORTED);
    bytes[whole.len - 7] = 2;
    bytes[75] = '\n'; /* in the name */
    assert_int_equal(file_about_decode(&back, span_of(bytes, whole.len)), WAVU_ERR_PROTO);
    bytes[75] = '/'; /* no name of a file, and shown as it is */
    assert_int_equal(file_about_decode(&back, span_of(bytes, whole.len)), 0);
    memcpy(bytes + whole.len, "\x30\x02", 2); /* twice */
    assert_int_equal(file_about_decode(&back, span_of(bytes, whole.len + 2)), WAVU_ERR_PROTO);
    memcpy(bytes + whole.len, "\x40\x02", 2); /* of later */
    assert_int_equal(file_about_decode(&back, span_of(bytes, whole.len + 2)), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_bytes),
        UNIT(test_what_is_written_is_read),
        UNIT(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
