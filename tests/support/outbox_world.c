/*
 * An outbox and what surrounds it.
 */
#include "tests/support/outbox_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "base/timers.h"
#include "courier/outbox_row.h"

static size_t credit(void *context, const uint8_t *device)
{
    const struct outbox_world_way *way = context;
    return way->credit[device[0]];
}

static void offer(void *context, const struct way_parcel *parcel)
{
    (void)context;
    (void)parcel;
}

static struct way_ops way(struct outbox_world *w, int i, const char *name)
{
    w->contexts[i].world = w;
    return (struct way_ops){.name = name,
                            .size_max = ENVELOPE_SIZE_MAX,
                            .rate = 1000000,
                            .delay_ns = 10 * TIMERS_MS,
                            .classes = WAY_ALL_CLASSES,
                            .credit = credit,
                            .offer = offer,
                            .context = &w->contexts[i]};
}

static void start(struct outbox_world *w)
{
    const struct outbox_config config = {
        .ways = w->ways, .way_count = OUTBOX_WORLD_WAYS, .random = &w->random};
    outbox_init(&w->box, &config);
}

void outbox_world_init(struct outbox_world *w)
{
    memset(w, 0, sizeof(*w));
    random_seeded_init(&w->seeded, 21);
    w->random = random_from_seeded(&w->seeded);
    rows_init(&w->rows);
    w->now = TIMERS_SECOND;
    w->ways[OUTBOX_WORLD_DIRECT] = way(w, OUTBOX_WORLD_DIRECT, "direct");
    w->ways[OUTBOX_WORLD_HOPS] = way(w, OUTBOX_WORLD_HOPS, "hops");
    w->ways[OUTBOX_WORLD_HOPS].size_max = 8100;
    w->ways[OUTBOX_WORLD_HOPS].privacy = WAY_RELAYS;
    w->ways[OUTBOX_WORLD_HOPS].delay_ns = 100 * TIMERS_MS;
    w->ways[OUTBOX_WORLD_BOX] = way(w, OUTBOX_WORLD_BOX, "mailbox");
    w->ways[OUTBOX_WORLD_BOX].privacy = WAY_RELAYS;
    w->ways[OUTBOX_WORLD_BOX].delay_ns = 3600 * TIMERS_SECOND;
    w->ways[OUTBOX_WORLD_BOX].patience_ns = 10 * TIMERS_SECOND;
    w->ways[OUTBOX_WORLD_RADIO] = way(w, OUTBOX_WORLD_RADIO, "radio");
    w->ways[OUTBOX_WORLD_RADIO].size_max = 500;
    w->ways[OUTBOX_WORLD_RADIO].is_dear = true;
    w->ways[OUTBOX_WORLD_RADIO].privacy = WAY_MEMBERS;
    w->ways[OUTBOX_WORLD_RADIO].delay_ns = 1 * TIMERS_MS;
    start(w);
}

void outbox_world_clear(struct outbox_world *w)
{
    outbox_clear(&w->box);
    rows_clear(&w->rows);
}

struct outbox_order outbox_world_order(uint32_t id, uint8_t device, uint8_t member)
{
    struct outbox_order order = {.class_number = ENVELOPE_CHAT,
                                 .kind = 1,
                                 .lifetime_s = ENVELOPE_LIFETIME_S,
                                 .body_len = 100};
    memcpy(order.message, &id, sizeof(id));
    memset(order.device, device, sizeof(order.device));
    memset(order.member, member, sizeof(order.member));
    return order;
}

uint64_t outbox_world_add(struct outbox_world *w, uint8_t id, uint8_t device, uint8_t member)
{
    const struct outbox_order order = outbox_world_order(id, device, member);
    uint64_t row;
    CHECK(outbox_add(&w->box, w->now, &order, &row) == 0);
    return row;
}

void outbox_world_token(const struct outbox_world *w, uint64_t row,
                        uint8_t token[ENVELOPE_TOKEN_SIZE])
{
    const uint8_t key[8] = {(uint8_t)(row >> 56), (uint8_t)(row >> 48), (uint8_t)(row >> 40),
                            (uint8_t)(row >> 32), (uint8_t)(row >> 24), (uint8_t)(row >> 16),
                            (uint8_t)(row >> 8),  (uint8_t)row};
    const struct span value = rows_get(&w->rows, 'o', span_of(key, sizeof(key)));
    CHECK(value.len == OUTBOX_ROW_SIZE);
    memcpy(token, value.ptr + OUTBOX_ROW_SIZE - 2 * ENVELOPE_TOKEN_SIZE, ENVELOPE_TOKEN_SIZE);
}

static void seal(struct outbox_world *w, const struct outbox_event *e)
{
    struct outbox_order order;
    uint8_t token[ENVELOPE_TOKEN_SIZE];
    CHECK(outbox_order_of(&w->box, e->row, &order) == 0);
    CHECK(memcmp(order.message, e->message, sizeof(order.message)) == 0);
    w->seals++;
    if (w->seal_err != 0) {
        outbox_not_sealed(&w->box, w->now, e->row, w->seal_err);
        return;
    }
    random_fill(&w->random, token, sizeof(token));
    outbox_sealed(&w->box, w->now, e->row, token, envelope_content_size(1, order.body_len) + 150);
}

static void keep(struct outbox_world *w, const struct outbox_event *e)
{
    uint8_t key[8];
    uint8_t value[OUTBOX_ROW_SIZE];
    struct wr wr;
    wr_init(&wr, span_mut_of(key, sizeof(key)));
    wr_u64be(&wr, e->row);
    if (e->kind == OUTBOX_DELETE) {
        rows_delete(&w->rows, 'o', span_of(key, sizeof(key)));
        w->deletes++;
        w->lasts += e->is_last ? 1 : 0;
        return;
    }
    wr_init(&wr, span_mut_of(value, sizeof(value)));
    outbox_row_save(&wr, &w->box, e->row);
    CHECK(wr.len == OUTBOX_ROW_SIZE && !wr.failed);
    rows_put(&w->rows, 'o', span_of(key, sizeof(key)), wr_span(&wr));
}

static void take(struct outbox_world *w)
{
    struct outbox_event e;
    while (outbox_next_event(&w->box, w->now, &e)) {
        if (e.kind == OUTBOX_PUT || e.kind == OUTBOX_DELETE) {
            keep(w, &e);
            continue;
        }
        if (e.kind == OUTBOX_SEAL) {
            seal(w, &e);
            continue;
        }
        if (e.kind == OUTBOX_RECEIPTS) {
            memcpy(w->receipts, e.receipts, e.receipt_count * sizeof(w->receipts[0]));
        }
        CHECK(w->count < OUTBOX_WORLD_LOG);
        w->log[w->count++] = e;
    }
    outbox_check(&w->box);
}

void outbox_world_pump(struct outbox_world *w)
{
    w->count = 0;
    take(w);
}

void outbox_world_pass(struct outbox_world *w, uint64_t ns)
{
    const uint64_t end = w->now + ns;
    w->count = 0;
    take(w);
    while (outbox_deadline(&w->box) <= end) {
        const uint64_t at = outbox_deadline(&w->box);
        CHECK(at > w->now || w->count == 0);
        w->now = at > w->now ? at : w->now;
        outbox_tick(&w->box, w->now);
        take(w);
    }
    w->now = end;
}

void outbox_world_reach(struct outbox_world *w, int i, uint8_t device, bool is_reached)
{
    uint8_t id[ENVELOPE_DEVICE_SIZE];
    memset(id, device, sizeof(id));
    w->contexts[i].credit[device] = is_reached ? SIZE_MAX : 0;
    if (is_reached) {
        outbox_reachable(&w->box, w->now, id);
    }
}

const struct outbox_event *outbox_world_said(const struct outbox_world *w,
                                             enum outbox_event_kind kind, size_t nth)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->log[i].kind == kind && nth-- == 0) {
            return &w->log[i];
        }
    }
    return NULL;
}

size_t outbox_world_count(const struct outbox_world *w, enum outbox_event_kind kind)
{
    size_t count = 0;
    while (outbox_world_said(w, kind, count) != NULL) {
        count++;
    }
    return count;
}

static int by_key(const void *a, const void *b)
{
    const struct rows_row *const *x = a;
    const struct rows_row *const *y = b;
    return span_compare(rows_key(*x), rows_key(*y));
}

void outbox_world_restart(struct outbox_world *w)
{
    static const struct rows_row *all[OUTBOX_ROWS_MAX];
    size_t count = 0;
    size_t at = 0;
    outbox_clear(&w->box);
    start(w);
    while (count < OUTBOX_ROWS_MAX && (all[count] = rows_next(&w->rows, 'o', &at)) != NULL) {
        count++;
    }
    qsort(all, count, sizeof(struct rows_row *), by_key);
    for (size_t i = 0; i < count; i++) {
        struct rd r;
        rd_init(&r, rows_key(all[i]));
        CHECK(outbox_row_load(&w->box, w->now, rd_u64be(&r), rows_value(all[i])) == 0);
    }
    outbox_check(&w->box);
}
