/*
 * A service that remembers.
 */
#include "tests/support/net_ear.h"

#include <string.h>

#include "base/check.h"

static void net_ear_hear(struct net_ear *e, struct stream_event *event)
{
    size_t take = event->data.len < e->take_max ? event->data.len : e->take_max;
    for (size_t i = 0; i < take && e->received + i < NET_EAR_BYTES_MAX; i++) {
        e->bytes[e->received + i] = event->data.ptr[i];
    }
    e->received += take;
    event->taken = take;
}

static void net_ear_up(void *service, struct stream *stream, struct stream_event *event)
{
    struct net_ear *e = service;
    switch (event->kind) {
    case STREAM_OPENED:
        e->opened++;
        e->stream = stream;
        return;
    case STREAM_DATA:
        net_ear_hear(e, event);
        return;
    case STREAM_WRITABLE:
        e->writable++;
        return;
    case STREAM_FIN:
        e->fins++;
        if (e->finishes_on_fin) {
            stream_finish(stream);
        }
        return;
    case STREAM_CLOSED:
        e->closed++;
        e->err = event->err;
        e->stream = NULL;
        return;
    }
}

void net_ear_init(struct net_ear *e, const char *name)
{
    memset(e, 0, sizeof *e);
    e->take_max = SIZE_MAX;
    e->protocol = (struct stream_protocol){
        .name = name, .audience = STREAM_MEMBER, .inbound_max = 8, .up = net_ear_up, .service = e};
}

void net_ear_open(struct net_ear *e, struct conn *conn)
{
    CHECK(stream_open(conn, &e->protocol, e, &e->stream) == 0);
}

void net_ear_say(struct net_ear *e, const char *text)
{
    size_t taken = 0;
    CHECK(stream_send(e->stream, span_from_text(text), &taken) == 0);
    CHECK(taken == strlen(text));
}

bool net_ear_is_closed(void *context)
{
    return ((struct net_ear *)context)->closed > 0;
}
