/*
 * Envelopes between two devices with real sessions: what relays change, what fits, what is hidden.
 */
#include "tests/base/unit.h"

#include "courier/envelope_seal.h"
#include "tests/support/session_world.h"

static const uint8_t network[ENVELOPE_NETWORK_SIZE] = {'t', 'e', 's', 't'};
static struct session_world w;

static int set_up(void **state)
{
    (void)state;
    session_world_init(&w, 5);
    return session_learn(&w.p[0].session, w.now, prekeys_bundle(&w.p[1].prekeys));
}

static int tear_down(void **state)
{
    (void)state;
    session_world_clear(&w);
    return 0;
}

static struct envelope_order order_of(struct span body, uint8_t token)
{
    const struct prekeys_key *key = &w.p[1].prekeys.keys[0];
    struct envelope_order order = {.class_number = ENVELOPE_CHAT,
                                   .lifetime_s = ENVELOPE_LIFETIME_S,
                                   .recipient = {.network = network,
                                                 .device = w.p[1].device.public_key,
                                                 .prekey = key->x25519.public_key,
                                                 .number = key->number},
                                   .content = {.kind = 1, .body = body},
                                   .room = ENVELOPE_SIZE_MAX};
    memset(order.content.token, token, sizeof(order.content.token));
    memset(order.content.message, token + 1, sizeof(order.content.message));
    return order;
}

static int open_at_1(struct span bytes, struct buf *plain, struct envelope_content *content)
{
    struct envelope e;
    const int rc = envelope_decode(&e, bytes);
    return rc != 0 ? rc : envelope_seal_open(&w.p[1].session, w.now, &e, plain, content);
}

static void test_content_arrives(void **state)
{
    static uint8_t body[ENVELOPE_BODY_MAX];
    const size_t sizes[] = {0, 1, 100, 5000, 65536, ENVELOPE_BODY_MAX};
    struct buf out;
    struct buf plain;
    struct envelope_content c;
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        buf_init(&out, 2 * ENVELOPE_SIZE_MAX);
        buf_init(&plain, ENVELOPE_SIZE_MAX);
        memset(body, (int)i, sizes[i]);
        const struct envelope_order order = order_of(span_of(body, sizes[i]), (uint8_t)i);
        assert_int_equal(envelope_seal_make(&w.p[0].session, w.now, &order, &out), 0);
        assert_true(out.len <= ENVELOPE_SIZE_MAX);
        assert_int_equal(open_at_1(buf_span(&out), &plain, &c), 0);
        assert_true(span_is_equal(c.body, order.content.body));
        assert_memory_equal(c.token, order.content.token, sizeof(c.token));
        assert_memory_equal(c.message, order.content.message, sizeof(c.message));
        buf_wipe(&plain);
        buf_clear(&out);
    }
}

static void test_what_does_not_fit_changes_nothing(void **state)
{
    static uint8_t body[ENVELOPE_BODY_MAX + 9];
    struct buf out;
    size_t before_len;
    size_t after_len;
    (void)state;
    uint8_t *before = session_world_state(&w, 0, &before_len);
    buf_init(&out, 2 * ENVELOPE_SIZE_MAX);
    struct envelope_order order = order_of(span_of(body, sizeof(body)), 1);
    assert_int_equal(envelope_seal_make(&w.p[0].session, w.now, &order, &out), WAVU_ERR_LIMIT);
    order.content.body.len = 100;
    order.room = 1000; /* a start alone is longer */
    assert_int_equal(envelope_seal_make(&w.p[0].session, w.now, &order, &out), WAVU_ERR_LIMIT);
    order.room = 10;
    assert_int_equal(envelope_seal_make(&w.p[0].session, w.now, &order, &out), WAVU_ERR_LIMIT);
    buf_clear(&out);
    buf_init(&out, 100);
    order.room = ENVELOPE_SIZE_MAX;
    assert_int_equal(envelope_seal_make(&w.p[0].session, w.now, &order, &out), WAVU_ERR_LIMIT);
    assert_int_equal(out.len, 0);
    uint8_t *after = session_world_state(&w, 0, &after_len);
    assert_int_equal(before_len, after_len);
    assert_memory_equal(before, after, after_len);
    mem_free(before);
    mem_free(after);
    buf_clear(&out);
}

/* Every byte of head, age, hops and copies may come changed: what is read is what was said, and
 * that a changed copy came first costs the true one nothing. Every byte of what is sealed may not.
 */
static void test_relays_change_nothing(void **state)
{
    uint8_t bytes[4096];
    struct buf out;
    struct buf plain;
    struct envelope_content c;
    struct envelope e;
    size_t state_len;
    size_t read = 0;
    (void)state;
    buf_init(&out, ENVELOPE_SIZE_MAX);
    buf_init(&plain, ENVELOPE_SIZE_MAX);
    const struct envelope_order order = order_of(span_from_text("Mambo?"), 7);
    assert_int_equal(envelope_seal_make(&w.p[0].session, w.now, &order, &out), 0);
    assert_true(out.len <= sizeof(bytes));
    uint8_t *fresh = session_world_state(&w, 1, &state_len);
    assert_int_equal(envelope_decode(&e, buf_span(&out)), 0);
    const uint8_t *sealed = e.sealed.ptr;
    for (size_t i = 0; i < out.len; i++) {
        const bool is_sealed = out.ptr + i >= sealed && out.ptr + i < sealed + e.sealed.len;
        memcpy(bytes, out.ptr, out.len);
        bytes[i] ^= 1;
        const int rc = open_at_1(span_of(bytes, out.len), &plain, &c);
        assert_true(!is_sealed || rc != 0);
        if (rc == 0) {
            assert_true(span_is_equal(c.body, order.content.body));
            assert_memory_equal(c.token, order.content.token, sizeof(c.token));
            session_world_restore(&w, 1, span_of(fresh, state_len));
            read++;
        }
    }
    assert_true(read > 16 + 32); /* tag and lock at least */
    assert_int_equal(open_at_1(buf_span(&out), &plain, &c), 0);
    mem_free(fresh);
    buf_wipe(&plain);
    buf_clear(&out);
}

static bool holds(struct span all, struct span part)
{
    for (size_t i = 0; i + part.len <= all.len; i++) {
        if (span_is_equal(span_slice(all, i, part.len), part)) {
            return true;
        }
    }
    return false;
}

static void test_the_sender_is_not_named(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, ENVELOPE_SIZE_MAX);
    const struct envelope_order order = order_of(span_from_text("who says this?"), 3);
    assert_int_equal(envelope_seal_make(&w.p[0].session, w.now, &order, &out), 0);
    assert_false(holds(buf_span(&out), span_of(w.p[0].device.public_key, 32)));
    assert_false(holds(buf_span(&out), span_of(w.p[0].prekeys.agreement.public_key, 32)));
    assert_false(holds(buf_span(&out), span_of(w.p[1].device.public_key, 32)));
    assert_false(holds(buf_span(&out), order.content.body));
    assert_false(holds(buf_span(&out), span_of(order.content.token, 16)));
    buf_clear(&out);
}

static void test_other_forms_and_formats_are_not_opened(void **state)
{
    struct buf out;
    struct buf plain;
    struct envelope_content c;
    struct envelope e;
    (void)state;
    buf_init(&out, ENVELOPE_SIZE_MAX);
    buf_init(&plain, ENVELOPE_SIZE_MAX);
    const struct envelope_order order = order_of(span_from_text("x"), 3);
    assert_int_equal(envelope_seal_make(&w.p[0].session, w.now, &order, &out), 0);
    assert_int_equal(envelope_decode(&e, buf_span(&out)), 0);
    e.head.form = ENVELOPE_BOX;
    assert_int_equal(envelope_seal_open(&w.p[1].session, w.now, &e, &plain, &c),
                     WAVU_ERR_UNSUPPORTED);
    e.head.form = ENVELOPE_SESSION;
    e.head.format = 2;
    assert_int_equal(envelope_seal_open(&w.p[1].session, w.now, &e, &plain, &c),
                     WAVU_ERR_UNSUPPORTED);
    buf_clear(&out);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_content_arrives),
        CASE(test_what_does_not_fit_changes_nothing),
        CASE(test_relays_change_nothing),
        CASE(test_the_sender_is_not_named),
        CASE(test_other_forms_and_formats_are_not_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
