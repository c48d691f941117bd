/* Direct chats' bodies: vectors, both kinds, what is refused. */
#include "chat/direct.h"

#include "tests/base/unit.h"
#include "tests/support/vectors.h"

static uint8_t room_bytes[DIRECT_SIZE_MAX];

static struct direct message(void)
{
    return (struct direct){.kind = DIRECT_MESSAGE,
                           .chat = {1},
                           .device = {2},
                           .sequence = 3,
                           .height = 4,
                           .expiry = 5,
                           .content = UNIT_TEXT("habari")};
}

static struct span written(const struct direct *d)
{
    struct wr w;

    wr_init(&w, span_mut_of(room_bytes, sizeof room_bytes));
    direct_write(&w, d);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static void test_a_message_is_read_as_written(void **state)
{
    struct direct d = message();
    struct direct read;

    (void)state;
    assert_int_equal(direct_read(&read, written(&d)), 0);
    assert_int_equal(read.kind, DIRECT_MESSAGE);
    assert_true(read.sequence == 3 && read.height == 4 && read.expiry == 5);
    assert_memory_equal(read.device, d.device, 32);
    assert_true(span_is_equal(read.content, d.content));
    d.expiry = 0;
    assert_int_equal(direct_read(&read, written(&d)), 0);
    assert_int_equal(read.expiry, 0);
}

static void test_a_wish_is_read_as_written(void **state)
{
    struct direct d = {.kind = DIRECT_WANT, .chat = {1}, .device = {2}, .sequence = 3, .last = 258};
    struct direct read;

    (void)state;
    assert_int_equal(direct_read(&read, written(&d)), 0);
    assert_true(read.kind == DIRECT_WANT && read.sequence == 3 && read.last == 258);
    d.last = 259;
    assert_int_equal(direct_read(&read, written(&d)), WAVU_ERR_LIMIT);
    d.last = 2;
    assert_int_equal(direct_read(&read, written(&d)), WAVU_ERR_PROTO);
    d.sequence = 0;
    assert_int_equal(direct_read(&read, written(&d)), WAVU_ERR_PROTO);
}

static void test_what_is_no_message_is_refused(void **state)
{
    struct direct d = message();
    struct direct read;
    const struct span whole = written(&d);

    (void)state;
    for (size_t i = 0; i < whole.len; i++) {
        assert_true(direct_read(&read, span_slice(whole, 0, i)) < 0);
    }
    d.sequence = 0;
    assert_int_equal(direct_read(&read, written(&d)), WAVU_ERR_PROTO);
    d = message();
    d.height = 0;
    assert_int_equal(direct_read(&read, written(&d)), WAVU_ERR_PROTO);
    d.height = DIRECT_HEIGHT_MAX + 1;
    assert_int_equal(direct_read(&read, written(&d)), WAVU_ERR_PROTO);
    d = message();
    d.sequence = DIRECT_NUMBER_MAX + 1;
    assert_int_equal(direct_read(&read, written(&d)), WAVU_ERR_PROTO);
}

static void test_a_body_of_later(void **state)
{
    uint8_t bytes[34 + 4] = {0x0a, 32};
    struct direct read;

    (void)state;
    /* A chat, and nothing that we know. */
    assert_int_equal(direct_read(&read, span_of(bytes, 34)), WAVU_ERR_UNSUPPORTED);
    memcpy(bytes + 34, "\x12\x02\x08\x02", 4); /* a message of format 2 */
    assert_int_equal(direct_read(&read, span_of(bytes, 38)), WAVU_ERR_UNSUPPORTED);
}

static void test_a_chat_is_the_same_from_both_ends(void **state)
{
    static const uint8_t network[32] = {1};
    static const uint8_t a[32] = {2};
    static const uint8_t b[32] = {3};
    uint8_t one[32];
    uint8_t two[32];

    (void)state;
    direct_chat_id(one, network, a, b);
    direct_chat_id(two, network, b, a);
    assert_memory_equal(one, two, 32);
    direct_chat_id(two, network, a, a);
    assert_memory_not_equal(one, two, 32);
}

static void test_vectors(void **state)
{
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/chat.txt");
    size_t count = 0;

    (void)state;
    while (vectors_next(v)) {
        if (!vectors_has(v, "direct")) {
            continue;
        }
        struct direct d;
        uint8_t chat[32];
        uint8_t id[32];
        const struct span bytes = vectors_span(v, "direct");

        assert_int_equal(direct_read(&d, bytes), 0);
        direct_chat_id(chat, vectors_span(v, "network").ptr, vectors_span(v, "a").ptr,
                       vectors_span(v, "b").ptr);
        assert_memory_equal(chat, d.chat, 32);
        assert_memory_equal(chat, vectors_span(v, "chat").ptr, 32);
        direct_id(id, chat, d.body);
        assert_memory_equal(id, vectors_span(v, "id").ptr, 32);
        assert_true(span_is_equal(d.content, vectors_span(v, "content")));
        assert_true(span_is_equal(written(&d), bytes));
        d.body = span_empty();
        assert_true(span_is_equal(written(&d), bytes));
        count++;
    }
    vectors_close(v);
    assert_int_equal(count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_message_is_read_as_written),      UNIT(test_a_wish_is_read_as_written),
        UNIT(test_what_is_no_message_is_refused),     UNIT(test_a_body_of_later),
        UNIT(test_a_chat_is_the_same_from_both_ends), UNIT(test_vectors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
