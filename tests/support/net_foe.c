/*
 * A peer for attacks.
 */
#include "tests/support/net_foe.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"
#include "crypto/secret.h"

#define FOE_HELLO "\x13/multistream/1.0.0\n\x07/noise\n"
#define FOE_HELLO_SIZE (sizeof FOE_HELLO - 1) /* the node answers the same bytes */
#define FOE_OUT_MAX (64u * 1024 * 1024)
#define FOE_WAIT (10 * TIMERS_SECOND)

static const char *const foe_muxers[] = {"/yamux/1.0.0", NULL};

/* ---- Out ---- */

static void foe_flush(struct net_foe *f)
{
    while (f->out.len > 0 && f->socket != NULL && !f->is_closed) {
        struct span piece = buf_span(&f->out);
        size_t taken = 0;
        if (f->port->net->tcp_send(f->socket, &piece, 1, &taken) < 0) {
            return;
        }
        buf_drop_front(&f->out, taken);
        if (taken < piece.len) {
            return; /* `writable` follows */
        }
    }
}

static void foe_say(struct net_foe *f, struct span bytes)
{
    CHECK(buf_append(&f->out, bytes) == 0);
    foe_flush(f);
}

/* ---- In ---- */

/* One Noise frame that is whole. */
static void foe_open_frame(struct net_foe *f, struct span_mut frame)
{
    size_t len = 0;
    CHECK(noise_open(&f->channel, f->aead, frame, &len) == 0);
    size_t room = NET_FOE_HEARD_MAX - f->heard.len;
    CHECK(buf_append(&f->heard, span_of(frame.ptr, len < room ? len : room)) == 0);
}

static void foe_hear_frames(struct net_foe *f)
{
    size_t at = 0;
    while (f->sealed.len - at >= NOISE_HEAD_SIZE) {
        size_t len = ((size_t)f->sealed.ptr[at] << 8) | f->sealed.ptr[at + 1];
        if (f->sealed.len - at - NOISE_HEAD_SIZE < len) {
            break;
        }
        foe_open_frame(f, span_mut_of(f->sealed.ptr + at + NOISE_HEAD_SIZE, len));
        at += NOISE_HEAD_SIZE + len;
    }
    buf_drop_front(&f->sealed, at);
}

static void foe_shake(struct net_foe *f)
{
    uint8_t out[1024];
    while (noise_wants_work(f->noise)) {
        CHECK(noise_work(f->noise, f->aead, &f->port->random) == 0);
    }
    for (size_t len = noise_pull(f->noise, span_mut_of(out, sizeof out)); len > 0;
         len = noise_pull(f->noise, span_mut_of(out, sizeof out))) {
        foe_say(f, span_of(out, len));
    }
    if (noise_is_done(f->noise)) {
        struct noise_result result;
        noise_finish(f->noise, &result);
        f->channel = result.channel;
        f->is_secured = true;
        f->is_shaking = false;
        secret_wipe(&result, sizeof result);
    }
}

static void foe_bytes(void *context, struct span_mut in)
{
    struct net_foe *f = context;
    struct span rest = span_from_mut(in);
    size_t used = 0;
    f->received += in.len;
    if (!f->is_shaking && !f->is_secured) {
        return;
    }
    size_t skip = FOE_HELLO_SIZE - f->answer_len;
    skip = skip < rest.len ? skip : rest.len;
    f->answer_len += skip;
    rest = span_slice(rest, skip, rest.len);
    if (f->is_shaking && rest.len > 0) {
        CHECK(noise_feed(f->noise, rest, &used) == 0);
        foe_shake(f);
    }
    CHECK(buf_append(&f->sealed, span_slice(rest, used, rest.len)) == 0);
    if (f->is_secured) {
        foe_hear_frames(f);
    }
}

static void foe_opened(void *context, int err)
{
    struct net_foe *f = context;
    f->is_connected = err == 0;
    f->is_closed = err < 0;
}

static void foe_writable(void *context)
{
    foe_flush(context);
}

static void foe_closed(void *context, int err)
{
    struct net_foe *f = context;
    (void)err;
    f->is_closed = true;
}

static const struct port_tcp_user foe_user = {
    .opened = foe_opened, .bytes = foe_bytes, .writable = foe_writable, .closed = foe_closed};

/* ---- Life ---- */

static bool foe_is_settled(void *context)
{
    const struct net_foe *f = context;
    return f->is_closed || (f->is_shaking ? f->is_secured : f->is_connected);
}

void net_foe_start(struct net_foe *f, struct net_world *w, struct sim_host *host, size_t to,
                   uint64_t number)
{
    uint8_t seed[ED25519_SEED_SIZE] = {0xf0};
    struct multiaddr address = net_world_address(to);
    struct multiaddr_ip ip;
    memset(f, 0, sizeof *f);
    memcpy(seed + 1, &number, sizeof number);
    f->world = w;
    f->port = sim_host_port(host);
    f->aead = aead_new();
    f->next_stream = 1;
    ed25519_from_seed(&f->key, seed);
    keys_peerid(&f->id, &f->key);
    noise_identity_make(&f->identity, &f->key, &f->port->random);
    buf_init(&f->out, FOE_OUT_MAX);
    buf_init(&f->sealed, 2 * PORT_NET_READ_MAX);
    buf_init(&f->heard, NET_FOE_HEARD_MAX);
    CHECK(f->aead != NULL && multiaddr_to_ip(&address, MULTIADDR_TCP, &ip) == 0);
    CHECK(f->port->net->tcp_dial(f->port, &ip, &foe_user, f, &f->socket) == 0);
    (void)sim_run_until(w->sim, foe_is_settled, f, FOE_WAIT);
}

bool net_foe_secure(struct net_foe *f)
{
    struct noise_config config = {.role = NOISE_INITIATOR,
                                  .identity = &f->identity,
                                  .muxers = foe_muxers,
                                  .security = f->security};
    f->noise = noise_new(&config);
    f->is_shaking = true;
    foe_say(f, span_of(FOE_HELLO, FOE_HELLO_SIZE));
    foe_shake(f);
    (void)sim_run_until(f->world->sim, foe_is_settled, f, FOE_WAIT);
    sim_run_for(f->world->sim, TIMERS_SECOND); /* the last message arrives */
    return f->is_secured && !f->is_closed;
}

void net_foe_stop(struct net_foe *f)
{
    if (f->socket != NULL) {
        f->port->net->tcp_close(f->socket, true);
        f->socket = NULL;
    }
    noise_free(f->noise);
    aead_free(f->aead);
    buf_clear(&f->out);
    buf_clear(&f->sealed);
    buf_clear(&f->heard);
    secret_wipe(&f->key, sizeof f->key);
}

/* ---- What it says ---- */

static bool foe_has_said(void *context)
{
    const struct net_foe *f = context;
    return f->is_closed || f->out.len == 0;
}

void net_foe_say_raw(struct net_foe *f, struct span bytes, uint64_t limit_ns)
{
    foe_say(f, bytes);
    (void)sim_run_until(f->world->sim, foe_has_said, f, limit_ns);
}

void net_foe_queue(struct net_foe *f, struct span plain)
{
    static uint8_t frame[NOISE_HEAD_SIZE + NOISE_FRAME_MAX];
    CHECK(f->is_secured && plain.len <= NOISE_PLAIN_MAX);
    if (plain.len > 0) {
        memcpy(frame + NOISE_HEAD_SIZE, plain.ptr, plain.len);
    }
    CHECK(noise_seal(&f->channel, f->aead, span_mut_of(frame + NOISE_HEAD_SIZE, plain.len)) == 0);
    foe_say(f, span_of(frame, NOISE_HEAD_SIZE + plain.len + AEAD_TAG_SIZE));
}

void net_foe_frame(struct net_foe *f, struct yamux_msg msg, struct span payload)
{
    static uint8_t plain[NOISE_PLAIN_MAX];
    CHECK(payload.len <= sizeof plain - YAMUX_MSG_SIZE);
    yamux_msg_encode(&msg, plain);
    if (payload.len > 0) {
        memcpy(plain + YAMUX_MSG_SIZE, payload.ptr, payload.len);
    }
    net_foe_queue(f, span_of(plain, YAMUX_MSG_SIZE + payload.len));
}

void net_foe_data(struct net_foe *f, uint32_t stream, struct span data, unsigned flags)
{
    struct yamux_msg msg = {.type = YAMUX_MSG_DATA,
                            .flags = (uint16_t)flags,
                            .stream = stream,
                            .length = (uint32_t)data.len};
    net_foe_frame(f, msg, data);
}

uint32_t net_foe_open(struct net_foe *f, const char *name)
{
    uint8_t hello[256];
    struct wr w;
    uint32_t stream = f->next_stream;
    f->next_stream += 2;
    wr_init(&w, span_mut_of(hello, sizeof hello));
    if (name != NULL) {
        wr_bytes(&w, span_from_text("\x13/multistream/1.0.0\n"));
        wr_u8(&w, (uint8_t)(strlen(name) + 1));
        wr_bytes(&w, span_from_text(name));
        wr_u8(&w, '\n');
    }
    CHECK(wr_finish(&w) == 0);
    net_foe_data(f, stream, wr_span(&w), YAMUX_MSG_SYN);
    return stream;
}

void net_foe_deafen(struct net_foe *f, bool is_deaf)
{
    if (!f->is_closed) {
        f->port->net->tcp_pause(f->socket, is_deaf);
    }
}

/* ---- What it heard ---- */

size_t net_foe_count(const struct net_foe *f, enum yamux_msg_type type, unsigned flags)
{
    struct rd r;
    size_t count = 0;
    rd_init(&r, buf_span(&f->heard));
    while (rd_left(&r) >= YAMUX_MSG_SIZE) {
        struct yamux_msg msg;
        CHECK(yamux_msg_decode(rd_bytes(&r, YAMUX_MSG_SIZE), &msg) == 0);
        count += msg.type == type && (msg.flags & flags) == flags ? 1 : 0;
        size_t payload = msg.type == YAMUX_MSG_DATA ? msg.length : 0;
        (void)rd_bytes(&r, payload < rd_left(&r) ? payload : rd_left(&r));
    }
    return count;
}

bool net_foe_is_closed(void *context)
{
    return ((struct net_foe *)context)->is_closed;
}
