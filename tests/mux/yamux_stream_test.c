/* The books of one stream: lists and flags agree, charges come back, credit wakes who waits for it.
 */
#include "mux/yamux_stream.h"

#include "tests/mux/lone.h"

#define OWED (YAMUX_STREAM_ACK_OWED | YAMUX_STREAM_FIN_OWED)

static struct lone lone;

/* An inbound stream of the machine under test, as yamux.c makes it. */
static struct yamux_stream *make(struct lone *l, uint32_t id)
{
    struct yamux_stream *s =
        yamux_stream_new(l->y, l->p.now, id, YAMUX_STREAM_INBOUND | YAMUX_STREAM_ACK_OWED);
    if (s != NULL) {
        l->y->count_in++;
    }
    return s;
}

static void test_owing_and_paying(void **state)
{
    (void)state;
    lone_init(&lone, false, 1 << 20);
    struct yamux_stream *s = make(&lone, 1);
    assert_true(list_is_linked(&s->dirty));
    yamux_stream_owe(lone.y, s, YAMUX_STREAM_FIN_OWED);
    assert_int_equal(list_count(&lone.y->dirty), 1);
    yamux_stream_paid(s, YAMUX_STREAM_ACK_OWED);
    assert_true(list_is_linked(&s->dirty));
    yamux_stream_paid(s, YAMUX_STREAM_FIN_OWED);
    assert_false(list_is_linked(&s->dirty));
    yamux_stream_check(s);
    lone_clear(&lone);
}

static void test_charges_and_table(void **state)
{
    (void)state;
    lone_init(&lone, false, 2 * YAMUX_STREAM_COST);
    struct yamux_stream *one = make(&lone, 1);
    assert_non_null(make(&lone, 3));
    assert_null(make(&lone, 5));
    assert_ptr_equal(yamux_stream_find(lone.y, 1), one);
    assert_null(yamux_stream_find(lone.y, 5));
    yamux_stream_free(lone.y, one);
    assert_null(yamux_stream_find(lone.y, 1));
    assert_int_equal(lone.p.side[0].budget.used, YAMUX_STREAM_COST);
    lone_clear(&lone);
}

static void test_killing(void **state)
{
    (void)state;
    lone_init(&lone, false, 1 << 20);
    struct yamux_stream *s = make(&lone, 1);
    assert_false(yamux_stream_has_ended(s));
    lone.y->in_stream = s;
    lone.y->in_left = 5;
    lone.y->has_fin = true;
    yamux_stream_owe(lone.y, s, OWED);
    yamux_stream_kill(lone.y, s, YAMUX_STREAM_RST_OWED);
    assert_int_equal(s->flags & YAMUX_STREAM_ANY_OWED, YAMUX_STREAM_RST_OWED);
    assert_true(yamux_stream_has_ended(s));
    assert_null(lone.y->in_stream);
    assert_false(lone.y->has_fin);
    lone_clear(&lone);
}

static void test_both_ends_make_the_end(void **state)
{
    (void)state;
    struct yamux_stream s = {.flags = YAMUX_STREAM_FIN_SEEN};
    assert_false(yamux_stream_has_ended(&s));
    s.flags = YAMUX_STREAM_FIN_SENT;
    assert_false(yamux_stream_has_ended(&s));
    s.flags = YAMUX_STREAM_FIN_SENT | YAMUX_STREAM_FIN_SEEN;
    assert_true(yamux_stream_has_ended(&s));
    s.flags = YAMUX_STREAM_FIN_OWED | YAMUX_STREAM_FIN_SEEN;
    assert_true(yamux_stream_has_ended(&s));
}

static void test_credit(void **state)
{
    (void)state;
    lone_init(&lone, false, 1 << 20);
    struct yamux_stream *s = make(&lone, 1);
    s->send_window = 0;
    s->flags |= YAMUX_STREAM_WAITS_WINDOW;
    assert_int_equal(yamux_stream_credit(lone.y, s, 0), 0);
    assert_true(list_is_empty(&lone.y->waiting));
    assert_int_equal(yamux_stream_credit(lone.y, s, 10), 0);
    assert_int_equal(list_count(&lone.y->waiting), 1);
    yamux_stream_check(s);
    assert_int_equal(yamux_stream_credit(lone.y, s, UINT32_MAX - 10), 0);
    assert_int_equal(yamux_stream_credit(lone.y, s, 1), WAVU_ERR_PROTO);
    lone_clear(&lone);
}

static void test_payload(void **state)
{
    (void)state;
    lone_init(&lone, false, 1 << 20);
    struct yamux_stream *s = make(&lone, 1);
    assert_int_equal(yamux_stream_payload(lone.y, s, YAMUX_WINDOW_INITIAL + 1), WAVU_ERR_PROTO);
    assert_int_equal(s->receive_window, YAMUX_WINDOW_INITIAL);
    assert_int_equal(yamux_stream_payload(lone.y, s, 0), 0);
    assert_null(lone.y->in_stream);
    assert_int_equal(yamux_stream_payload(lone.y, s, YAMUX_WINDOW_INITIAL), 0);
    assert_ptr_equal(lone.y->in_stream, s);
    assert_int_equal(s->receive_window, 0);
    lone.y->in_stream = NULL;
    s->receive_window = 5;
    s->flags |= YAMUX_STREAM_FIN_SEEN;
    assert_int_equal(yamux_stream_payload(lone.y, s, 5), 0);
    assert_null(lone.y->in_stream);
    lone_clear(&lone);
}

static void test_acknowledged_once(void **state)
{
    (void)state;
    lone_init(&lone, true, 1 << 20);
    struct yamux_stream *s = NULL;
    assert_int_equal(yamux_open(lone.y, lone.p.now, &s), 0);
    assert_int_equal(lone.y->unacked, 1);
    yamux_stream_acked(lone.y, s);
    yamux_stream_acked(lone.y, s);
    assert_int_equal(lone.y->unacked, 0);
    lone_clear(&lone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_owing_and_paying),
        UNIT(test_charges_and_table),
        UNIT(test_killing),
        UNIT(test_both_ends_make_the_end),
        UNIT(test_credit),
        UNIT(test_payload),
        UNIT(test_acknowledged_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
