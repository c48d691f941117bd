/*
 * From a bare link to a secured one with an agreed muxer.
 *
 * The hybrid handshake is proposed first, and its first message goes along, in two tokens of
 * multistream-select (net/key_share_msg.h): among us it costs no round trip, and who does not speak
 * it refuses three proposals and gets "/noise", one round trip later.
 *
 * With others "/noise", and where the swarm is set so, TLS, or for tests plaintext. The first
 * message of these goes along only with our last proposal.
 *
 * Arrives: the link's bytes (through conn.c), then the secured channel's plaintext.
 * Leaves: handshake bytes in `out` or in the connection's frames; conn_secured when the handshake
 * is done.
 */
#include "net/upgrade.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "net/conn.h"
#include "net/key_share_msg.h"
#include "net/plaintext_msg.h"
#include "net/swarm.h"

static const char *const upgrade_streams[] = {"/yamux/1.0.0", NULL};
static const char *const upgrade_packets[] = {"/wavu/datagram/1", NULL};
static const char *const upgrade_any[] = {"/yamux/1.0.0", "/wavu/datagram/1", NULL};

/* A clock that says less was never set (2020): the times of certificates are not held against it.
 */
#define UPGRADE_WALL_MIN_S UINT64_C(1577836800)

static void upgrade_run_job(struct turn_job *job, uint64_t now);

/* The muxers we offer: what the dialler wishes, or all when the peer chooses. */
static const char *const *upgrade_muxers(const struct conn *c)
{
    if (!c->is_dialled) {
        return upgrade_any;
    }
    return c->kind == CONN_PACKETS ? upgrade_packets : upgrade_streams;
}

int upgrade_kind_of(struct span name, enum conn_kind *kind)
{
    if (span_is_equal(name, span_from_text(upgrade_streams[0]))) {
        *kind = CONN_STREAMS;
        return 0;
    }
    if (span_is_equal(name, span_from_text(upgrade_packets[0]))) {
        *kind = CONN_PACKETS;
        return 0;
    }
    return WAVU_ERR_UNSUPPORTED;
}

/* The security protocols that we speak, the best first. */
static const char *const *upgrade_protocols(const struct upgrade *u)
{
    const struct swarm *s = u->conn->swarm;
    if (s->other_security[0] != NULL) {
        return s->other_security;
    }
    const char *const *all = s->security;
    return all + (s->is_classic && strcmp(all[0], NOISE_HYBRID) == 0 ? 1 : 0);
}

static void upgrade_start_noise(struct upgrade *u, bool is_hybrid)
{
    struct x25519_pair ephemeral;
    bool is_spare = spare_take(&u->conn->swarm->spare, &ephemeral);
    struct noise_config config = {
        .role = u->conn->is_dialled ? NOISE_INITIATOR : NOISE_RESPONDER,
        .identity = &u->conn->swarm->identity,
        .muxers = upgrade_muxers(u->conn),
        .security = upgrade_protocols(u),
        .is_hybrid = is_hybrid,
        .expected = u->expected.len > 0 ? &u->expected : NULL,
        .prologue = span_empty(),
        .other = u->conn->swarm->other_security[0],
        .ephemeral = is_spare ? &ephemeral : NULL,
    };
    u->noise = noise_new(&config);
    u->is_hybrid = is_hybrid;
    u->is_carrying = is_hybrid;
    u->job.cost_us = is_hybrid ? CONN_HYBRID_STEP_US : CONN_HANDSHAKE_STEP_US;
    secret_wipe(&ephemeral, sizeof ephemeral);
}

/* Without a machine (a library failed) the job says so. */
static void upgrade_start_tls(struct upgrade *u)
{
    const uint64_t wall_s = u->conn->swarm->port->wall_ms(u->conn->swarm->port) / 1000;
    struct tls_config config = {
        .is_client = u->conn->is_dialled,
        .identity = swarm_tls(u->conn->swarm),
        .muxers = upgrade_muxers(u->conn),
        .security = upgrade_protocols(u),
        .expected = u->expected.len > 0 ? &u->expected : NULL,
        .now = u->conn->swarm->turn->now_ns,
        .wall_s = wall_s > UPGRADE_WALL_MIN_S ? wall_s : 0,
    };
    u->job.cost_us = CONN_TLS_STEP_US;
    if (config.identity == NULL || tls_new(&u->tls, &config) < 0) {
        u->tls = NULL;
    }
}

static void upgrade_start_plaintext(struct upgrade *u)
{
    u->is_plaintext = true;
    u->job.cost_us = CONN_HANDSHAKE_STEP_US;
}

/* True when a machine waits for its turn, or is missing: the job finds out. */
static bool upgrade_wants_work(const struct upgrade *u)
{
    if (u->noise != NULL) {
        return noise_wants_work(u->noise);
    }
    if (u->tls != NULL) {
        return tls_wants_work(u->tls);
    }
    return !u->is_plaintext || u->is_exchanged;
}

static void upgrade_stop(struct upgrade *u)
{
    turn_cancel(&u->job);
    noise_free(u->noise);
    tls_free(u->tls);
    u->noise = NULL;
    u->tls = NULL;
}

/* Begin the handshake called `name`, one of ours. */
static void upgrade_start(struct upgrade *u, const char *name)
{
    upgrade_stop(u);
    if (strcmp(name, TLS_PROTOCOL) == 0) {
        upgrade_start_tls(u);
    } else if (strcmp(name, PLAINTEXT_MSG_PROTOCOL) == 0) {
        upgrade_start_plaintext(u);
    } else {
        upgrade_start_noise(u, strcmp(name, NOISE_HYBRID) == 0);
    }
    if (upgrade_wants_work(u)) {
        turn_queue(u->conn->swarm->turn, &u->job);
    }
}

struct upgrade *upgrade_new(struct conn *c, const struct peerid *expected)
{
    struct upgrade *u = mem_new(sizeof *u);
    u->conn = c;
    buf_init(&u->early, CONN_EARLY_MAX);
    buf_init(&u->key_share, KEY_SHARE_MSG_SIZE);
    buf_init(&u->exchange, PLAINTEXT_MSG_MAX);
    buf_init(&u->out, UPGRADE_OUT_MAX);
    u->job.run = upgrade_run_job;
    u->job.class = TURN_JOB_HANDSHAKE;
    if (expected != NULL) {
        u->expected = *expected;
    }
    if (c->is_dialled) {
        multistream_init_initiator(&u->select, upgrade_protocols(u));
        upgrade_start(u, upgrade_protocols(u)[0]);
    } else {
        multistream_init_responder(&u->select);
    }
    u->has_select = true;
    u->has_output = true;
    return u;
}

static void upgrade_drop_early(struct upgrade *u)
{
    budget_give(&u->conn->swarm->handshake_budget, u->early.len);
    buf_wipe(&u->early);
}

void upgrade_free(struct upgrade *u)
{
    if (u == NULL) {
        return;
    }
    if (u->has_select) {
        multistream_clear(&u->select);
    }
    upgrade_stop(u);
    upgrade_drop_early(u);
    buf_clear(&u->key_share);
    buf_clear(&u->exchange);
    buf_clear(&u->out);
    mem_free(u);
}

/* Keep what came while the handshake waits its turn. The link is told to wait only when something
 * came: usually nothing does, and the step runs in this very turn. */
static int upgrade_hold(struct upgrade *u, struct span in)
{
    if (in.len == 0) {
        return 0;
    }
    struct swarm *s = u->conn->swarm;
    int rc = budget_take(&s->handshake_budget, in.len);
    if (rc < 0) {
        return rc;
    }
    rc = buf_append(&u->early, in);
    if (rc < 0) {
        budget_give(&s->handshake_budget, in.len);
        return rc;
    }
    u->is_paused = true;
    link_pause(u->conn->link, true);
    return 0;
}

static void upgrade_unpause(struct upgrade *u)
{
    if (u->is_paused) {
        u->is_paused = false;
        link_pause(u->conn->link, false);
    }
}

/* The peer proposes `name`: one of ours is begun, another refused. */
static void upgrade_on_proposal(struct upgrade *u, struct span name)
{
    const char *const *ours = upgrade_protocols(u);
    while (*ours != NULL && !span_is_equal(name, span_from_text(*ours))) {
        ours++;
    }
    if (*ours == NULL) {
        multistream_refuse(&u->select);
        return;
    }
    multistream_accept(&u->select, name);
    upgrade_start(u, *ours);
    u->conn->state = CONN_WAIT_NOISE;
}

/* One answer of the peer, or one proposal, in the choice of the security protocol. */
static int upgrade_on_security(struct upgrade *u, const struct multistream_event *event)
{
    switch (event->kind) {
    case MULTISTREAM_NOTHING:
        return 0;
    case MULTISTREAM_PROPOSED:
        upgrade_on_proposal(u, event->name);
        return 0;
    case MULTISTREAM_REFUSED: /* the next one is proposed; the last with its first message along */
        u->proposal = event->index;
        u->is_carrying = false;
        upgrade_start(u, upgrade_protocols(u)[u->proposal]);
        return 0;
    case MULTISTREAM_AGREED:
        u->conn->state = CONN_WAIT_NOISE;
        return 0;
    case MULTISTREAM_NO_MORE:
        return WAVU_ERR_UNSUPPORTED;
    }
    return 0;
}

static int upgrade_feed_security(struct upgrade *u, struct span *in)
{
    while (in->len > 0 && u->conn->state == CONN_WAIT_SECURITY) {
        size_t used = 0;
        struct multistream_event event = {.kind = MULTISTREAM_NOTHING};
        int rc = multistream_feed(&u->select, *in, &used, &event);
        if (rc < 0) {
            return rc;
        }
        *in = span_slice(*in, used, in->len);
        rc = upgrade_on_security(u, &event);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/* A listener's: collect the tokens that carry the hybrid's first message, and unpack it. */
static int upgrade_feed_carried(struct upgrade *u, struct span *in)
{
    uint8_t message[NOISE_HEAD_SIZE + NOISE_HYBRID_FIRST];
    size_t used = 0;
    struct span part = span_slice(*in, 0, KEY_SHARE_MSG_SIZE - u->key_share.len);
    int rc = buf_append(&u->key_share, part);
    *in = span_slice(*in, part.len, in->len);
    if (rc < 0 || u->key_share.len < KEY_SHARE_MSG_SIZE) {
        return rc;
    }
    message[0] = NOISE_HYBRID_FIRST >> 8;
    message[1] = NOISE_HYBRID_FIRST & 0xff;
    rc = key_share_msg_decode(message + NOISE_HEAD_SIZE, u->key_share.ptr);
    buf_clear(&u->key_share);
    u->is_carrying = false;
    return rc < 0 ? rc : noise_feed(u->noise, span_of(message, sizeof message), &used);
}

/* Hand the machine what it takes of `*in`. */
static int upgrade_give(struct upgrade *u, struct span *in)
{
    size_t used = 0;
    int rc = 0;
    if (u->noise == NULL && u->tls == NULL) {
        rc = plaintext_msg_collect(&u->exchange, in);
        u->is_exchanged = rc > 0;
        return rc < 0 ? rc : 0;
    }
    rc = u->noise != NULL ? noise_feed(u->noise, *in, &used) : tls_feed(u->tls, *in, &used);
    *in = span_slice(*in, used, in->len);
    return rc;
}

int upgrade_feed(struct upgrade *u, struct span in)
{
    u->has_output = true;
    if (u->conn->state == CONN_WAIT_NOISE && upgrade_wants_work(u)) {
        return upgrade_hold(u, in);
    }
    int rc = upgrade_feed_security(u, &in);
    if (rc == 0 && u->conn->state == CONN_WAIT_NOISE && u->is_carrying && !u->conn->is_dialled) {
        rc = upgrade_feed_carried(u, &in);
        if (rc == 0 && upgrade_wants_work(u)) {
            turn_queue(u->conn->swarm->turn, &u->job);
        }
    }
    if (rc < 0 || u->conn->state != CONN_WAIT_NOISE || in.len == 0) {
        return rc;
    }
    /* A dialler that has not yet made its own first message cannot be answered: what comes waits
     * with it. */
    if (!upgrade_wants_work(u)) {
        rc = upgrade_give(u, &in);
        if (rc < 0) {
            return rc;
        }
    }
    if (upgrade_wants_work(u)) {
        turn_queue(u->conn->swarm->turn, &u->job);
    }
    return upgrade_hold(u, in);
}

/* Our Exchange, written where a test's "handshake" begins. */
static struct span upgrade_own_exchange(const struct upgrade *u, uint8_t out[PLAINTEXT_MSG_MAX])
{
    struct wr w;
    wr_init(&w, span_mut_of(out, PLAINTEXT_MSG_MAX));
    CHECK(plaintext_msg_encode(&w, u->conn->swarm->host_key) == 0);
    return wr_span(&w);
}

/* Compute the next step of whichever handshake it is. */
static int upgrade_work(struct upgrade *u)
{
    struct swarm *s = u->conn->swarm;
    if (u->noise != NULL) {
        return noise_work(u->noise, s->aead, &s->port->random);
    }
    if (u->tls != NULL) {
        return tls_work(u->tls);
    }
    if (!u->is_plaintext) {
        return WAVU_ERR_CRYPTO; /* TLS could not be started */
    }
    int rc = plaintext_msg_decode(&u->peer, buf_span(&u->exchange));
    if (rc == 0 && u->expected.len > 0 && !peerid_is_equal(&u->expected, &u->peer)) {
        rc = WAVU_ERR_PEER_ID;
    }
    return rc;
}

static bool upgrade_is_done(const struct upgrade *u)
{
    return u->noise != NULL ? noise_is_done(u->noise)
           : u->tls != NULL ? tls_is_done(u->tls)
                            : u->is_exchanged;
}

static void upgrade_finish_noise(struct upgrade *u, uint8_t binding[CONN_BINDING_SIZE],
                                 char muxer[NOISE_MUXER_MAX])
{
    struct conn *c = u->conn;
    struct noise_result result;
    memset(&result, 0, sizeof result);
    noise_finish(u->noise, &result);
    u->peer = result.peer;
    memcpy(binding, result.hash, CONN_BINDING_SIZE);
    memcpy(muxer, result.muxer, NOISE_MUXER_MAX);
    channel_start_noise(&c->channel, &result, u->is_hybrid, c->is_dialled, c->swarm->turn->now_ns);
    secret_wipe(&result, sizeof result);
}

static void upgrade_finish_tls(struct upgrade *u, uint8_t binding[CONN_BINDING_SIZE],
                               char muxer[NOISE_MUXER_MAX])
{
    struct conn *c = u->conn;
    struct tls_result result;
    _Static_assert(TLS_BINDING_SIZE == CONN_BINDING_SIZE && TLS_MUXER_MAX == NOISE_MUXER_MAX, "");
    tls_result(u->tls, &result);
    u->peer = result.peer.id;
    memcpy(binding, result.binding, CONN_BINDING_SIZE);
    memcpy(muxer, result.muxer, NOISE_MUXER_MAX);
    channel_start_tls_take(&c->channel, u->tls, c->is_dialled, c->swarm->turn->now_ns);
    u->tls = NULL;
}

/* Nothing is secret here: the binding is what both said, the dialler's first. */
static void upgrade_finish_plaintext(struct upgrade *u, uint8_t binding[CONN_BINDING_SIZE])
{
    uint8_t own[PLAINTEXT_MSG_MAX];
    const struct span ours = upgrade_own_exchange(u, own);
    const struct span theirs = buf_span(&u->exchange);
    const struct span both[2] = {u->conn->is_dialled ? ours : theirs,
                                 u->conn->is_dialled ? theirs : ours};
    hash_sha256_pieces(binding, both, 2);
    channel_start_plaintext(&u->conn->channel);
}

/* The handshake is done and its last message is on its way: hand the channel over, then what came
 * early. */
static void upgrade_finish(struct upgrade *u)
{
    struct conn *c = u->conn;
    uint8_t binding[CONN_BINDING_SIZE];
    char muxer[NOISE_MUXER_MAX] = "";
    upgrade_pull(u);
    if (u->noise != NULL) {
        upgrade_finish_noise(u, binding, muxer);
    } else if (u->tls != NULL) {
        upgrade_finish_tls(u, binding, muxer);
    } else {
        upgrade_finish_plaintext(u, binding);
    }
    upgrade_stop(u);
    struct buf early = u->early;
    buf_init(&u->early, CONN_EARLY_MAX);
    budget_give(&c->swarm->handshake_budget, early.len);
    conn_secured(c, binding, muxer, span_mut_of(early.ptr, early.len));
    secret_wipe(binding, sizeof binding);
    buf_clear(&early);
}

static void upgrade_run_job(struct turn_job *job, uint64_t now)
{
    (void)now;
    struct upgrade *u = LIST_OF(job, struct upgrade, job);
    struct conn *c = u->conn;
    struct swarm *s = c->swarm;
    int rc = upgrade_work(u);
    u->has_output = true;
    if (rc < 0) {
        conn_close(c, rc);
        return;
    }
    conn_mark(c);
    if (upgrade_is_done(u)) {
        upgrade_unpause(u);
        upgrade_finish(u);
        return;
    }
    if (upgrade_wants_work(u)) {
        turn_queue(s->turn, &u->job);
        return;
    }
    upgrade_unpause(u);
    if (u->early.len > 0) {
        struct buf early = u->early;
        buf_init(&u->early, CONN_EARLY_MAX);
        budget_give(&s->handshake_budget, early.len);
        rc = upgrade_feed(u, buf_span(&early));
        buf_clear(&early);
        if (rc < 0) {
            conn_close(c, rc);
        }
    }
}

void upgrade_select_start(struct upgrade *u)
{
    multistream_clear(&u->select);
    if (u->conn->is_dialled) {
        multistream_init_initiator(&u->select, upgrade_muxers(u->conn));
    } else {
        multistream_init_responder(&u->select);
    }
    u->has_select = true;
    u->has_output = true;
}

int upgrade_select_feed(struct upgrade *u, struct span in, size_t *used, bool *done)
{
    struct multistream_event event = {.kind = MULTISTREAM_NOTHING};
    *done = false;
    u->has_output = true;
    int rc = multistream_feed(&u->select, in, used, &event);
    if (rc < 0) {
        return rc;
    }
    switch (event.kind) {
    case MULTISTREAM_NOTHING:
    case MULTISTREAM_REFUSED:
        return 0;
    case MULTISTREAM_PROPOSED:
        if (upgrade_kind_of(event.name, &u->conn->kind) < 0) {
            multistream_refuse(&u->select);
            return 0;
        }
        multistream_accept(&u->select, event.name);
        *done = true;
        return 0;
    case MULTISTREAM_AGREED:
        *done = true;
        return 0;
    case MULTISTREAM_NO_MORE:
        return WAVU_ERR_UNSUPPORTED;
    }
    return 0;
}

/* Append what a pull gives to the raw output, enciphered when the network is private. */
static void upgrade_append_raw(struct upgrade *u, struct span_mut piece)
{
    struct conn *c = u->conn;
    if (c->pnet != NULL) {
        pnet_apply(&c->pnet->send, piece);
    }
    CHECK(buf_append(&u->out, span_from_mut(piece)) == 0);
}

/* A dialler's: the hybrid's first message goes along with its proposal, unless that was refused
 * while the message was being made. */
static void upgrade_pull_carried(struct upgrade *u)
{
    uint8_t message[NOISE_HEAD_SIZE + NOISE_HYBRID_FIRST];
    uint8_t tokens[KEY_SHARE_MSG_SIZE];
    size_t len = noise_pull(u->noise, span_mut_of(message, sizeof message));
    if (len == 0 || !multistream_carry(&u->select, KEY_SHARE_MSG_TOKENS)) {
        return;
    }
    CHECK(len == sizeof message);
    key_share_msg_encode(tokens, message + NOISE_HEAD_SIZE);
    upgrade_append_raw(u, span_mut_of(tokens, sizeof tokens));
    u->is_carrying = false;
}

/* True when our first message may go: it is agreed on, or what is proposed is our last word, so
 * that nothing follows a refusal. */
static bool upgrade_may_speak(const struct upgrade *u)
{
    return u->conn->state != CONN_WAIT_SECURITY ||
           (u->conn->is_dialled && upgrade_protocols(u)[u->proposal + 1] == NULL);
}

/* The next bytes of the handshake's machine. */
static size_t upgrade_pull_machine(struct upgrade *u, struct span_mut out)
{
    if (!upgrade_may_speak(u)) {
        return 0;
    }
    if (u->noise != NULL) {
        return noise_pull(u->noise, out);
    }
    if (u->tls != NULL) {
        return tls_pull(u->tls, out);
    }
    if (!u->is_plaintext || u->is_said || buf_reserve(&u->out, PLAINTEXT_MSG_MAX) < 0) {
        return 0;
    }
    uint8_t own[PLAINTEXT_MSG_MAX];
    u->is_said = true;
    CHECK(buf_append(&u->out, upgrade_own_exchange(u, own)) == 0);
    return 0;
}

static void upgrade_pull_raw(struct upgrade *u)
{
    uint8_t piece[512];
    if (u->is_carrying && u->conn->is_dialled) {
        while (multistream_has_output(&u->select)) {
            size_t len = multistream_pull(&u->select, span_mut_of(piece, sizeof piece));
            upgrade_append_raw(u, span_mut_of(piece, len));
        }
        upgrade_pull_carried(u);
    }
    while (buf_reserve(&u->out, sizeof piece) == 0) {
        size_t len = multistream_pull(&u->select, span_mut_of(piece, sizeof piece));
        if (len == 0) {
            len = upgrade_pull_machine(u, span_mut_of(piece, sizeof piece));
        }
        if (len == 0) {
            u->has_output = false;
            return;
        }
        upgrade_append_raw(u, span_mut_of(piece, len));
    }
}

void upgrade_pull(struct upgrade *u)
{
    if (!u->has_output) {
        return;
    }
    if (u->conn->state != CONN_WAIT_MUXER && u->conn->state != CONN_OPEN) {
        upgrade_pull_raw(u);
        return;
    }
    while (multistream_has_output(&u->select)) {
        struct span_mut room = frame_reserve(&u->conn->out, 64, 256);
        frame_commit(&u->conn->out, multistream_pull(&u->select, room));
    }
    u->has_output = false;
}
