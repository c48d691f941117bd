/*
 * The joiner proves first. So whoever answers in the inviter's place can test one guess on what it
 * gets, and a try counts from there, whatever comes after. Where a QR named the inviter's device,
 * nobody else gets anything: the link has proved whose it is.
 */
#include "members/pairing_guest.h"

#include <string.h>

#include "base/check.h"
#include "crypto/secret.h"

int pairing_guest_init(struct pairing_guest *g, const struct pairing_means *means,
                       const struct code *code)
{
    memset(g, 0, sizeof *g);
    const int rc = pairing_self_check(means->self);
    if (rc < 0) {
        return rc;
    }
    g->means = *means;
    g->code = *code;
    for (size_t i = 0; i < sizeof g->bodies / sizeof g->bodies[0]; i++) {
        buf_init(&g->bodies[i], PAIRING_MSG_SIZE_MAX);
    }
    return 0;
}

int pairing_guest_init_scanned(struct pairing_guest *g, const struct pairing_means *means,
                               const struct code_qr *qr)
{
    const int rc = pairing_guest_init(g, means, &qr->code);
    if (rc < 0) {
        return rc;
    }
    g->knows_device = true;
    memcpy(g->device, qr->device, sizeof g->device);
    g->knows_network = qr->has_network;
    memcpy(g->network, qr->network, sizeof g->network);
    return 0;
}

void pairing_guest_clear(struct pairing_guest *g)
{
    for (size_t i = 0; i < sizeof g->bodies / sizeof g->bodies[0]; i++) {
        buf_wipe(&g->bodies[i]);
    }
    secret_wipe(g, sizeof *g);
}

static struct pairing_guest_event *add_event(struct pairing_guest *g,
                                             enum pairing_guest_event_kind kind, struct buf **body)
{
    CHECK(g->count < PAIRING_GUEST_EVENTS_MAX);
    const size_t at = (g->first + g->count) % PAIRING_GUEST_EVENTS_MAX;
    g->count++;
    g->events[at] = (struct pairing_guest_event){.kind = kind};
    g->bodies[at].len = 0;
    if (body != NULL) {
        *body = &g->bodies[at];
    }
    return &g->events[at];
}

static struct buf *add_body(struct pairing_guest *g, enum pairing_guest_event_kind kind)
{
    struct buf *body = NULL;
    (void)add_event(g, kind, &body);
    return body;
}

bool pairing_guest_next_event(struct pairing_guest *g, struct pairing_guest_event *event)
{
    struct buf *handed = &g->bodies[PAIRING_GUEST_EVENTS_MAX];
    buf_wipe(handed);
    if (g->count == 0) {
        return false;
    }
    const struct buf empty = *handed;
    *handed = g->bodies[g->first];
    g->bodies[g->first] = empty;
    *event = g->events[g->first];
    event->bytes = buf_span(handed);
    secret_wipe(&g->events[g->first], sizeof g->events[0]);
    g->first = (g->first + 1) % PAIRING_GUEST_EVENTS_MAX;
    g->count--;
    return true;
}

static bool is_waiting(const struct pairing_guest *g)
{
    return g->state != PAIRING_GUEST_IDLE && g->state != PAIRING_GUEST_OVER;
}

/* This try is over. Once the inviter proved the code there is no other try: the code is used. */
static int fail(struct pairing_guest *g, int err)
{
    const bool used = g->state == PAIRING_GUEST_WAIT_WELCOME || g->state == PAIRING_GUEST_WAIT_WISH;
    struct pairing_guest_event *e = add_event(g, PAIRING_GUEST_FAILED, NULL);
    secret_wipe(&g->run, sizeof g->run);
    e->err = err;
    e->left = used ? 0 : PAIRING_GUEST_TRIES_MAX - g->tries;
    g->state = e->left > 0 ? PAIRING_GUEST_IDLE : PAIRING_GUEST_OVER;
    if (g->state == PAIRING_GUEST_OVER) {
        secret_wipe(&g->code, sizeof g->code);
    }
    return err;
}

int pairing_guest_begin(struct pairing_guest *g, uint64_t now, const struct pairing_link *link)
{
    uint8_t secret[CODE_TEXT_MAX];
    struct wr w;
    if (g->tries >= PAIRING_GUEST_TRIES_MAX) {
        return WAVU_ERR_LIMIT;
    }
    pairing_guest_tick(g, now);
    if (g->state != PAIRING_GUEST_IDLE ||
        span_is_equal(span_of(link->peer, PAIRING_KEY_SIZE),
                      span_of(g->means.self->device.public_key, PAIRING_KEY_SIZE))) {
        return WAVU_ERR_INVALID;
    }
    if (g->knows_device && !span_is_equal(span_of(link->peer, PAIRING_KEY_SIZE),
                                          span_of(g->device, PAIRING_KEY_SIZE))) {
        return WAVU_ERR_PEER_ID;
    }
    memset(&g->run, 0, sizeof g->run);
    g->run.role = PAIRING_MSG_JOINER;
    g->run.number = g->code.number;
    g->run.link = *link;
    wr_init(&w, span_mut_of(secret, sizeof secret));
    code_write_secret(&w, &g->code);
    CHECK(wr_finish(&w) == 0);
    pairing_begin(&g->run, &g->means, wr_span(&w));
    secret_wipe(secret, sizeof secret);

    const struct pairing_msg hello = {
        .kind = PAIRING_MSG_HELLO,
        .format = PAIRING_MSG_FORMAT,
        .number = g->code.number,
        .share = span_of(g->run.cpace.share, sizeof g->run.cpace.share),
    };
    CHECK(pairing_write(add_body(g, PAIRING_GUEST_SEND), &hello) == 0);
    g->state = PAIRING_GUEST_WAIT_SHARE;
    g->deadline = now + PAIRING_STEP_NS;
    g->closes = now + PAIRING_GUEST_IDLE_NS;
    return 0;
}

static int take_share(struct pairing_guest *g, uint64_t now, const struct pairing_msg *m)
{
    memcpy(g->run.commitment, m->commitment.ptr, sizeof g->run.commitment);
    if (pairing_keys(&g->run, &g->means, m->share) < 0) {
        return fail(g, WAVU_ERR_CRYPTO);
    }
    g->tries++;
    CHECK(pairing_prove(&g->run, &g->means, NULL, NULL, add_body(g, PAIRING_GUEST_SEND)) == 0);
    g->state = PAIRING_GUEST_WAIT_CONFIRM;
    g->deadline = now + PAIRING_STEP_NS;
    return 0;
}

static int take_confirm(struct pairing_guest *g, uint64_t now, const struct pairing_msg *m)
{
    struct pairing_peer peer;
    const int rc = pairing_check(&g->run, &g->means, m, &peer);
    if (rc < 0) {
        return fail(g, rc);
    }
    if (g->knows_network && !span_is_equal(span_of(peer.network, sizeof peer.network),
                                           span_of(g->network, sizeof g->network))) {
        return fail(g, WAVU_ERR_CRYPTO);
    }
    add_event(g, PAIRING_GUEST_PEER, NULL)->peer = peer;
    g->state = PAIRING_GUEST_WAIT_WELCOME;
    g->deadline = now + PAIRING_WELCOME_NS;
    secret_wipe(&g->code.words, sizeof g->code.words);
    return 0;
}

static int take_welcome(struct pairing_guest *g, uint64_t now, const struct pairing_msg *m)
{
    const struct pairing_part part = {.kind = PAIRING_MSG_WELCOME, .counter = 1};
    struct buf plain;
    buf_init(&plain, PAIRING_MSG_CONTENT_MAX);
    if (pairing_open(&g->run, &g->means, part, m->sealed, &plain) < 0) {
        buf_wipe(&plain);
        return fail(g, WAVU_ERR_CRYPTO);
    }
    CHECK(buf_append(add_body(g, PAIRING_GUEST_WELCOME), buf_span(&plain)) == 0);
    buf_wipe(&plain);
    g->state = PAIRING_GUEST_WAIT_WISH;
    g->deadline = now + PAIRING_WELCOME_NS;
    return 0;
}

/* Whoever refuses for our format says which one it speaks; and who has seen that we have the words
 * and refuses what we say of ourselves says so. (Anybody may, in the inviter's place: it is a
 * reason to show, and nothing more.) */
static int take_refused(struct pairing_guest *g, const struct pairing_msg *m)
{
    if (m->format != PAIRING_MSG_FORMAT && g->state == PAIRING_GUEST_WAIT_SHARE) {
        return fail(g, WAVU_ERR_UNSUPPORTED);
    }
    const bool is_right = m->is_right && g->state == PAIRING_GUEST_WAIT_CONFIRM;
    return fail(g, is_right ? WAVU_ERR_INVALID : WAVU_ERR_CRYPTO);
}

int pairing_guest_feed(struct pairing_guest *g, uint64_t now, struct span message)
{
    struct pairing_msg m;
    pairing_guest_tick(g, now); /* a late timer must not keep a try open */
    if (!is_waiting(g)) {
        return WAVU_ERR_CRYPTO;
    }
    if (pairing_is_again(&g->run, message)) {
        return 0;
    }
    if (pairing_msg_decode(&m, message) < 0) {
        return fail(g, WAVU_ERR_CRYPTO);
    }
    pairing_took(&g->run, message);
    if (m.kind == PAIRING_MSG_REFUSED) {
        return take_refused(g, &m);
    }
    if (g->state == PAIRING_GUEST_WAIT_SHARE && m.kind == PAIRING_MSG_SHARE) {
        return take_share(g, now, &m);
    }
    if (g->state == PAIRING_GUEST_WAIT_CONFIRM && m.kind == PAIRING_MSG_CONFIRM) {
        return take_confirm(g, now, &m);
    }
    if (g->state == PAIRING_GUEST_WAIT_WELCOME && m.kind == PAIRING_MSG_WELCOME) {
        return take_welcome(g, now, &m);
    }
    return fail(g, WAVU_ERR_CRYPTO);
}

int pairing_guest_answer(struct pairing_guest *g, struct span content)
{
    const struct pairing_part part = {.kind = PAIRING_MSG_ANSWER, .counter = 1};
    struct buf sealed;
    if (g->state != PAIRING_GUEST_WAIT_WISH) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (content.len > PAIRING_MSG_CONTENT_MAX) {
        return WAVU_ERR_LIMIT;
    }
    buf_init(&sealed, PAIRING_MSG_SIZE_MAX);
    CHECK(pairing_seal(&g->run, &g->means, part, content, &sealed) == 0);
    const struct pairing_msg m = {.kind = PAIRING_MSG_ANSWER, .sealed = buf_span(&sealed)};
    CHECK(pairing_write(add_body(g, PAIRING_GUEST_SEND), &m) == 0);
    buf_wipe(&sealed);
    (void)add_event(g, PAIRING_GUEST_DONE, NULL);
    secret_wipe(&g->run, sizeof g->run);
    secret_wipe(&g->code, sizeof g->code);
    g->state = PAIRING_GUEST_OVER;
    return 0;
}

void pairing_guest_lost(struct pairing_guest *g)
{
    if (is_waiting(g)) {
        (void)fail(g, WAVU_ERR_AGAIN);
    }
}

uint64_t pairing_guest_deadline(const struct pairing_guest *g)
{
    const bool keeps = g->state == PAIRING_GUEST_IDLE && g->closes != 0;
    return is_waiting(g) ? g->deadline : keeps ? g->closes : UINT64_MAX;
}

void pairing_guest_tick(struct pairing_guest *g, uint64_t now)
{
    if (is_waiting(g) && now >= g->deadline) {
        (void)fail(g, WAVU_ERR_TIMEOUT);
    }
    if (g->state == PAIRING_GUEST_IDLE && g->closes != 0 && now >= g->closes) {
        g->tries = PAIRING_GUEST_TRIES_MAX; /* the inviter's code is closed by now */
        (void)fail(g, WAVU_ERR_TIMEOUT);
    }
}

void pairing_guest_check(const struct pairing_guest *g)
{
    CHECK(g->count <= PAIRING_GUEST_EVENTS_MAX && g->first < PAIRING_GUEST_EVENTS_MAX);
    CHECK(g->tries <= PAIRING_GUEST_TRIES_MAX);
    CHECK(g->state != PAIRING_GUEST_IDLE || g->tries < PAIRING_GUEST_TRIES_MAX);
}
