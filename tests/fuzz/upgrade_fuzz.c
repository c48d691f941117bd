/*
 * From a bare link to an open connection, against somebody who does not mean it, on either side of
 * the handshake.
 *
 * The first byte says who dials, how much of the handshake is honest, whether it is the hybrid one,
 * whether the network is private and whether reads come in pieces; then come frames, each a length
 * byte and that many bytes. They are Noise messages as they are; or the payload of an honest Noise
 * message (on request behind the proof that makes it believed) and, behind that handshake,
 * plaintext for the choice of the muxer. Whatever they say: the node gives back all it took.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/varint.h"
#include "crypto/noise_core.h"
#include "crypto/noise_payload.h"
#include "net/key_share_msg.h"
#include "net/upgrade.h"
#include "tests/support/net_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define HEADER "\x13/multistream/1.0.0\n"
#define CLASSIC "\x07/noise\n"
#define HYBRID "\x15/wavu/noise-hybrid/1\n"
#define REFUSALS "\x03na\n\x03na\n\x03na\n"
#define SIZE(text) (sizeof text - 1)
#define DIALLED_SIZE (SIZE(HEADER HYBRID) + KEY_SHARE_MSG_SIZE) /* what the node dials with */
#define SAID_MAX 4096
#define HEARD_MAX 65536

/* Bits of the first byte. */
#define NODE_DIALS 0x1u
#define SHAKES 0x2u   /* the handshake is honest but for the payload */
#define BELIEVED 0x4u /* and the payload begins with key and signature */
#define PRIVATE 0x8u
#define PIECES 0x10u
#define IS_HYBRID 0x20u

static const uint8_t psk[PNET_KEY_SIZE] = {7, 7, 7};

static struct sim *sim;
static struct net_node node;

/* The other side. */
static struct {
    struct port *port;
    struct port_tcp *socket;
    struct port_listener *listener;
    struct ed25519_pair key;
    struct noise_identity identity;
    struct aead *aead;
    struct noise_core core;
    struct noise_core_kem kem;
    struct noise_channel channel;
    struct pnet_half send;
    struct pnet_half receive;
    struct buf heard; /* deciphered, when the network is private */
    size_t nonce_len;
    uint8_t nonce[PNET_NONCE_SIZE];
    bool is_private;
    bool has_nonce; /* ours is sent: what follows is enciphered */
    bool is_closed;
} foe;

/* ---- The socket ---- */

static void on_opened(void *context, int err)
{
    (void)context;
    foe.is_closed = err < 0;
}

static void on_bytes(void *context, struct span_mut in)
{
    (void)context;
    while (foe.is_private && in.len > 0 && foe.nonce_len < PNET_NONCE_SIZE) {
        foe.nonce[foe.nonce_len++] = in.ptr[0];
        in = span_mut_slice(in, 1, in.len);
        if (foe.nonce_len == PNET_NONCE_SIZE) {
            pnet_half_init(&foe.receive, psk, foe.nonce);
        }
    }
    if (foe.is_private && in.len > 0) {
        pnet_apply(&foe.receive, in);
    }
    size_t room = HEARD_MAX - foe.heard.len;
    CHECK(buf_append(&foe.heard, span_of(in.ptr, in.len < room ? in.len : room)) == 0);
}

static void on_writable(void *context)
{
    (void)context;
}

static void on_closed(void *context, int err)
{
    (void)context;
    (void)err;
    foe.is_closed = true;
}

static const struct port_tcp_user user = {
    .opened = on_opened, .bytes = on_bytes, .writable = on_writable, .closed = on_closed};

static void on_accepted(void *context, struct port_tcp *tcp)
{
    (void)context;
    CHECK(foe.socket == NULL);
    foe.socket = tcp;
    foe.port->net->tcp_attach(tcp, &user, NULL);
}

static void on_failed(void *context, int err)
{
    (void)context;
    (void)err;
}

static const struct port_listener_user listener = {.accepted = on_accepted, .failed = on_failed};

static void wait(void)
{
    sim_run_for(sim, 100 * TIMERS_MS);
}

static void say(struct span bytes)
{
    uint8_t copy[SAID_MAX];
    size_t taken = 0;
    CHECK(bytes.len <= sizeof copy);
    if (foe.is_closed || foe.socket == NULL || bytes.len == 0) {
        return;
    }
    memcpy(copy, bytes.ptr, bytes.len);
    if (foe.has_nonce) {
        pnet_apply(&foe.send, span_mut_of(copy, bytes.len));
    }
    struct span piece = span_of(copy, bytes.len);
    while (piece.len > 0 && !foe.is_closed &&
           foe.port->net->tcp_send(foe.socket, &piece, 1, &taken) == 0) {
        piece = span_slice(piece, taken, piece.len);
        wait();
    }
}

/* ---- The scene ---- */

static void note(void *context, int err, struct conn *conn)
{
    (void)context;
    (void)err;
    (void)conn;
}

static void node_dials(void)
{
    struct multiaddr_ip at = {.ip = {10, 9, 9, 9}, .ip_len = 4, .port = 4001};
    struct multiaddr address;
    struct dial *d = NULL;
    struct dial_user dialler = {.done = note};
    CHECK(foe.port->net->tcp_listen(foe.port, &at, &listener, NULL, &foe.listener) == 0);
    multiaddr_from_ip(&address, &at, MULTIADDR_TCP);
    CHECK(dial_start(&node.swarm, NULL, &address, 1, dialler, &d) == 0);
}

static void foe_dials(void)
{
    struct multiaddr_ip to = {.ip = {10, 0, 0, 1}, .ip_len = 4, .port = 4001};
    CHECK(foe.port->net->tcp_dial(foe.port, &to, &user, NULL, &foe.socket) == 0);
}

static void start_core(unsigned how)
{
    const bool is_initiator = (how & NODE_DIALS) == 0;
    if ((how & IS_HYBRID) != 0) {
        noise_core_init_hybrid(&foe.core, is_initiator, &foe.identity.static_pair, span_empty());
        noise_core_lend(&foe.core, &foe.kem);
    } else {
        noise_core_init(&foe.core, is_initiator, &foe.identity.static_pair, span_empty());
    }
}

/* Our words up to the first Noise message: a dialler's proposal, or what we answer to the node's.
 */
static void say_hello(unsigned how)
{
    if ((how & IS_HYBRID) != 0) {
        say(span_of(HEADER HYBRID, SIZE(HEADER HYBRID)));
    } else if ((how & NODE_DIALS) != 0) {
        say(span_of(HEADER REFUSALS CLASSIC, SIZE(HEADER REFUSALS CLASSIC)));
    } else {
        say(span_of(HEADER CLASSIC, SIZE(HEADER CLASSIC)));
    }
}

static void meet(unsigned how)
{
    const uint8_t seed[ED25519_SEED_SIZE] = {9};
    const uint8_t nonce[PNET_NONCE_SIZE] = {1};
    struct net_options options = {.key = 1, .psk = (how & PRIVATE) != 0 ? psk : NULL};
    memset(&foe, 0, sizeof foe);
    sim = sim_new(1);
    sim_settings(sim)->split_part = (how & PIECES) != 0 ? 1 : 0;
    sim_settings(sim)->split_whole = 2;
    net_node_start(&node, sim_host_port(sim_host_new(sim, "10.0.0.1")), &options);
    net_node_listen(&node, "10.0.0.1:4001");
    foe.port = sim_host_port(sim_host_new(sim, "10.9.9.9"));
    foe.aead = aead_new();
    CHECK(foe.aead != NULL);
    ed25519_from_seed(&foe.key, seed);
    noise_identity_make(&foe.identity, &foe.key, &foe.port->random);
    start_core(how);
    buf_init(&foe.heard, HEARD_MAX);
    foe.is_private = (how & PRIVATE) != 0;
    if ((how & NODE_DIALS) != 0) {
        node_dials();
    } else {
        foe_dials();
    }
    wait();
    if ((how & PRIVATE) != 0) {
        say(span_of(nonce, sizeof nonce));
        pnet_half_init(&foe.send, psk, nonce);
        foe.has_nonce = true;
    }
    say_hello(how);
}

static void part(void)
{
    if (foe.socket != NULL) {
        foe.port->net->tcp_close(foe.socket, true);
    }
    if (foe.listener != NULL) {
        foe.port->net->listener_close(foe.listener);
    }
    sim_run_for(sim, 60 * TIMERS_SECOND); /* the node's dial ends */
    CHECK(node.swarm.conn_count == 0 && node.swarm.handshake_count == 0);
    CHECK(node.swarm.handshake_budget.used == 0 && node.swarm.budget.used == 0);
    peerbook_check(&node.swarm.peerbook);
    buf_clear(&foe.heard);
    aead_free(foe.aead);
    net_node_stop(&node);
    sim_free(sim);
}

/* ---- What it says ---- */

/* The next frame of the input, shortened to what there is. */
static struct span next_frame(struct span *in)
{
    struct span frame = in->len == 0 ? span_empty() : span_slice(*in, 1, in->ptr[0]);
    *in = span_slice(*in, in->len == 0 ? 0 : 1 + frame.len, in->len);
    return frame;
}

/* Write our Noise message with `payload`. */
static bool write_message(struct span payload)
{
    uint8_t message[SAID_MAX / 2];
    uint8_t tokens[KEY_SHARE_MSG_SIZE];
    const bool is_carried = foe.core.is_hybrid && foe.core.step == 0;
    struct wr w;
    wr_init(&w, span_mut_of(message, sizeof message));
    wr_u16be(&w, 0);
    if (noise_core_write(&foe.core, foe.aead, &foe.port->random, &w, payload) < 0) {
        return false;
    }
    if (is_carried) {
        CHECK(w.len == NOISE_HEAD_SIZE + NOISE_HYBRID_FIRST);
        key_share_msg_encode(tokens, message + NOISE_HEAD_SIZE);
        say(span_of(tokens, sizeof tokens));
        return true;
    }
    message[0] = (uint8_t)((w.len - NOISE_HEAD_SIZE) >> 8);
    message[1] = (uint8_t)(w.len - NOISE_HEAD_SIZE);
    say(span_of(message, w.len));
    return true;
}

/* The node's first message of the hybrid, out of the tokens that it dialled with. */
static bool read_carried(void)
{
    uint8_t first[NOISE_HYBRID_FIRST];
    struct span payload;
    if (foe.heard.len < DIALLED_SIZE) {
        return false;
    }
    CHECK(key_share_msg_decode(first, foe.heard.ptr + SIZE(HEADER HYBRID)) == 0);
    CHECK(noise_core_read(&foe.core, foe.aead, span_mut_of(first, sizeof first), &payload) == 0);
    buf_drop_front(&foe.heard, DIALLED_SIZE);
    return true;
}

/* Bytes of the node's hello before its first message. */
static size_t hello_size(void)
{
    if (foe.core.step > 1) {
        return 0;
    }
    if (!foe.core.is_initiator) {
        return DIALLED_SIZE + SIZE(CLASSIC);
    }
    return foe.core.is_hybrid ? SIZE(HEADER HYBRID) : SIZE(HEADER CLASSIC);
}

/* Read the node's next Noise message out of what was heard. */
static bool read_message(void)
{
    struct span payload;
    size_t skip = hello_size();
    if (foe.core.is_hybrid && !foe.core.is_initiator && foe.core.step == 0) {
        return read_carried();
    }
    if (foe.heard.len < skip + NOISE_HEAD_SIZE) {
        return false;
    }
    uint8_t *at = foe.heard.ptr + skip;
    size_t len = ((size_t)at[0] << 8) | at[1];
    if (foe.heard.len - skip - NOISE_HEAD_SIZE < len ||
        noise_core_read(&foe.core, foe.aead, span_mut_of(at + NOISE_HEAD_SIZE, len), &payload) <
            0) {
        return false;
    }
    buf_drop_front(&foe.heard, skip + NOISE_HEAD_SIZE + len);
    return true;
}

static struct span make_payload(uint8_t out[640], struct span frame, bool is_believed)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, 640));
    if (is_believed) {
        noise_payload_encode(&w, noise_identity_key(&foe.identity),
                             span_of(foe.identity.signature, foe.identity.signature_len), NULL,
                             NULL);
    }
    wr_bytes(&w, frame);
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

static bool shake(struct span payload)
{
    if (foe.core.is_initiator) {
        return write_message(span_empty()) && read_message() && write_message(payload);
    }
    return read_message() && write_message(payload) && read_message();
}

static void say_sealed(struct span plain)
{
    uint8_t frame[NOISE_HEAD_SIZE + 256 + AEAD_TAG_SIZE];
    if (plain.len > 0) {
        memcpy(frame + NOISE_HEAD_SIZE, plain.ptr, plain.len);
    }
    CHECK(noise_seal(&foe.channel, foe.aead, span_mut_of(frame + NOISE_HEAD_SIZE, plain.len)) == 0);
    say(span_of(frame, NOISE_HEAD_SIZE + plain.len + AEAD_TAG_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t payload[640];
    size_t before = mem_live_count();
    if (len == 0) {
        return 0;
    }
    struct span in = span_of(data + 1, len - 1);
    meet(data[0]);
    bool is_sealed = false;
    if ((data[0] & SHAKES) != 0) {
        is_sealed = shake(make_payload(payload, next_frame(&in), (data[0] & BELIEVED) != 0));
    }
    if (is_sealed) {
        noise_core_split(&foe.core, foe.channel.send.key, foe.channel.receive.key);
    }
    while (in.len > 0 && !foe.is_closed && ((data[0] & SHAKES) == 0 || is_sealed)) {
        struct span frame = next_frame(&in);
        if (is_sealed) {
            say_sealed(frame);
        } else {
            say(frame);
        }
        CHECK(node.swarm.handshake_budget.used <= CONN_EARLY_MAX);
    }
    part();
    CHECK(mem_live_count() == before);
    return 0;
}
