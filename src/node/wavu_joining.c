/*
 * From a code to a connection with who may have made it.
 *
 *   address, QR:    dial -> try -> joined or failed
 *   neither:        seek by beacon -> dial each that is found -> try, each that answers once ...
 *                   until 120 s are over, or 10 s after one had another code
 *   open:           ask whoever is connected, and whom a beacon under the network's key shows,
 *                   one after the other, until one lets us in
 *
 * Who is next of those that were found says wavu_found. Each has its turn of 10 s; a longer one
 * only while nobody else waits.
 */
#include "node/wavu_joining.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "discovery/beacon.h"
#include "node/wavu_found.h"
#include "node/wavu_node.h"

struct wavu_joining {
    struct wavu_networks *networks;
    struct dial *dial; /* NULL: none under way */
    struct timer timer;
    struct turn_job again;
    uint16_t slot; /* sought; 0: none */
    bool is_on;    /* a code is tried */
    bool by_key;   /* no code: we ask who has invited our key */
    bool is_open;  /* neither: we ask to be let into an open network */
    bool has_network;
    uint8_t network[MEMBERS_MSG_ID_SIZE]; /* which */
    bool is_seeking;                      /* such a one, at nobody's address */
    bool is_asking;                       /* somebody who was found: one at a time */
    int seek_err;                         /* why the last one that has one did not let us in */
    struct peerid trying;                 /* who was dialled last of those that were found */
    uint64_t paused_until;                /* a code: none is tried before; one was turned away */
    struct timer look;                    /* who is connected by now? */
    struct timer turn;                    /* of `trying`; or of whoever is next, after a pause */
    uint64_t turn_until;                  /* longer only while nobody else waits */
    bool is_cut;                          /* it ends for that, not for an answer */
    uint64_t seek_until;                  /* for those who had no turn yet */
    struct wavu_found found;
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
    j->is_asking = err == 0;
    if (err == 0 && j->is_open) {
        err = networks_pair_ask_open(service, conn, j->has_network ? j->network : NULL);
    } else if (err == 0) {
        timers_cancel(&j->networks->node->port->turn.timers, &j->turn); /* it has its own time */
        err = j->by_key ? networks_pair_ask(service, conn) : networks_pair_try(service, conn);
    }
    if (err == 0) {
        return; /* the service tells the rest */
    }
    j->is_asking = false;
    if (j->slot != 0 || j->is_seeking) {
        next(j); /* another may be the one */
    } else {
        fail(j, err == WAVU_ERR_CLOSED ? WAVU_ERR_RESET : err);
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

static void set_turn(struct wavu_joining *j, uint64_t at)
{
    timers_set(&j->networks->node->port->turn.timers, &j->turn, at, TIMERS_SECOND / 2);
}

/* Try the next of those that were found. */
static void next(struct wavu_joining *j)
{
    const uint64_t now = j->networks->node->port->turn.now_ns;
    struct peerid peer;
    uint32_t turns = 0;

    while (j->is_on && j->dial == NULL && !j->is_asking && now >= j->paused_until &&
           wavu_found_next(&j->found, &peer, &turns)) {
        if (dial(j, &peer, NULL, 0) == 0) {
            j->trying = peer;
            j->turn_until = now + (WAVU_JOINING_TURN_NS << (turns < 3 ? turns : 3));
            set_turn(j, j->turn_until);
        }
    }
}

/* Its time is over. While nobody else waits it may have more. */
static void on_turn(struct timer *timer, uint64_t now)
{
    struct wavu_joining *j = LIST_OF(timer, struct wavu_joining, turn);

    if (j->dial == NULL && !j->is_asking) {
        next(j);
    } else if (!wavu_found_waits(&j->found, false)) {
        set_turn(j, now + WAVU_JOINING_LOOK_NS);
    } else if (j->dial != NULL) {
        dial_cancel(j->dial);
        j->dial = NULL;
        next(j);
    } else if (j->is_open) {
        j->is_cut = true;
        networks_pair_ask_end(j->networks->service); /* wavu_joining_asks_on goes on */
        j->is_cut = false;
    }
}

/* Two minutes are over: who was found and had no turn has one yet. */
static void on_timer(struct timer *timer, uint64_t now)
{
    struct wavu_joining *j = LIST_OF(timer, struct wavu_joining, timer);
    bool is_first = (j->dial != NULL || j->is_asking) && now < j->turn_until;

    if (now < j->seek_until && (is_first || wavu_found_waits(&j->found, true))) {
        timers_set(&j->networks->node->port->turn.timers, &j->timer, now + WAVU_JOINING_LOOK_NS,
                   TIMERS_SECOND);
        return;
    }
    fail(j, j->seek_err < 0 ? j->seek_err : WAVU_ERR_TIMEOUT);
}

/* Nobody was found yet. */
static void begin_search(struct wavu_joining *j)
{
    const struct turn *turn = &j->networks->node->port->turn;

    wavu_found_init(&j->found, &j->networks->node->port->random);
    j->is_on = true;
    j->seek_err = 0;
    j->paused_until = 0;
    j->turn_until = 0;
    j->seek_until = turn->now_ns + WAVU_JOINING_SEEK_MAX_NS;
    timers_set(&j->networks->node->port->turn.timers, &j->timer,
               turn->now_ns + WAVU_JOINING_SEEK_NS, TIMERS_SECOND);
}

static const struct multiaddr *heard_at(const struct beacon_found *found)
{
    return found->candidates.count == 0 ? NULL : &found->candidates.addresses[0];
}

/* ---- Seeking an open network ---- */

/* Who is connected is asked where it is connected from. */
static void add_connected(struct wavu_joining *j, struct peer *peer)
{
    struct list *first = list_next(&peer->conns, &peer->conns);
    struct multiaddr local;
    struct multiaddr remote;

    if (first != NULL) {
        conn_addresses(LIST_OF(first, struct conn, link_peer), &local, &remote);
        wavu_found_add(&j->found, &peer->id, &remote);
    }
}

static void look(struct wavu_joining *j)
{
    struct wavu_node *node = j->networks->node;
    struct peer *peer = NULL;
    size_t at = 0;

    while ((peer = map_next(&node->swarm.peers, &at)) != NULL) {
        add_connected(j, peer);
    }
    timers_set(&node->port->turn.timers, &j->look, node->port->turn.now_ns + WAVU_JOINING_LOOK_NS,
               TIMERS_SECOND / 2);
    next(j);
}

static void on_look(struct timer *timer, uint64_t now)
{
    (void)now;
    look(LIST_OF(timer, struct wavu_joining, look));
}

void wavu_joining_on_open(struct wavu_joining *j, const struct beacon_found *found)
{
    if (j->is_seeking) {
        wavu_found_add(&j->found, &found->peer, heard_at(found));
        next(j);
    }
}

bool wavu_joining_seek_key(const struct wavu_joining *j, uint8_t key[DISCOVERY_KEY_SIZE])
{
    if (j == NULL || !j->is_seeking || !j->has_network) {
        return false;
    }
    discovery_key_first(key, j->network);
    return true;
}

bool wavu_joining_asks_on(struct wavu_joining *j, int err)
{
    if (!j->is_on || !j->is_seeking || (err == WAVU_ERR_EXISTS && j->has_network)) {
        return false;
    }
    /* That there is no open network is no answer; that it lets nobody in now is one. */
    bool is_telling = err == WAVU_ERR_AGAIN || err == WAVU_ERR_EXISTS || err == WAVU_ERR_LIMIT ||
                      err == WAVU_ERR_UNSUPPORTED;
    j->seek_err = is_telling ? err : j->seek_err;
    j->is_asking = false;
    if (!j->is_cut) {
        wavu_found_done(&j->found, &j->trying);
    }
    turn_queue(&j->networks->node->port->turn, &j->again);
    return true;
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
    timers_prepare(&j->look, on_look);
    timers_prepare(&j->turn, on_turn);
    wavu_found_init(&j->found, &w->node->port->random);
    return j;
}

void wavu_joining_end(struct wavu_joining *j)
{
    struct wavu_node *node = j->networks->node;

    timers_cancel(&node->port->turn.timers, &j->timer);
    timers_cancel(&node->port->turn.timers, &j->look);
    timers_cancel(&node->port->turn.timers, &j->turn);
    turn_cancel(&j->again);
    dial_cancel(j->dial);
    j->dial = NULL;
    j->is_on = false;
    j->is_asking = false;
    wavu_found_init(&j->found, &node->port->random);
    if (j->is_seeking) {
        j->is_seeking = false;
        wavu_networks_set_keys(j->networks);
    }
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

/*
 * Its words are others: asked again it would only count another try, and of one place it takes
 * two. Who has the same number by chance may answer yet, for a little while.
 */
static void on_other_words(struct wavu_joining *j)
{
    struct wavu_node *node = j->networks->node;
    uint64_t last = node->port->turn.now_ns + WAVU_JOINING_OTHER_NS;

    wavu_found_done(&j->found, &j->trying);
    if (j->seek_err == 0) {
        j->seek_err = WAVU_ERR_CRYPTO;
        timers_set(&node->port->turn.timers, &j->timer, last, TIMERS_SECOND);
    }
}

bool wavu_joining_failed(struct wavu_joining *j, int err, unsigned left)
{
    struct turn *turn = &j->networks->node->port->turn;

    if (left > 0 && j->slot != 0) {
        j->is_asking = false;
        if (err == WAVU_ERR_CRYPTO) {
            on_other_words(j);
        } else {
            j->paused_until = turn->now_ns + WAVU_JOINING_PAUSE_NS;
            set_turn(j, j->paused_until);
        }
        turn_queue(turn, &j->again);
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
    if (slot != 0 && slot == j->slot) {
        wavu_found_add(&j->found, &found->peer, heard_at(found));
        next(j);
    }
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
    begin_search(j);
    return 0;
}

/* A number that nobody has said yet: a slip in it is not to cost its person two minutes. */
static bool gives_way(const struct wavu_joining *j)
{
    return j->slot != 0 && j->dial == NULL && !j->is_asking;
}

int wavu_join(struct wavu_node *node, const char *code, const char *address)
{
    struct wavu_networks *w = node->networks;
    struct code_qr qr;
    struct code_fault fault;

    if (w == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    if (w->joining->is_on && !gives_way(w->joining)) {
        return WAVU_ERR_EXISTS;
    }
    memset(&qr, 0, sizeof qr);
    bool is_scanned = code_qr_is(span_from_text(code));
    int rc = is_scanned ? code_qr_parse(&qr, span_from_text(code))
                        : code_parse(&qr.code, &fault, span_from_text(code));
    rc = rc < 0 ? rc : wavu_networks_person(w);
    if (rc == 0 && w->joining->is_on) {
        fail(w->joining, WAVU_ERR_IN_USE);
    }
    rc = rc < 0 ? rc : networks_pair_join(w->service, &qr.code, is_scanned ? &qr : NULL);
    if (rc == 0) {
        w->joining->by_key = false;
        w->joining->is_open = false;
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
    w->joining->is_open = false;
    return rc < 0 ? rc : begin_at(w->joining, address, true);
}

static int begin_open(struct wavu_joining *j)
{
    j->is_seeking = true;
    begin_search(j);
    wavu_networks_set_keys(j->networks);
    look(j);
    return 0;
}

/* Whom nobody will let in need not ask for two minutes: who is in it, or was put out. */
static int may_ask(const struct wavu_networks *w, const uint8_t *network)
{
    const struct networks_one *known = network == NULL ? NULL : networks_of(w->service, network);

    if (known == NULL || networks_leave_is_done(known) || networks_number(known) == 0) {
        return 0;
    }
    return networks_is_live(known) ? WAVU_ERR_IN_USE : WAVU_ERR_CLOSED;
}

int wavu_join_open(struct wavu_node *node, const char *network, const char *address)
{
    struct wavu_networks *w = node->networks;
    uint8_t id[MEMBERS_MSG_ID_SIZE] = {0};

    if (w == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    struct wavu_joining *j = w->joining;
    if (j->is_on) {
        return WAVU_ERR_EXISTS;
    }
    int rc = network == NULL ? 0 : wavu_networks_id(id, network);
    rc = rc < 0 ? rc : may_ask(w, network == NULL ? NULL : id);
    rc = rc < 0 ? rc : wavu_networks_person(w);
    if (rc < 0) {
        return rc;
    }
    j->by_key = false;
    j->is_open = true;
    j->has_network = network != NULL;
    memcpy(j->network, id, sizeof j->network);
    return address != NULL ? begin_at(j, address, false) : begin_open(j);
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
