/*
 * The books of one stream. Arrives: what yamux.c read off the wire or was asked for. Leaves:
 * nothing by itself; what a stream owes the peer stands in its flags until yamux.c writes it.
 */
#include "mux/yamux_stream.h"

#include "base/check.h"
#include "base/mem.h"
#include "wavu/err.h"

struct yamux_stream *yamux_stream_find(const struct yamux *y, uint32_t id)
{
    return map_get(&y->streams, span_of(&id, sizeof id));
}

void yamux_stream_owe(struct yamux *y, struct yamux_stream *s, unsigned what)
{
    s->flags = (uint16_t)(s->flags | what);
    if (!list_is_linked(&s->dirty)) {
        list_push_back(&y->dirty, &s->dirty);
    }
}

void yamux_stream_paid(struct yamux_stream *s, unsigned what)
{
    s->flags = (uint16_t)(s->flags & ~what);
    if ((s->flags & YAMUX_STREAM_ANY_OWED) == 0) {
        list_remove(&s->dirty);
    }
}

struct yamux_stream *yamux_stream_new(struct yamux *y, uint64_t now, uint32_t id, unsigned owed)
{
    if (budget_take(y->budget, YAMUX_STREAM_COST) < 0) {
        return NULL;
    }
    struct yamux_stream *s = mem_new(sizeof *s);
    s->id = id;
    s->send_window = YAMUX_WINDOW_INITIAL;
    s->receive_window = YAMUX_WINDOW_INITIAL;
    s->window = YAMUX_WINDOW_INITIAL;
    s->window_since_ns = now;
    CHECK(map_put(&y->streams, span_of(&s->id, sizeof s->id), s) == NULL);
    yamux_stream_owe(y, s, owed);
    return s;
}

void yamux_stream_acked(struct yamux *y, struct yamux_stream *s)
{
    if ((s->flags & YAMUX_STREAM_UNACKED) != 0) {
        s->flags = (uint16_t)(s->flags & ~YAMUX_STREAM_UNACKED);
        y->unacked--;
    }
}

void yamux_stream_settle(struct yamux *y, struct yamux_stream *s)
{
    yamux_stream_acked(y, s);
    list_remove(&s->dirty);
    list_remove(&s->waiting);
    if ((s->flags & YAMUX_STREAM_INBOUND) != 0) {
        y->count_in--;
    } else {
        y->count_out--;
    }
    uint32_t extra = s->window - YAMUX_WINDOW_INITIAL;
    y->extra -= extra;
    if (y->in_stream == s) {
        y->in_stream = NULL;
        y->has_fin = false;
    }
    budget_give(y->budget, (uint64_t)YAMUX_STREAM_COST + extra);
}

void yamux_stream_free(struct yamux *y, struct yamux_stream *s)
{
    yamux_stream_settle(y, s);
    CHECK(map_remove(&y->streams, span_of(&s->id, sizeof s->id)) == s);
    mem_free(s);
}

void yamux_stream_kill(struct yamux *y, struct yamux_stream *s, unsigned owed)
{
    yamux_stream_paid(s, YAMUX_STREAM_ANY_OWED);
    list_remove(&s->waiting);
    s->flags = (uint16_t)((s->flags | YAMUX_STREAM_DEAD) & ~YAMUX_STREAM_WAITS_WINDOW);
    if (y->in_stream == s) {
        y->in_stream = NULL;
        y->has_fin = false;
    }
    if (owed != 0) {
        yamux_stream_owe(y, s, owed);
    }
}

bool yamux_stream_has_ended(const struct yamux_stream *s)
{
    return (s->flags & YAMUX_STREAM_DEAD) != 0 ||
           ((s->flags & YAMUX_STREAM_FIN_SEEN) != 0 &&
            (s->flags & (YAMUX_STREAM_FIN_SENT | YAMUX_STREAM_FIN_OWED)) != 0);
}

int yamux_stream_credit(struct yamux *y, struct yamux_stream *s, uint32_t credit)
{
    if (credit > UINT32_MAX - s->send_window) {
        return WAVU_ERR_PROTO;
    }
    s->send_window += credit;
    if (credit > 0 && (s->flags & YAMUX_STREAM_WAITS_WINDOW) != 0) {
        s->flags = (uint16_t)(s->flags & ~YAMUX_STREAM_WAITS_WINDOW);
        list_push_back(&y->waiting, &s->waiting);
    }
    return 0;
}

int yamux_stream_payload(struct yamux *y, struct yamux_stream *s, uint32_t len)
{
    if (len > s->receive_window) {
        return WAVU_ERR_PROTO;
    }
    if ((s->flags & YAMUX_STREAM_FIN_SEEN) == 0 && len > 0) {
        s->receive_window -= len;
        y->in_stream = s;
    }
    return 0;
}

void yamux_stream_check(const struct yamux_stream *s)
{
    CHECK(((s->flags & YAMUX_STREAM_ANY_OWED) != 0) == list_is_linked(&s->dirty));
    CHECK((s->flags & YAMUX_STREAM_WAITS_WINDOW) == 0 ||
          (s->send_window == 0 && !list_is_linked(&s->waiting)));
    CHECK((s->flags & YAMUX_STREAM_DEAD) == 0 || !list_is_linked(&s->waiting));
    CHECK((uint64_t)s->receive_window + s->unreported <= s->window);
    CHECK(s->window >= YAMUX_WINDOW_INITIAL && s->window <= YAMUX_WINDOW_MAX);
    CHECK((s->flags & (YAMUX_STREAM_FIN_OWED | YAMUX_STREAM_FIN_SENT)) !=
          (YAMUX_STREAM_FIN_OWED | YAMUX_STREAM_FIN_SENT));
}
