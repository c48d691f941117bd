/*
 * Samples grow by doubling; when there are too many, each second one goes and its counts are added
 * to the one after.
 */
#include "swarm/samples.h"

#include "base/check.h"
#include "base/heap.h"
#include "base/mem.h"

#define CAP_FIRST 64

uint64_t samples_every_ms(const struct samples *s)
{
    return s->every_ms == 0 ? SAMPLES_MS : s->every_ms;
}

/* What happened before and during `next` as one. */
static void join(struct run_sample *next, const struct run_sample *before)
{
    next->messages += before->messages;
    next->bytes += before->bytes;
    next->broadcasts += before->broadcasts;
    next->delivered += before->delivered;
    next->downs_true += before->downs_true;
    next->downs_false += before->downs_false;
}

static void thin(struct samples *s)
{
    struct run_result *r = s->result;
    for (size_t i = 0; i < RUN_SAMPLES_MAX / 2; i++) {
        struct run_sample next = r->samples[2 * i + 1];
        join(&next, &r->samples[2 * i]);
        r->samples[i] = next;
    }
    r->sample_count = RUN_SAMPLES_MAX / 2;
    s->every_ms = 2 * samples_every_ms(s);
}

void samples_add(struct samples *s, const struct run_sample *sample)
{
    struct run_result *r = s->result;
    if (r->sample_count == RUN_SAMPLES_MAX) {
        thin(s);
    }
    if (r->sample_count == s->cap) {
        s->cap = s->cap == 0 ? CAP_FIRST : 2 * s->cap;
        r->samples = mem_resize(r->samples, s->cap * sizeof r->samples[0]);
    }
    struct run_sample *next = &r->samples[r->sample_count++];
    *next = *sample;
    next->messages -= s->last.messages;
    next->bytes -= s->last.bytes;
    next->broadcasts -= s->last.broadcasts;
    next->delivered -= s->last.delivered;
    next->downs_true -= s->last.downs_true;
    next->downs_false -= s->last.downs_false;
    s->last = *sample;
}

uint64_t samples_median(uint64_t *values, size_t count)
{
    struct heap h;
    struct heap_node *nodes = mem_new_array(count + 1, sizeof nodes[0]);
    heap_init(&h);
    for (size_t i = 0; i < count; i++) {
        heap_add(&h, &nodes[i], values[i]);
    }
    for (size_t i = 0; i < count; i++) {
        struct heap_node *first = heap_first(&h);
        values[i] = first->key;
        heap_remove(&h, first);
    }
    heap_clear(&h);
    mem_free(nodes);
    return count == 0 ? 0 : values[count / 2];
}
