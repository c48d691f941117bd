/*
 * The state machine's events.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "overlay/state_core.h"

#define OUT_CAP_MIN 4
#define OUT_CAP_KEPT 16 /* larger arrays are given back once they are empty */

static void out_put(struct state *s, struct state_out out)
{
    if (s->out_count == s->out_cap) {
        s->out_cap = s->out_cap == 0 ? OUT_CAP_MIN : 2 * s->out_cap;
        s->out = mem_resize(s->out, s->out_cap * sizeof *s->out);
    }
    s->out[s->out_count++] = out;
}

/* Let go of the list of the event before. */
static void release(struct state *s)
{
    mem_free(s->held);
    s->held = NULL;
}

void state_out_begin(struct state *s)
{
    release(s);
    if (s->out_first == s->out_count) {
        state_table_bury(&s->table);
    }
}

void state_out_changed(struct state *s, const struct state_owner *owner,
                       const struct state_entry *entry, bool is_gone)
{
    out_put(s, (struct state_out){.kind = STATE_OUT_CHANGED,
                                  .slot = STATE_NOBODY,
                                  .is_gone = is_gone,
                                  .owner = owner,
                                  .entry = entry});
}

void state_out_forgot(struct state *s, const struct state_owner *owner)
{
    out_put(s, (struct state_out){.kind = STATE_OUT_FORGOT, .slot = STATE_NOBODY, .owner = owner});
}

void state_out_send(struct state *s, uint8_t slot, const struct state_msg *m, struct span list)
{
    struct state_out out = {.kind = STATE_OUT_SEND, .slot = slot, .msg = *m};
    if (list.len > 0) {
        out.list = mem_new_raw(list.len);
        memcpy(out.list, list.ptr, list.len);
    }
    struct span kept = span_of(out.list, list.len);
    out.msg.buckets = m->kind == STATE_MSG_BUCKETS ? kept : span_empty();
    out.msg.items = m->kind == STATE_MSG_DIGEST ? kept : span_empty();
    out.msg.blocks = m->kind == STATE_MSG_DELTA ? kept : span_empty();
    out_put(s, out);
}

void state_out_forget_slot(struct state *s, uint8_t slot)
{
    for (size_t i = s->out_first; i < s->out_count; i++) {
        if (s->out[i].slot == slot) {
            mem_free(s->out[i].list);
            s->out[i] = (struct state_out){.kind = STATE_OUT_NOTHING, .slot = STATE_NOBODY};
        }
    }
}

void state_out_clear(struct state *s)
{
    for (size_t i = s->out_first; i < s->out_count; i++) {
        mem_free(s->out[i].list);
    }
    release(s);
    mem_free(s->out);
    s->out = NULL;
    s->out_first = 0;
    s->out_count = 0;
    s->out_cap = 0;
}

/* Make the event of `out`; false when it came to nothing. */
static bool make(struct state *s, const struct state_out *out, struct state_event *event)
{
    memset(event, 0, sizeof *event);
    switch (out->kind) {
    case STATE_OUT_NOTHING:
        return false;
    case STATE_OUT_SEND:
        event->kind = STATE_SEND;
        event->to = s->links[out->slot].id;
        event->msg = out->msg;
        s->held = out->list;
        return true;
    case STATE_OUT_CHANGED:
        event->kind = STATE_CHANGED;
        event->owner = out->owner->id;
        event->key = state_owner_key(out->entry);
        event->value = out->is_gone ? span_empty() : state_owner_value(out->entry);
        return true;
    case STATE_OUT_FORGOT:
        event->kind = STATE_FORGOT;
        event->owner = out->owner->id;
        return true;
    }
    return false;
}

/* The queue is empty: start it anew. */
static void rewind_queue(struct state *s)
{
    s->out_first = 0;
    s->out_count = 0;
    if (s->out_cap > OUT_CAP_KEPT) {
        mem_free(s->out);
        s->out = NULL;
        s->out_cap = 0;
    }
}

bool state_out_next(struct state *s, struct state_event *event)
{
    release(s);
    while (s->out_first < s->out_count) {
        struct state_out out = s->out[s->out_first++];
        if (make(s, &out, event)) {
            return true;
        }
    }
    rewind_queue(s);
    if (s->is_written) {
        s->is_written = false;
        memset(event, 0, sizeof *event);
        event->kind = STATE_WRITTEN;
        return true;
    }
    return false;
}
