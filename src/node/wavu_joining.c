/*
 * From a code to a connection with who may have made it.
 *
 *   address, QR:    dial -> try -> joined or failed
 *   neither:        seek by beacon -> dial each that is found -> try ... until 120 s are over
 */
#include "node/wavu_joining.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "discovery/beacon.h"
#include "node/wavu_node.h"

struct wavu_joining {
    struct wavu_networks *networks;
    struct dial *dial; /* NULL: none under way */
    struct timer timer;
    struct turn_job again;
    uint16_t slot; /* sought; 0: none */
    bool is_on;    /* a code is tried */
    bool by_key;   /* no code: we ask who has invited our key */
    struct peerid waiting[WAVU_JOINING_WAITING_MAX];
    size_t waiting_count;
};

static void next(struct wavu_joining *j);

static void fail(struct wavu_joining *j, int err)
{
    struct wavu_members_event event = {.kind = WAVU_MEMBERS_JOIN_FAILED, .err = err};

    wavu_joining_end(j);
    networks_pair_cancel(j->networks->service);
    wavu_networks_tell(j->networks, &event);
}

static void on_dialled(void *context, int err, struct conn *conn)
{
    struct wavu_joining *j = context;
    struct networks *service = j->networks->service;

    j->dial = NULL;
    if (!j->is_on) {
        return;
    }
    if (err == 0) {
        err = j->by_key ? networks_pair_ask(service, conn) : networks_pair_try(service, conn);
    }
    if (err == 0) {
        return; /* the service tells the rest */
    }
    if (j->slot != 0) {
        next(j); /* another may be the one */
    } else {
        fail(j, err);
    }
}

static int dial(struct wavu_joining *j, const struct peerid *peer,
                const struct multiaddr *addresses, size_t count)
{
    const struct dial_user user = {.done = on_dialled, .context = j};
    int rc = dial_start(&j->networks->node->swarm, peer, addresses, count, user, &j->dial);

    if (rc < 0) {
        j->dial = NULL;
    }
    return rc;
}

/* Try the next of those that were found. */
static void next(struct wavu_joining *j)
{
    while (j->is_on && j->dial == NULL && j->waiting_count > 0) {
        struct peerid peer = j->waiting[0];

        j->waiting_count--;
        memmove(j->waiting, j->waiting + 1, j->waiting_count * sizeof j->waiting[0]);
        if (dial(j, &peer, NULL, 0) == 0) {
            return;
        }
    }
}

static void on_timer(struct timer *timer, uint64_t now)
{
    (void)now;
    fail(LIST_OF(timer, struct wavu_joining, timer), WAVU_ERR_TIMEOUT);
}

static void on_again(struct turn_job *job, uint64_t now)
{
    (void)now;
    next(LIST_OF(job, struct wavu_joining, again));
}

struct wavu_joining *wavu_joining_new(struct wavu_networks *w)
{
    struct wavu_joining *j = mem_new(sizeof *j);

    j->networks = w;
    j->again = (struct turn_job){.run = on_again, .cost_us = 10};
    timers_prepare(&j->timer, on_timer);
    return j;
}

void wavu_joining_end(struct wavu_joining *j)
{
    struct wavu_node *node = j->networks->node;

    timers_cancel(&node->port->turn.timers, &j->timer);
    turn_cancel(&j->again);
    dial_cancel(j->dial);
    j->dial = NULL;
    j->is_on = false;
    j->waiting_count = 0;
    if (j->slot != 0) {
        j->slot = 0;
        wavu_mesh_seek(node->mesh, 0);
    }
}

void wavu_joining_free(struct wavu_joining *j)
{
    if (j != NULL) {
        wavu_joining_end(j);
        mem_free(j);
    }
}

bool wavu_joining_failed(struct wavu_joining *j, unsigned left)
{
    if (left > 0 && j->slot != 0) {
        turn_queue(&j->networks->node->port->turn, &j->again);
        return true;
    }
    if (j->is_on) {
        wavu_joining_end(j);
        networks_pair_cancel(j->networks->service);
    }
    return false;
}

void wavu_joining_on_inviter(struct wavu_joining *j, uint16_t slot,
                             const struct beacon_found *found)
{
    if (slot == 0 || slot != j->slot || j->waiting_count == WAVU_JOINING_WAITING_MAX) {
        return;
    }
    for (size_t i = 0; i < j->waiting_count; i++) {
        if (peerid_is_equal(&j->waiting[i], &found->peer)) {
            return;
        }
    }
    j->waiting[j->waiting_count++] = found->peer;
    next(j);
}

/* ---- Public ---- */

/* Where to go, as a person types it. */
static int parse_address(const char *text, struct multiaddr *out, struct peerid *peer,
                         bool *has_peer)
{
    struct multiaddr rest;
    uint8_t id[PEERID_SIZE_MAX];
    size_t len = sizeof id;
    int rc = wavu_address_check(text);

    rc = rc < 0 ? rc : multiaddr_parse_any(out, span_from_text(text));
    if (rc < 0) {
        return rc;
    }
    rest = *out;
    *has_peer = multiaddr_pop_peer(&rest, id, &len);
    return *has_peer ? peerid_decode(peer, span_of(id, len)) : 0;
}

static int begin_at(struct wavu_joining *j, const char *address, bool needs_peer)
{
    struct multiaddr at;
    struct peerid peer;
    bool has_peer = false;
    int rc = parse_address(address, &at, &peer, &has_peer);

    if (rc == 0 && needs_peer && !has_peer) {
        return WAVU_ERR_INVALID;
    }
    rc = rc < 0 ? rc : dial(j, has_peer ? &peer : NULL, &at, 1);
    j->is_on = rc == 0;
    return rc;
}

static int begin_scanned(struct wavu_joining *j, const struct code_qr *qr)
{
    struct overlay_id device;
    struct peerid peer;

    memcpy(device.bytes, qr->device, sizeof device.bytes);
    overlay_id_to_peer(&device, &peer);
    int rc = dial(j, &peer, qr->addresses, qr->count);
    j->is_on = rc == 0;
    return rc;
}

static int begin_seeking(struct wavu_joining *j, uint16_t slot)
{
    struct wavu_node *node = j->networks->node;

    if (!wavu_mesh_seek(node->mesh, slot)) {
        return WAVU_ERR_NOT_FOUND;
    }
    j->slot = slot;
    j->is_on = true;
    timers_set(&node->port->turn.timers, &j->timer, node->port->turn.now_ns + WAVU_JOINING_SEEK_NS,
               TIMERS_SECOND);
    return 0;
}

int wavu_join(struct wavu_node *node, const char *code, const char *address)
{
    struct wavu_networks *w = node->networks;
    struct code_qr qr;
    struct code_fault fault;

    if (w == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (w->joining->is_on) {
        return WAVU_ERR_EXISTS;
    }
    memset(&qr, 0, sizeof qr);
    bool is_scanned = code_qr_is(span_from_text(code));
    int rc = is_scanned ? code_qr_parse(&qr, span_from_text(code))
                        : code_parse(&qr.code, &fault, span_from_text(code));
    rc = rc < 0 ? rc : wavu_networks_person(w);
    rc = rc < 0 ? rc : networks_pair_join(w->service, &qr.code, is_scanned ? &qr : NULL);
    if (rc == 0) {
        w->joining->by_key = false;
        if (address != NULL) {
            rc = begin_at(w->joining, address, false);
        } else {
            rc = is_scanned && qr.count > 0 ? begin_scanned(w->joining, &qr)
                                            : begin_seeking(w->joining, qr.code.number);
        }
        if (rc < 0) {
            networks_pair_cancel(w->service);
        }
    }
    secret_wipe(&qr, sizeof qr);
    return rc;
}

int wavu_join_key(struct wavu_node *node, const char *address)
{
    struct wavu_networks *w = node->networks;

    if (w == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (w->joining->is_on) {
        return WAVU_ERR_EXISTS;
    }
    int rc = wavu_networks_person(w);
    w->joining->by_key = true;
    return rc < 0 ? rc : begin_at(w->joining, address, true);
}

void wavu_code_explain(const char *code, char *out, size_t size)
{
    struct code parsed;
    struct code_fault fault = {.problem = CODE_GOOD};
    struct wr w;

    wr_init(&w, span_mut_of(out, size - 1));
    if (code_qr_is(span_from_text(code))) {
        wr_bytes(&w, span_from_text("the text of a QR is damaged, or of a newer wavu"));
    } else if (code_parse(&parsed, &fault, span_from_text(code)) < 0) {
        code_explain(&w, &fault);
    } else {
        wr_bytes(&w, span_from_text("it is a join code"));
    }
    secret_wipe(&parsed, sizeof parsed);
    out[wr_finish(&w) == 0 ? w.len : 0] = '\0';
}
