/*
 * Streams of peers and the programs that answer them.
 */
#include "apps/p2pd/p2pd_programs.h"

#include <string.h>

#include "apps/p2pd/p2pd_splice.h"
#include "base/mem.h"

/* In d->programs. */
struct p2pd_program {
    struct list link;
    struct p2pd *d;
    char protocol[WAVU_STREAM_PROTOCOL_MAX];
    struct multiaddr address;
    unsigned failures; /* in a row */
    size_t dials;      /* under way: they know of it */
    bool is_gone;      /* withdrawn: freed when no dial knows of it any more */
};

static void p2pd_programs_free(struct p2pd_program *one)
{
    if (one->dials == 0) {
        list_remove(&one->link);
        mem_free(one);
    }
}

static struct p2pd_program *p2pd_programs_find(struct p2pd *d, const char *protocol)
{
    struct list *at = list_next(&d->programs, &d->programs);
    while (at != NULL) {
        struct p2pd_program *one = LIST_OF(at, struct p2pd_program, link);
        if (!one->is_gone && strcmp(one->protocol, protocol) == 0) {
            return one;
        }
        at = list_next(&d->programs, at);
    }
    return NULL;
}

static void p2pd_programs_withdraw(struct p2pd_program *one)
{
    int rc = wavu_stream_unhandle(one->d->node, one->protocol);
    (void)rc; /* not found: the node is going down */
    one->is_gone = true;
}

static void p2pd_programs_on_reached(void *context, struct p2pd_splice *s, int err)
{
    struct p2pd_program *one = context;
    (void)s;
    one->dials--;
    one->failures = err == 0 ? 0 : one->failures + 1;
    if (one->failures >= P2PD_PROGRAMS_TRIES_MAX && !one->is_gone) {
        p2pd_programs_withdraw(one);
    }
    if (one->is_gone) {
        p2pd_programs_free(one);
    }
}

/* The first event has the program as its context, those behind it the splice. */
static void p2pd_programs_up(void *context, struct wavu_stream *stream,
                             struct wavu_stream_event *event)
{
    if (event->kind != WAVU_STREAM_OPENED) {
        p2pd_splice_on_stream(context, event);
        return;
    }
    struct p2pd_program *one = context;
    one->dials++;
    p2pd_splice_inbound(
        one->d, stream, &one->address,
        (struct p2pd_splice_user){.done = p2pd_programs_on_reached, .context = one});
}

int p2pd_programs_set(struct p2pd *d, const char *protocol, const struct multiaddr *address)
{
    struct p2pd_program *one = p2pd_programs_find(d, protocol);
    if (one == NULL) {
        one = mem_new(sizeof *one);
        one->d = d;
        const struct wavu_stream_handler handler = {
            .protocol = protocol, .up = p2pd_programs_up, .context = one};
        int rc = wavu_stream_handle(d->node, &handler);
        if (rc < 0) {
            mem_free(one);
            return rc;
        }
        memcpy(one->protocol, protocol, strlen(protocol) + 1);
        list_push_back(&d->programs, &one->link);
    }
    one->address = *address;
    one->failures = 0;
    return 0;
}

/* ---- Echo ---- */

static void p2pd_programs_echo(void *context, struct wavu_stream *stream,
                               struct wavu_stream_event *event)
{
    (void)context;
    switch (event->kind) {
    case WAVU_STREAM_OPENED:
    case WAVU_STREAM_CLOSED:
        return;
    case WAVU_STREAM_DATA:
        if (wavu_stream_send(stream, event->data, event->len, &event->taken) < 0) {
            event->taken = event->len;
        }
        return;
    case WAVU_STREAM_WRITABLE:
        wavu_stream_resume(stream);
        return;
    case WAVU_STREAM_FIN:
        wavu_stream_finish(stream);
        return;
    }
}

int p2pd_programs_set_echo(struct p2pd *d)
{
    const struct wavu_stream_handler handler = {.protocol = P2PD_ECHO_NAME,
                                                .up = p2pd_programs_echo};
    return wavu_stream_handle(d->node, &handler);
}

void p2pd_programs_clear(struct p2pd *d)
{
    struct list *at = NULL;
    while ((at = list_pop_front(&d->programs)) != NULL) {
        mem_free(LIST_OF(at, struct p2pd_program, link));
    }
}
