/*
 * echo. It holds no bytes itself: what the stream does not take back stays with the sender's
 * window.
 */
#include "net/echo.h"

static void echo_up(void *service, struct stream *stream, struct stream_event *event)
{
    (void)service;
    switch (event->kind) {
    case STREAM_OPENED:
    case STREAM_CLOSED:
        return;
    case STREAM_DATA:
        if (stream_send(stream, event->data, &event->taken) < 0) {
            event->taken = event->data.len;
        }
        return;
    case STREAM_WRITABLE:
        stream_resume(stream);
        return;
    case STREAM_FIN:
        stream_finish(stream);
        return;
    }
}

int echo_init(struct echo *e, struct swarm *swarm)
{
    e->swarm = swarm;
    e->protocol = (struct stream_protocol){
        .name = ECHO_NAME,
        .audience = STREAM_ANY,
        .inbound_max = ECHO_INBOUND_MAX,
        .up = echo_up,
        .service = e,
    };
    return stream_register(swarm, &e->protocol);
}

void echo_clear(struct echo *e)
{
    stream_unregister(e->swarm, &e->protocol);
}
