/*
 * From what is said to broadcasts.
 */
#include "chat/rooms_out.h"

#include <string.h>

#include "base/mem.h"
#include "base/varint.h"
#include "chat/rooms_many.h"

#define AGAIN_NS                                                                                   \
    (UINT64_C(10) * TIMERS_MS) /* the mesh had no room: a token or some have come then */
#define SLACK_NS (UINT64_C(2) * TIMERS_MS)
#define NAMES_SIZE ((size_t)ROOMS_MANY_MAX * ENTRY_ID_SIZE)

_Static_assert(ROOMS_MANY_MAX <= HASH_TREE_NAMES_MAX, "each entry in a broadcast is named by it");

static struct rooms_bytes *first_of(const struct rooms *r)
{
    struct list *l = list_next(&r->out.waiting, &r->out.waiting);

    return l == NULL ? NULL : LIST_OF(l, struct rooms_bytes, link);
}

/* Empty: it is no entry. */
static struct span name_of(const struct rooms_bytes *b)
{
    return b->bytes[0] == ROOMS_ENTRY ? span_of(b->id, sizeof b->id) : span_empty();
}

static void drop_first(struct rooms *r)
{
    struct rooms_bytes *b = first_of(r);

    list_remove(&b->link);
    r->out.bytes -= b->len;
    mem_free(b);
}

/* What goes in one broadcast. */
struct pack {
    size_t count; /* of the first that wait */
    struct span names;
    struct span bytes;
};

/* Put together those that are on the disk, as many as go in one with their names. */
static void put_together(const struct rooms *r, uint64_t committed, struct pack *p)
{
    const uint8_t kind = ROOMS_MANY;
    size_t others = 0;
    struct wr names;
    struct wr w;

    wr_init(&names, span_mut_of(r->out.space, NAMES_SIZE));
    wr_init(&w, span_mut_of(r->out.space + NAMES_SIZE, ROOMS_MANY_BYTES));
    wr_bytes(&w, span_of(&kind, 1));
    p->count = 0;
    for (struct list *l = list_next(&r->out.waiting, &r->out.waiting);
         l != NULL && p->count < ROOMS_MANY_MAX; l = list_next(&r->out.waiting, l)) {
        const struct rooms_bytes *b = LIST_OF(l, struct rooms_bytes, link);
        const struct span name = name_of(b);

        others += name.len == 0;
        if (b->number > committed || others > ROOMS_MANY_OTHERS_MAX ||
            names.len + name.len + w.len + VARINT_SIZE_MAX + b->len > ROOMS_MANY_BYTES) {
            break;
        }
        wr_bytes(&names, name);
        rooms_many_put(&w, span_of(b->bytes, b->len));
        p->count++;
    }
    p->names = wr_span(&names);
    p->bytes = wr_span(&w);
}

void rooms_out_flush(struct rooms *r)
{
    const uint64_t committed = store_committed(r->config.store);
    const struct rooms_bytes *b = NULL;

    if (r->out.is_flushing) {
        return; /* the owner called here: who flushes goes on */
    }
    r->out.is_flushing = true;
    r->out.is_held = false;
    while (!r->out.is_held && (b = first_of(r)) != NULL && b->number <= committed) {
        struct pack p;

        put_together(r, committed, &p);
        if (p.count < 2) {
            p = (struct pack){.count = 1, .names = name_of(b), .bytes = span_of(b->bytes, b->len)};
        }
        if (r->config.user.say(r->config.user.context, p.names, p.bytes) == WAVU_ERR_AGAIN) {
            r->out.is_held = true;
            timers_set(&r->turn->timers, &r->out.again, r->turn->now_ns + AGAIN_NS, SLACK_NS);
            break;
        }
        while (p.count-- > 0) {
            drop_first(r);
        }
    }
    r->out.is_flushing = false;
}

static void on_again(struct timer *timer, uint64_t now)
{
    struct rooms *r = LIST_OF(timer, struct rooms, out.again);

    (void)now;
    rooms_out_flush(r);
}

void rooms_out_say(struct rooms *r, enum rooms_kind kind, struct span body,
                   const uint8_t id[ENTRY_ID_SIZE])
{
    const bool is_safe = store_pending(r->config.store) == 0; /* all is on the disk already */
    struct rooms_bytes *b = mem_new_raw(sizeof *b + 1 + body.len);

    *b = (struct rooms_bytes){.number = is_safe ? store_committed(r->config.store)
                                                : store_number(r->config.store),
                              .len = 1 + body.len};
    b->bytes[0] = (uint8_t)kind;
    memcpy(b->bytes + 1, body.ptr, body.len);
    if (id != NULL) {
        memcpy(b->id, id, sizeof b->id);
    }
    list_push_back(&r->out.waiting, &b->link);
    r->out.bytes += b->len;
    if (is_safe && !r->out.is_held) {
        rooms_out_flush(r);
    }
}

bool rooms_out_is_full(const struct rooms *r)
{
    return r->out.bytes > (r->out.is_held ? ROOMS_HELD_BYTES : ROOMS_OUT_BYTES);
}

void rooms_out_init(struct rooms *r)
{
    list_init(&r->out.waiting);
    timers_prepare(&r->out.again, on_again);
    r->out.space = mem_new_raw(NAMES_SIZE + ROOMS_MANY_BYTES);
}

void rooms_out_clear(struct rooms *r)
{
    timers_cancel(&r->turn->timers, &r->out.again);
    while (first_of(r) != NULL) {
        drop_first(r);
    }
    mem_free(r->out.space);
}
