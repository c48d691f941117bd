/* multistream: both roles against byte strings of the specification, in every split; refusals;
 * garbage. */
#include "mux/multistream.h"

#include "tests/base/unit.h"
#include "wavu/err.h"

#define HEADER "\x13/multistream/1.0.0\n"

static const char *const two[] = {"/a/1", "/b/1", NULL};

/* Everything that `m` has to say, as a span in a static buffer. */
static struct span said(struct multistream *m)
{
    static uint8_t bytes[4096];
    size_t len = multistream_pull(m, span_mut_of(bytes, sizeof bytes));
    assert_false(multistream_has_output(m));
    return span_of(bytes, len);
}

static void expect(struct multistream *m, struct span text)
{
    struct span got = said(m);
    assert_int_equal(got.len, text.len);
    assert_memory_equal(got.ptr, text.ptr, text.len);
}

/* Feed `in` in pieces of `step` until an event; `*used` counts all. */
static int feed(struct multistream *m, struct span in, size_t step, size_t *used,
                struct multistream_event *event)
{
    *used = 0;
    event->kind = MULTISTREAM_NOTHING;
    while (*used < in.len && event->kind == MULTISTREAM_NOTHING) {
        size_t piece = 0;
        int rc = multistream_feed(m, span_slice(in, *used, step), &piece, event);
        if (rc < 0) {
            return rc;
        }
        assert_true(piece > 0);
        *used += piece;
    }
    return 0;
}

static void test_lazy_initiator_in_every_split(void **state)
{
    (void)state;
    struct span in = UNIT_TEXT(HEADER "\x05/a/1\nnext layer");
    for (size_t step = 1; step <= in.len; step++) {
        struct multistream m;
        struct multistream_event event;
        size_t used;
        multistream_init_initiator(&m, two);
        expect(&m, UNIT_TEXT(HEADER "\x05/a/1\n"));
        assert_int_equal(feed(&m, in, step, &used, &event), 0);
        assert_int_equal(event.kind, MULTISTREAM_AGREED);
        assert_int_equal(event.index, 0);
        assert_int_equal(used, in.len - 10); /* not a byte of the next layer */
        assert_int_equal(m.state, MULTISTREAM_DONE);
        assert_int_equal(multistream_feed(&m, UNIT_TEXT("more"), &used, &event), 0);
        assert_int_equal(used, 0);
        assert_null(m.token.ptr);
        multistream_clear(&m);
    }
}

static void test_initiator_second_choice_and_none(void **state)
{
    (void)state;
    struct multistream m;
    struct multistream_event event;
    size_t used;
    multistream_init_initiator(&m, two);
    (void)said(&m);
    assert_int_equal(feed(&m, UNIT_TEXT(HEADER "\x03na\n"), 100, &used, &event), 0);
    assert_int_equal(event.kind, MULTISTREAM_REFUSED);
    assert_int_equal(event.index, 1);
    expect(&m, UNIT_TEXT("\x05/b/1\n"));
    assert_int_equal(feed(&m, UNIT_TEXT("\x05/b/1\n"), 100, &used, &event), 0);
    assert_int_equal(event.kind, MULTISTREAM_AGREED);
    assert_int_equal(event.index, 1);
    multistream_clear(&m);

    multistream_init_initiator(&m, two);
    assert_int_equal(feed(&m, UNIT_TEXT(HEADER "\x03na\n"), 3, &used, &event), 0);
    assert_int_equal(feed(&m, UNIT_TEXT("\x03na\n"), 3, &used, &event), 0);
    assert_int_equal(event.kind, MULTISTREAM_NO_MORE);
    assert_int_equal(multistream_feed(&m, UNIT_TEXT("x"), &used, &event), WAVU_ERR_PROTO);
    multistream_clear(&m);
}

/* Tokens that went along with a proposal are refused with it, each of them. */
static void test_carried_tokens(void **state)
{
    (void)state;
    struct span in = UNIT_TEXT(HEADER "\x03na\n\x03na\n\x03na\n");
    struct multistream m;
    struct multistream_event event;
    size_t used;
    for (size_t step = 1; step <= in.len; step++) {
        multistream_init_initiator(&m, two);
        (void)said(&m);
        assert_true(multistream_carry(&m, 2));
        assert_int_equal(feed(&m, span_slice(in, 0, in.len - 1), step, &used, &event), 0);
        assert_int_equal(event.kind, MULTISTREAM_NOTHING);
        expect(&m, span_empty());
        assert_int_equal(feed(&m, UNIT_TEXT("\n"), step, &used, &event), 0);
        assert_int_equal(event.kind, MULTISTREAM_REFUSED);
        expect(&m, UNIT_TEXT("\x05/b/1\n"));
        assert_false(multistream_carry(&m, 2)); /* with the first proposal only */
        assert_int_equal(feed(&m, UNIT_TEXT("\x05/b/1\n"), step, &used, &event), 0);
        assert_int_equal(event.kind, MULTISTREAM_AGREED);
        multistream_clear(&m);
    }
    /* Accepted: no answer to the carried ones will come. */
    multistream_init_initiator(&m, two);
    assert_true(multistream_carry(&m, 2));
    assert_int_equal(feed(&m, UNIT_TEXT(HEADER "\x05/a/1\n\x03na\n"), 99, &used, &event), 0);
    assert_int_equal(event.kind, MULTISTREAM_AGREED);
    assert_int_equal(used, 26);
    multistream_clear(&m);
    /* Accepted before they were sent: they follow. */
    multistream_init_initiator(&m, two);
    assert_int_equal(feed(&m, UNIT_TEXT(HEADER "\x05/a/1\n"), 99, &used, &event), 0);
    assert_true(multistream_carry(&m, 2));
    multistream_clear(&m);
    /* Refused before they were sent: they must not be. */
    multistream_init_initiator(&m, two);
    assert_int_equal(feed(&m, UNIT_TEXT(HEADER "\x03na\n"), 99, &used, &event), 0);
    assert_false(multistream_carry(&m, 2));
    multistream_clear(&m);
    /* First refused, then accepted: nobody says that. */
    multistream_init_initiator(&m, two);
    assert_true(multistream_carry(&m, 2));
    assert_int_equal(feed(&m, UNIT_TEXT(HEADER "\x03na\n\x05/a/1\n"), 99, &used, &event),
                     WAVU_ERR_PROTO);
    multistream_clear(&m);
}

static void test_responder_in_every_split(void **state)
{
    (void)state;
    struct span in = UNIT_TEXT(HEADER "\x03ls\n\x05/x/1\n\x05/a/1\ndata");
    for (size_t step = 1; step <= in.len; step++) {
        struct multistream m;
        struct multistream_event event;
        size_t used;
        size_t at = 0;
        multistream_init_responder(&m);
        expect(&m, UNIT_TEXT(HEADER));
        assert_int_equal(feed(&m, in, step, &used, &event), 0);
        at += used;
        assert_int_equal(event.kind, MULTISTREAM_PROPOSED);
        assert_true(span_is_equal(event.name, UNIT_TEXT("/x/1")));
        multistream_refuse(&m);
        expect(&m, UNIT_TEXT("\x03na\n\x03na\n"));
        assert_int_equal(feed(&m, span_slice(in, at, in.len), step, &used, &event), 0);
        at += used;
        assert_int_equal(event.kind, MULTISTREAM_PROPOSED);
        assert_true(span_is_equal(event.name, UNIT_TEXT("/a/1")));
        multistream_accept(&m, event.name);
        expect(&m, UNIT_TEXT("\x05/a/1\n"));
        assert_int_equal(at, in.len - 4);
        assert_int_equal(m.state, MULTISTREAM_DONE);
        multistream_clear(&m);
    }
}

static void test_pull_in_small_pieces(void **state)
{
    (void)state;
    struct multistream m;
    uint8_t bytes[64];
    size_t len = 0;
    multistream_init_initiator(&m, two);
    while (multistream_has_output(&m)) {
        assert_int_equal(multistream_pull(&m, span_mut_of(bytes + len, 1)), 1);
        len++;
    }
    assert_int_equal(multistream_pull(&m, span_mut_of(bytes, 1)), 0);
    assert_true(span_is_equal(span_of(bytes, len), UNIT_TEXT(HEADER "\x05/a/1\n")));
    assert_null(m.out.ptr);
    multistream_clear(&m);
}

/* What `role` makes of `in`, in one piece and byte by byte: the same. */
static int verdict(bool is_initiator, struct span in)
{
    int first = 0;
    for (int round = 0; round < 2; round++) {
        struct multistream m;
        struct multistream_event event;
        size_t used;
        if (is_initiator) {
            multistream_init_initiator(&m, two);
        } else {
            multistream_init_responder(&m);
        }
        int rc = feed(&m, in, round == 0 ? in.len : 1, &used, &event);
        if (rc < 0) {
            assert_int_equal(m.state, MULTISTREAM_DEAD);
            assert_int_equal(multistream_feed(&m, in, &used, &event), WAVU_ERR_PROTO);
        }
        multistream_clear(&m);
        if (round == 0) {
            first = rc;
        } else {
            assert_int_equal(rc, first);
        }
    }
    return first;
}

static void test_garbage(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(verdict(i, UNIT_TEXT("\x13/multistream/2.0.0\n")), WAVU_ERR_PROTO);
        assert_int_equal(
            verdict(i, UNIT_TEXT("GET / HTTP/1.1\r\nHost: example.org and so on and on "
                                 "until the stated length is there\r\n\r\n")),
            WAVU_ERR_PROTO);
        assert_int_equal(verdict(i, UNIT_TEXT("\x13/multistream/1.0.0 ")), WAVU_ERR_PROTO);
        assert_int_equal(verdict(i, UNIT_TEXT("\x00")), WAVU_ERR_PROTO);
        assert_int_equal(verdict(i, UNIT_TEXT("\x93\x00")), WAVU_ERR_PROTO); /* padded varint */
        assert_int_equal(verdict(i, UNIT_TEXT(HEADER "\x01\n")), WAVU_ERR_PROTO);
        assert_int_equal(verdict(i, UNIT_TEXT(HEADER "\x81\x08")), WAVU_ERR_LIMIT); /* 1025 */
        assert_int_equal(verdict(i, UNIT_TEXT(HEADER "\x80\x80\x01")), WAVU_ERR_LIMIT);
    }
    /* An answer is an echo or na; another initiator's proposal is neither. */
    assert_int_equal(verdict(true, UNIT_TEXT(HEADER "\x05/x/1\n")), WAVU_ERR_PROTO);
    assert_int_equal(verdict(true, UNIT_TEXT(HEADER "\x05/b/1\n")), WAVU_ERR_PROTO);
    assert_int_equal(verdict(true, UNIT_TEXT(HEADER "\x03ls\n")), WAVU_ERR_PROTO);
    assert_int_equal(verdict(true, UNIT_TEXT("\x03na\n")), WAVU_ERR_PROTO);
}

static void test_longest_token(void **state)
{
    (void)state;
    uint8_t in[20 + 2 + MULTISTREAM_TOKEN_MAX];
    struct multistream m;
    struct multistream_event event;
    size_t used;
    memcpy(in, HEADER "\x80\x08", 22);
    memset(in + 22, 'x', MULTISTREAM_TOKEN_MAX - 1);
    in[sizeof in - 1] = '\n';
    multistream_init_responder(&m);
    (void)said(&m);
    assert_int_equal(feed(&m, span_of(in, sizeof in), 500, &used, &event), 0);
    assert_int_equal(event.kind, MULTISTREAM_PROPOSED);
    assert_int_equal(event.name.len, MULTISTREAM_TOKEN_MAX - 1);
    multistream_accept(&m, event.name);
    expect(&m, span_of(in + 20, sizeof in - 20));
    multistream_clear(&m);
}

static void test_tries_are_bounded(void **state)
{
    (void)state;
    struct multistream m;
    struct multistream_event event;
    size_t used;
    multistream_init_responder(&m);
    assert_int_equal(feed(&m, UNIT_TEXT(HEADER), 100, &used, &event), 0);
    for (int i = 0; i < MULTISTREAM_TRIES_MAX; i++) {
        bool is_list = i % 2 == 0;
        struct span in = is_list ? UNIT_TEXT("\x03ls\n") : UNIT_TEXT("\x03/x\n");
        assert_int_equal(feed(&m, in, 2, &used, &event), 0);
        if (!is_list) {
            multistream_refuse(&m);
        }
    }
    assert_int_equal(multistream_feed(&m, UNIT_TEXT("\x03/x\n"), &used, &event), WAVU_ERR_LIMIT);
    multistream_clear(&m);
}

/* Two initiators: neither waits for ever. */
static void test_simultaneous_use_ends(void **state)
{
    (void)state;
    static const char *const other[] = {"/c/1", NULL};
    struct multistream a;
    struct multistream b;
    struct multistream_event event;
    size_t used;
    multistream_init_initiator(&a, two);
    multistream_init_initiator(&b, other);
    assert_int_equal(multistream_feed(&a, said(&b), &used, &event), WAVU_ERR_PROTO);
    assert_int_equal(multistream_feed(&b, said(&a), &used, &event), WAVU_ERR_PROTO);
    multistream_clear(&a);
    multistream_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_lazy_initiator_in_every_split),
        UNIT(test_initiator_second_choice_and_none),
        UNIT(test_carried_tokens),
        UNIT(test_responder_in_every_split),
        UNIT(test_pull_in_small_pieces),
        UNIT(test_garbage),
        UNIT(test_longest_token),
        UNIT(test_tries_are_bounded),
        UNIT(test_simultaneous_use_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
