/* Door 1: what goes in at one end of a link comes out at the other, unchanged. */
#include "transport/link.h"

#include "tests/base/unit.h"

/* A wire that notes what it is told. */
struct wire {
    struct link link; /* first */
    const struct span *pieces;
    size_t count;
    int rc;
    size_t takes;
    int pauses; /* 1: paused, 2: resumed */
    int closes; /* 1: in good order, 2: aborted */
};

struct owner {
    struct link *link;
    struct link_event last;
    int events;
};

static int wire_send(struct link *link, const struct span *pieces, size_t count, size_t *taken)
{
    struct wire *w = (struct wire *)(void *)link;
    w->pieces = pieces;
    w->count = count;
    *taken = w->takes;
    return w->rc;
}

static void wire_pause(struct link *link, bool pause)
{
    ((struct wire *)(void *)link)->pauses = pause ? 1 : 2;
}

static void wire_addresses(const struct link *link, struct multiaddr *local,
                           struct multiaddr *remote)
{
    (void)link;
    assert_int_equal(multiaddr_parse(local, span_from_text("/ip4/192.0.2.1/tcp/1")), 0);
    assert_int_equal(multiaddr_parse(remote, span_from_text("/ip4/192.0.2.2/tcp/2")), 0);
}

static void wire_close(struct link *link, bool abort)
{
    ((struct wire *)(void *)link)->closes = abort ? 2 : 1;
}

static const struct link_ops wire_ops = {
    .send = wire_send, .pause = wire_pause, .addresses = wire_addresses, .close = wire_close};

static void on_event(void *context, struct link *link, const struct link_event *event)
{
    struct owner *o = context;
    o->link = link;
    o->last = *event;
    o->events++;
}

static void test_events_go_up(void **state)
{
    struct owner o = {.events = 0};
    struct wire w = {.link = {.ops = &wire_ops, .user = {.up = on_event, .context = &o}}};
    uint8_t byte = 7;
    struct link_event bytes = {.kind = LINK_BYTES, .bytes = span_mut_of(&byte, 1)};
    struct link_event closed = {.kind = LINK_CLOSED, .err = WAVU_ERR_TIMEOUT};
    (void)state;
    link_up(&w.link, &bytes);
    assert_ptr_equal(o.link, &w.link);
    assert_int_equal(o.last.kind, LINK_BYTES);
    assert_ptr_equal(o.last.bytes.ptr, &byte);
    assert_int_equal(o.last.bytes.len, 1);
    link_up(&w.link, &closed);
    assert_int_equal(o.last.kind, LINK_CLOSED);
    assert_int_equal(o.last.err, WAVU_ERR_TIMEOUT);
    assert_int_equal(o.events, 2);
}

static void test_calls_go_down(void **state)
{
    struct wire w = {.link = {.ops = &wire_ops}, .takes = 3};
    struct span pieces[2] = {UNIT_TEXT("ab"), UNIT_TEXT("cd")};
    struct multiaddr local;
    struct multiaddr remote;
    char text[64];
    size_t taken = 0;
    (void)state;
    assert_int_equal(link_send(&w.link, pieces, 2, &taken), 0);
    assert_ptr_equal(w.pieces, pieces);
    assert_int_equal(w.count, 2);
    assert_int_equal(taken, 3);
    w.rc = WAVU_ERR_RESET;
    assert_int_equal(link_send(&w.link, pieces, 1, &taken), WAVU_ERR_RESET);
    link_pause(&w.link, true);
    assert_int_equal(w.pauses, 1);
    link_pause(&w.link, false);
    assert_int_equal(w.pauses, 2);
    link_addresses(&w.link, &local, &remote);
    assert_int_equal(multiaddr_format(&local, text, sizeof text), 0);
    assert_string_equal(text, "/ip4/192.0.2.1/tcp/1");
    assert_int_equal(multiaddr_format(&remote, text, sizeof text), 0);
    assert_string_equal(text, "/ip4/192.0.2.2/tcp/2");
    link_close(&w.link, true);
    assert_int_equal(w.closes, 2);
    link_close(&w.link, false);
    assert_int_equal(w.closes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT(test_events_go_up), UNIT(test_calls_go_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
