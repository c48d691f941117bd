/*
 * Four tables, each with values of a version of its own (wavu_keep_msg.h):
 *
 *     life    own id -> the generations that are reserved
 *     state   own id -> our part of the shared state
 *     views   id -> alive or lost, and where
 *     peers   id -> addresses that it was met at
 *
 * Versions of the shared state never go back: a life begins above all generations that earlier ones
 * had reserved, and its own are on the disk before its first message can leave. So a crash between
 * a write and its commit costs a key its newest value, never its order.
 */
#include "node/wavu_keep.h"

#include <stdio.h>

#include "base/budget.h"
#include "base/check.h"
#include "base/mem.h"
#include "node/wavu_keep_msg.h"
#include "node/wavu_keep_table.h"

/* Tables of the node's own mesh; those of a network with members have its number behind them. */
#define WAVU_KEEP_LIFE "life"
#define WAVU_KEEP_STATE "state"
#define WAVU_KEEP_VIEWS "views"
#define WAVU_KEEP_PEERS "peers"

/* A clock that says more (the year 10889) is wrong; generations have room for it a thousand times.
 */
#define WAVU_KEEP_WALL_MS_MAX (UINT64_C(1) << 48)
#define WAVU_KEEP_GENERATION_MAX (UINT64_C(1) << 62) /* reserved; the state takes 63 bits */

struct wavu_keep {
    struct wavu_keep_config config;
    struct port *port;
    struct store *store; /* NULL: shut */
    char life[STORE_NAME_MAX];
    char state[STORE_NAME_MAX];
    char views_name[STORE_NAME_MAX];
    char peers_name[STORE_NAME_MAX];
    struct overlay *overlay; /* borrowed; NULL: none yet */
    struct overlay_id self;
    uint64_t generation; /* of this life's beginning */
    uint64_t reserved;   /* the highest that may be used */
    struct wavu_keep_table views;
    struct wavu_keep_table peers;
    struct timer timer;
    uint64_t hearsay_due_ns;
    bool is_written;           /* our own state differs from the store's */
    bool is_new;               /* there is something to look at: the timer runs to the next look */
    bool is_soon;              /* and soon: somebody was met for the first time */
    struct budget_bucket soon; /* WAVU_KEEP_SOON_SECONDS tokens for one */
};

_Static_assert(WAVU_KEEP_MSG_STATE_MAX <= STORE_VALUE_MAX, "our state is one value");
_Static_assert(OVERLAY_ID_SIZE <= WAVU_KEEP_TABLE_KEY_MAX, "ids are keys");
_Static_assert(WAVU_KEEP_PEERS_MAX >= VIEWS_PASSIVE_MAX + VIEWS_RETAINED_MAX, "all of the views");

/* ---- Generations ---- */

static int wavu_keep_reserve(struct wavu_keep *k, uint64_t up_to)
{
    uint8_t space[WAVU_KEEP_MSG_LIFE_SIZE];
    struct wr w;
    wr_init(&w, span_mut_of(space, sizeof space));
    wavu_keep_msg_put_life(&w, up_to);
    CHECK(wr_finish(&w) == 0);
    int rc = store_put(k->store, k->life, overlay_id_span(&k->self), wr_span(&w));
    if (rc == 0) {
        k->reserved = up_to;
    }
    return rc;
}

/* Whether our state is of a version that can be read: asked before anything is written. */
static int wavu_keep_check(struct wavu_keep *k)
{
    struct buf value;
    struct span saved;
    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_get(k->store, k->state, overlay_id_span(&k->self), &value);
    if (rc == 0) {
        rc = wavu_keep_msg_get_state(buf_span(&value), &saved);
    }
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

/* Begin a life: above the last one's, and on the disk before anybody hears of it. */
static int wavu_keep_begin(struct wavu_keep *k)
{
    struct buf kept;
    uint64_t last = 0;
    buf_init(&kept, STORE_VALUE_MAX);
    int rc = store_get(k->store, k->life, overlay_id_span(&k->self), &kept);
    if (rc == 0) {
        rc = wavu_keep_msg_get_life(buf_span(&kept), &last);
    }
    buf_clear(&kept);
    if (rc == 0 && last > WAVU_KEEP_GENERATION_MAX) {
        rc = WAVU_ERR_CORRUPT;
    }
    if (rc < 0 && rc != WAVU_ERR_NOT_FOUND) {
        return rc;
    }
    uint64_t wall_ms = k->port->wall_ms(k->port);
    wall_ms = wall_ms < WAVU_KEEP_WALL_MS_MAX ? wall_ms : 0;
    k->generation = wall_ms > last ? wall_ms : last + 1;
    rc = wavu_keep_reserve(k, k->generation + WAVU_KEEP_GENERATIONS);
    return rc < 0 ? rc : store_flush(k->store);
}

/* What the store did not take is tried at the next look. */
static void wavu_keep_again(struct wavu_keep *k, int rc)
{
    k->is_new = k->is_new || rc < 0;
}

/* Stay ahead of what is used. Someone may show us a past of ours that is far ahead (a lost home):
 * then this commit follows at the next look. */
static void wavu_keep_renew(struct wavu_keep *k)
{
    uint64_t used = state_generation(&overlay_mesh(k->overlay)->state);
    if (used + WAVU_KEEP_GENERATIONS / 2 > k->reserved && used < WAVU_KEEP_GENERATION_MAX) {
        wavu_keep_again(k, wavu_keep_reserve(k, used + WAVU_KEEP_GENERATIONS));
    }
}

/* ---- Writing ---- */

/* The addresses of a peer that another than hearsay told, most trusted first; how many. */
static size_t wavu_keep_addresses(const struct wavu_keep *k, const struct overlay_id *id,
                                  struct wavu_keep_msg_peer *out)
{
    struct peerid peer;
    overlay_id_to_peer(id, &peer);
    out->count = peerbook_addresses(&k->config.swarm->peerbook, &peer, out->addresses,
                                    WAVU_KEEP_MSG_ADDRESSES_MAX);
    while (out->count > 0 && out->addresses[out->count - 1].source == PEERBOOK_HEARSAY) {
        out->count--;
    }
    return out->count;
}

/* Of addresses that are trusted alike, an order that does not change when one is seen again. */
static void wavu_keep_sort(struct wavu_keep_msg_peer *p)
{
    for (size_t i = 1; i < p->count; i++) {
        struct peerbook_address moving = p->addresses[i];
        size_t at = i;
        while (at > 0 && p->addresses[at - 1].source == moving.source &&
               span_compare(multiaddr_span(&p->addresses[at - 1].address),
                            multiaddr_span(&moving.address)) > 0) {
            p->addresses[at] = p->addresses[at - 1];
            at--;
        }
        p->addresses[at] = moving;
    }
}

/* One peer of the views into both tables. */
static void wavu_keep_want(struct wavu_keep *k, const struct views_peer *p, bool is_lost,
                           bool is_hearsay)
{
    uint8_t space[WAVU_KEEP_MSG_PEER_MAX];
    struct wavu_keep_msg_view view = {.is_lost = is_lost, .where = views_book_where(p)};
    struct wavu_keep_msg_peer peer;
    struct wr w;
    wr_init(&w, span_mut_of(space, sizeof space));
    wavu_keep_msg_put_view(&w, &view);
    CHECK(wr_finish(&w) == 0);
    struct span key = overlay_id_span(&p->id);
    wavu_keep_again(k, wavu_keep_table_want(&k->views, key, wr_span(&w), is_hearsay));
    if (wavu_keep_addresses(k, &p->id, &peer) > 0) {
        wavu_keep_sort(&peer);
        wr_init(&w, span_mut_of(space, sizeof space));
        wavu_keep_msg_put_peer(&w, &peer);
        CHECK(wr_finish(&w) == 0);
        wavu_keep_again(k, wavu_keep_table_want(&k->peers, key, wr_span(&w), is_hearsay));
    }
}

/* Did this node reach it itself, or is it a neighbour? */
static bool wavu_keep_is_met(const struct wavu_keep *k, const struct views_peer *p)
{
    return p->is_proven || views_is_active(&overlay_mesh(k->overlay)->views, &p->id);
}

/* Is there one that was met, and is not in the store? */
static bool wavu_keep_has_first(const struct wavu_keep *k)
{
    const struct views_book_list *list = &overlay_mesh(k->overlay)->views.book.passive;
    bool has = false;
    for (uint32_t i = 0; i < list->count && !has; i++) {
        const struct views_peer *p = &list->peers[i];
        has = wavu_keep_is_met(k, p) && !wavu_keep_table_has(&k->views, overlay_id_span(&p->id));
    }
    return has;
}

/* The peers of one list: those that this node has reached, its neighbours, and what is kept
 * already, or the others. */
static void wavu_keep_list(struct wavu_keep *k, const struct views_book_list *list, bool is_lost,
                           bool is_hearsay, size_t *count)
{
    for (uint32_t i = 0; i < list->count && *count < WAVU_KEEP_PEERS_MAX; i++) {
        const struct views_peer *p = &list->peers[i];
        bool is_known =
            wavu_keep_is_met(k, p) || wavu_keep_table_has(&k->views, overlay_id_span(&p->id));
        if (is_known != is_hearsay) {
            wavu_keep_want(k, p, is_lost, is_hearsay);
            ++*count;
        }
    }
}

static void wavu_keep_look_at_views(struct wavu_keep *k, bool is_whole)
{
    const struct views_book *book = &overlay_mesh(k->overlay)->views.book;
    size_t count = 0;
    wavu_keep_table_begin(&k->views);
    wavu_keep_table_begin(&k->peers);
    wavu_keep_list(k, &book->passive, false, false, &count);
    wavu_keep_list(k, &book->retained, true, false, &count);
    if (is_whole) {
        wavu_keep_list(k, &book->passive, false, true, &count);
        wavu_keep_list(k, &book->retained, true, true, &count);
    }
    wavu_keep_again(k, wavu_keep_table_end(&k->views, is_whole));
    wavu_keep_again(k, wavu_keep_table_end(&k->peers, is_whole));
}

static void wavu_keep_look_at_state(struct wavu_keep *k)
{
    const struct state *state = &overlay_mesh(k->overlay)->state;
    uint8_t *space = mem_new_raw(WAVU_KEEP_MSG_STATE_MAX);
    struct wr w;
    wr_init(&w, span_mut_of(space, WAVU_KEEP_MSG_STATE_MAX));
    wavu_keep_msg_put_state(&w);
    CHECK(state_save(state, k->port->turn.now_ns, &k->self, &w) == 0);
    int rc = store_put(k->store, k->state, overlay_id_span(&k->self), wr_span(&w));
    k->is_written = rc < 0;
    wavu_keep_again(k, rc);
    mem_free(space);
}

static void wavu_keep_look(struct wavu_keep *k, bool is_whole)
{
    k->config.looks->value++;
    k->is_new = false;
    k->is_soon = false;
    wavu_keep_renew(k);
    wavu_keep_look_at_views(k, is_whole);
    if (k->is_written) {
        wavu_keep_look_at_state(k);
    }
    if (k->config.look != NULL) {
        wavu_keep_again(k, k->config.look(k->config.context));
    }
}

/* Sleep until the next look: one for what is new, or the seldom one for hearsay. */
static void wavu_keep_sleep(struct wavu_keep *k, uint64_t now)
{
    uint64_t due = k->is_new ? now + WAVU_KEEP_LOOK_NS : k->hearsay_due_ns;
    timers_set(&k->port->turn.timers, &k->timer, due, WAVU_KEEP_SLACK_NS);
}

static void wavu_keep_on_timer(struct timer *timer, uint64_t now)
{
    struct wavu_keep *k = LIST_OF(timer, struct wavu_keep, timer);
    bool is_whole = now >= k->hearsay_due_ns;
    wavu_keep_look(k, is_whole);
    k->hearsay_due_ns = is_whole ? now + WAVU_KEEP_HEARSAY_NS : k->hearsay_due_ns;
    wavu_keep_sleep(k, now);
}

void wavu_keep_met(struct wavu_keep *k)
{
    if (k == NULL || k->overlay == NULL || k->is_soon) {
        return;
    }
    uint64_t now = k->port->turn.now_ns;
    k->is_soon =
        wavu_keep_has_first(k) && budget_bucket_take(&k->soon, WAVU_KEEP_SOON_SECONDS, now) == 0;
    if (k->is_soon) {
        k->is_new = true;
        timers_set(&k->port->turn.timers, &k->timer, now + WAVU_KEEP_SOON_NS,
                   WAVU_KEEP_SOON_SLACK_NS);
    } else if (!k->is_new) {
        k->is_new = true;
        wavu_keep_sleep(k, now);
    }
}

void wavu_keep_written(struct wavu_keep *k)
{
    if (k != NULL) {
        k->is_written = true;
        wavu_keep_met(k);
    }
}

/* ---- Reading ---- */

/* What `wavu_keep_read` does with an entry. WAVU_ERR_UNSUPPORTED: it is of a newer version, and
 * left alone. */
typedef int wavu_keep_take(struct wavu_keep *, const struct overlay_id *, struct span);

/* Each entry of `table` to `take`; with `is_found` the table knows it from then on. */
static int wavu_keep_read(struct wavu_keep *k, struct wavu_keep_table *table, bool is_found,
                          wavu_keep_take *take)
{
    struct buf key;
    struct buf value;
    struct overlay_id id;
    int rc = 0;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (rc == 0 && (rc = store_next(k->store, table->name, span_empty(), &key, &value)) == 0) {
        bool is_id = overlay_id_take(&id, buf_span(&key)) == 0;
        /* What cannot be read is hearsay that got lost; it goes at the next look. */
        if (is_id && take(k, &id, buf_span(&value)) != WAVU_ERR_UNSUPPORTED && is_found) {
            wavu_keep_table_found(table, buf_span(&key), buf_span(&value));
        }
    }
    buf_clear(&key);
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

static int wavu_keep_take_peer(struct wavu_keep *k, const struct overlay_id *id, struct span bytes)
{
    struct wavu_keep_msg_peer kept;
    struct peerid peer;
    int rc = wavu_keep_msg_get_peer(bytes, &kept);
    overlay_id_to_peer(id, &peer);
    for (size_t i = 0; rc == 0 && i < kept.count; i++) {
        rc = peerbook_add_address(&k->config.swarm->peerbook, &peer, &kept.addresses[i].address,
                                  kept.addresses[i].source, k->port->turn.now_ns);
    }
    return rc;
}

static int wavu_keep_take_lost(struct wavu_keep *k, const struct overlay_id *id, struct span bytes)
{
    struct wavu_keep_msg_view view;
    int rc = wavu_keep_msg_get_view(bytes, &view);
    return rc < 0 || !view.is_lost ? rc : overlay_recall(k->overlay, id, view.where, true);
}

static int wavu_keep_take_alive(struct wavu_keep *k, const struct overlay_id *id, struct span bytes)
{
    struct wavu_keep_msg_view view;
    int rc = wavu_keep_msg_get_view(bytes, &view);
    return rc < 0 || view.is_lost ? rc : overlay_recall(k->overlay, id, view.where, false);
}

static int wavu_keep_read_state(struct wavu_keep *k)
{
    struct buf value;
    struct span saved;
    buf_init(&value, STORE_VALUE_MAX);
    int rc = store_get(k->store, k->state, overlay_id_span(&k->self), &value);
    if (rc == 0) {
        rc = wavu_keep_msg_get_state(buf_span(&value), &saved);
        rc = rc < 0 ? rc : overlay_load(k->overlay, saved);
    }
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int wavu_keep_follow(struct wavu_keep *k, struct overlay *overlay)
{
    k->overlay = overlay;
    int rc = wavu_keep_read_state(k);
    rc = rc < 0 ? rc : wavu_keep_read(k, &k->peers, true, wavu_keep_take_peer);
    /* The lost ones first: on their way to their list they need room among the others. */
    rc = rc < 0 ? rc : wavu_keep_read(k, &k->views, true, wavu_keep_take_lost);
    rc = rc < 0 ? rc : wavu_keep_read(k, &k->views, false, wavu_keep_take_alive);
    if (rc < 0) {
        k->overlay = NULL;
        return rc;
    }
    uint64_t now = k->port->turn.now_ns;
    k->hearsay_due_ns = now + WAVU_KEEP_HEARSAY_NS;
    k->is_new = true;
    wavu_keep_sleep(k, now);
    return 0;
}

/* ---- Life ---- */

static void wavu_keep_name(char name[STORE_NAME_MAX], const char *table, uint32_t number)
{
    int len = number == 0 ? snprintf(name, STORE_NAME_MAX, "%s", table)
                          : snprintf(name, STORE_NAME_MAX, "%s-%u", table, number);
    CHECK(len > 0 && len < STORE_NAME_MAX);
}

int wavu_keep_open(const struct wavu_keep_config *config, struct wavu_keep **out)
{
    struct wavu_keep *k = mem_new(sizeof *k);
    k->config = *config;
    k->port = config->swarm->port;
    k->store = config->store;
    CHECK(overlay_id_from_peer(&k->self, &config->swarm->self) == 0); /* our own key is Ed25519 */
    wavu_keep_name(k->life, WAVU_KEEP_LIFE, config->number);
    wavu_keep_name(k->state, WAVU_KEEP_STATE, config->number);
    wavu_keep_name(k->views_name, WAVU_KEEP_VIEWS, config->number);
    wavu_keep_name(k->peers_name, WAVU_KEEP_PEERS, config->number);
    wavu_keep_table_init(&k->views, k->store, k->views_name, &k->port->random);
    wavu_keep_table_init(&k->peers, k->store, k->peers_name, &k->port->random);
    timers_prepare(&k->timer, wavu_keep_on_timer);
    budget_bucket_init(&k->soon, 1, WAVU_KEEP_SOON_MAX * WAVU_KEEP_SOON_SECONDS,
                       k->port->turn.now_ns);
    int rc = wavu_keep_check(k);
    rc = rc < 0 ? rc : wavu_keep_begin(k);
    if (rc < 0) {
        wavu_keep_free(k);
        return rc;
    }
    *out = k;
    return 0;
}

/* Let go of the store; the rest stays for who asks once more. */
static void wavu_keep_close(struct wavu_keep *k)
{
    if (k->store != NULL) {
        timers_cancel(&k->port->turn.timers, &k->timer);
        k->store = NULL;
    }
    k->overlay = NULL;
}

void wavu_keep_shut(struct wavu_keep *k)
{
    if (k == NULL || k->store == NULL) {
        return;
    }
    if (k->overlay != NULL) {
        wavu_keep_look(k, true);
    }
    wavu_keep_close(k);
}

void wavu_keep_free(struct wavu_keep *k)
{
    if (k == NULL) {
        return;
    }
    wavu_keep_close(k);
    wavu_keep_table_clear(&k->views);
    wavu_keep_table_clear(&k->peers);
    mem_free(k);
}

uint64_t wavu_keep_generation(const struct wavu_keep *k)
{
    return k->generation;
}
