/*
 * Opening and sealing by whichever protocol secured a connection.
 *
 * In:  link bytes -> channel_join -> channel_open, piece by piece -> channel_keep.
 * Out: the connection's queue -> channel_seal: in place for Noise, into `raw` for all others.
 */
#include "net/channel.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "transport/link.h"

/* When TLS gets new keys: as the hybrid's (docs/protocol/hybrid.md). */
#define RENEW_NS NOISE_REKEY_NS
#define RENEW_BYTES NOISE_REKEY_BYTES

_Static_assert(CHANNEL_RAW_MAX >= CHANNEL_RAW_FULL + NOISE_PLAIN_MAX + 5 * (5 + TLS_OVERHEAD_MAX) +
                                      TLS_RECORD_MAX / 8,
               "one more frame, as five records, and an alert fit");

void channel_init(struct channel *ch)
{
    *ch = (struct channel){.kind = CHANNEL_NONE};
    buf_init(&ch->partial, NOISE_HEAD_SIZE + NOISE_FRAME_MAX);
    buf_init(&ch->raw, CHANNEL_RAW_MAX);
}

void channel_clear(struct channel *ch)
{
    buf_clear(&ch->partial);
    buf_wipe(&ch->raw);
    if (ch->rekey != NULL) {
        secret_wipe(ch->rekey, sizeof *ch->rekey);
        mem_free(ch->rekey);
        ch->rekey = NULL;
    }
    tls_free(ch->tls);
    ch->tls = NULL;
    secret_wipe(&ch->noise, sizeof ch->noise);
    ch->kind = CHANNEL_NONE;
}

void channel_start_noise(struct channel *ch, const struct noise_result *result, bool is_hybrid,
                         bool is_dialled, uint64_t now)
{
    ch->kind = CHANNEL_NOISE;
    ch->noise = result->channel;
    ch->is_dialled = is_dialled;
    if (is_hybrid) {
        ch->rekey = mem_new(sizeof *ch->rekey);
        noise_rekey_init(ch->rekey, is_dialled, now);
    }
}

void channel_start_tls_take(struct channel *ch, struct tls *tls, bool is_dialled, uint64_t now)
{
    ch->kind = CHANNEL_TLS;
    ch->tls = tls;
    ch->is_dialled = is_dialled;
    ch->renewed_ns = now;
}

void channel_start_plaintext(struct channel *ch)
{
    ch->kind = CHANNEL_PLAINTEXT;
}

/* ---- In ---- */

struct span_mut channel_join(struct channel *ch, struct span_mut in)
{
    size_t len = ch->partial.len;
    if (len == 0) {
        return in;
    }
    CHECK(len <= LINK_HEADROOM);
    memcpy(in.ptr - len, ch->partial.ptr, len);
    buf_clear(&ch->partial);
    return span_mut_of(in.ptr - len, in.len + len);
}

int channel_keep(struct channel *ch, struct span_mut rest)
{
    return rest.len == 0 ? 0 : buf_append(&ch->partial, span_from_mut(rest));
}

/* One frame behind its head: data, or a step of the exchange of new keys. */
static int open_frame(struct channel *ch, const struct channel_env *env, const uint8_t *head,
                      struct span_mut frame, struct span *plain)
{
    size_t len = 0;
    if (ch->rekey != NULL && noise_rekey_is_head(head)) {
        return noise_rekey_read(ch->rekey, &ch->noise, env->aead, env->now, head, frame);
    }
    int rc = noise_open(&ch->noise, env->aead, frame, &len);
    if (rc < 0) {
        return rc;
    }
    if (ch->rekey != NULL) {
        noise_rekey_count_opened(ch->rekey, len);
    }
    *plain = span_of(frame.ptr, len);
    return 0;
}

static int open_noise(struct channel *ch, const struct channel_env *env, struct span_mut *in,
                      struct span *plain)
{
    if (in->len < NOISE_HEAD_SIZE) {
        return 0;
    }
    uint8_t *head = in->ptr;
    bool is_rekey = ch->rekey != NULL && noise_rekey_is_head(head);
    size_t len = is_rekey ? NOISE_REKEY_FRAME : ((size_t)head[0] << 8) | head[1];
    if (in->len - NOISE_HEAD_SIZE < len) {
        return 0;
    }
    int rc = open_frame(ch, env, head, span_mut_slice(*in, NOISE_HEAD_SIZE, len), plain);
    *in = span_mut_slice(*in, NOISE_HEAD_SIZE + len, in->len);
    return rc < 0 ? rc : 1;
}

/* What OpenSSL wants to say of its own accord (an answer to new keys) waits in `raw`. */
static int pull_tls(struct channel *ch)
{
    while (tls_pending(ch->tls) > 0) {
        size_t len = tls_pending(ch->tls);
        int rc = buf_reserve(&ch->raw, len);
        if (rc < 0) {
            return rc;
        }
        ch->raw.len += tls_pull(ch->tls, span_mut_of(ch->raw.ptr + ch->raw.len, len));
    }
    return 0;
}

static int open_tls(struct channel *ch, uint64_t now, struct span_mut *in, uint8_t *scratch,
                    struct span *plain)
{
    size_t used = 0;
    size_t len = 0;
    int rc = tls_feed(ch->tls, span_from_mut(*in), &used);
    *in = span_mut_slice(*in, used, in->len);
    if (rc == 0) {
        rc = tls_read(ch->tls, now, span_mut_of(scratch, CHANNEL_SCRATCH_SIZE), &len);
    }
    if (rc == 0) {
        rc = pull_tls(ch);
    }
    if (rc < 0) {
        return rc;
    }
    if (tls_is_ended(ch->tls)) {
        return WAVU_ERR_CLOSED;
    }
    ch->renewed_bytes += len;
    *plain = span_of(scratch, len);
    return len > 0 || used > 0 ? 1 : 0;
}

int channel_open(struct channel *ch, const struct channel_env *env, struct span_mut *in,
                 uint8_t scratch[CHANNEL_SCRATCH_SIZE], struct span *plain)
{
    *plain = span_empty();
    switch (ch->kind) {
    case CHANNEL_NONE:
        return 0;
    case CHANNEL_NOISE:
        return open_noise(ch, env, in, plain);
    case CHANNEL_TLS:
        return open_tls(ch, env->now, in, scratch, plain);
    case CHANNEL_PLAINTEXT:
        *plain = span_from_mut(*in);
        *in = span_mut_slice(*in, in->len, in->len);
        return plain->len > 0 ? 1 : 0;
    }
    return 0;
}

/* ---- Out ---- */

/* `body` was sealed in its record: a private network enciphers it, with its head and tag. */
static void sealed_in_place(const struct channel_env *env, struct frame_queue *out,
                            struct span_mut body)
{
    if (env->pnet != NULL) {
        pnet_apply(env->pnet, span_mut_of(body.ptr - NOISE_HEAD_SIZE,
                                          NOISE_HEAD_SIZE + body.len + AEAD_TAG_SIZE));
    }
    frame_sealed(out);
}

static int seal_noise(struct channel *ch, const struct channel_env *env, struct frame_queue *out)
{
    struct span_mut body = frame_unsealed(out);
    while (body.len > 0) {
        int rc = noise_seal(&ch->noise, env->aead, body);
        if (rc < 0) {
            return rc;
        }
        if (ch->rekey != NULL) {
            noise_rekey_count_sealed(ch->rekey, body.len);
        }
        sealed_in_place(env, out, body);
        body = frame_unsealed(out);
    }
    return 0;
}

/* The queue's records into `raw`: sealed by TLS, or as they are. */
static int seal_raw(struct channel *ch, struct frame_queue *out)
{
    struct span_mut body = frame_unsealed(out);
    while (body.len > 0 && ch->raw.len < CHANNEL_RAW_FULL) {
        int rc = ch->kind == CHANNEL_TLS ? tls_write(ch->tls, span_from_mut(body))
                                         : buf_append(&ch->raw, span_from_mut(body));
        if (rc == 0 && ch->kind == CHANNEL_TLS) {
            rc = pull_tls(ch);
            ch->renewed_bytes += body.len;
        }
        if (rc < 0) {
            return rc;
        }
        frame_sealed(out);
        frame_sent(out, out->sealed_bytes); /* its bytes are in `raw` now */
        body = frame_unsealed(out);
    }
    return 0;
}

int channel_seal(struct channel *ch, const struct channel_env *env, struct frame_queue *out)
{
    switch (ch->kind) {
    case CHANNEL_NONE:
        return 0;
    case CHANNEL_NOISE:
        return seal_noise(ch, env, out);
    case CHANNEL_TLS:
    case CHANNEL_PLAINTEXT:
        return seal_raw(ch, out);
    }
    return 0;
}

bool channel_wants_renewal(const struct channel *ch, uint64_t now)
{
    if (ch->kind == CHANNEL_TLS) {
        return ch->is_dialled &&
               (now - ch->renewed_ns >= RENEW_NS || ch->renewed_bytes >= RENEW_BYTES);
    }
    return ch->rekey != NULL && noise_rekey_wants(ch->rekey, now);
}

/* TLS writes its message with the next bytes: an empty record would do, but there is always one. */
static int renew_tls(struct channel *ch, uint64_t now)
{
    int rc = tls_renew(ch->tls);
    ch->renewed_ns = now;
    ch->renewed_bytes = 0;
    return rc < 0 ? rc : pull_tls(ch);
}

int channel_renew(struct channel *ch, const struct channel_env *env, struct frame_queue *out)
{
    if (!channel_wants_renewal(ch, env->now)) {
        return 0;
    }
    if (ch->kind == CHANNEL_TLS) {
        return renew_tls(ch, env->now);
    }
    (void)frame_reserve(out, NOISE_REKEY_BODY, NOISE_REKEY_BODY);
    frame_commit(out, NOISE_REKEY_BODY);
    struct span_mut body = frame_unsealed(out);
    int rc = noise_rekey_write(ch->rekey, &ch->noise, env->aead, env->random, env->now, body);
    if (rc == 0) {
        sealed_in_place(env, out, body);
    }
    return rc;
}

void channel_end(struct channel *ch)
{
    if (ch->kind == CHANNEL_TLS) {
        tls_end(ch->tls);
        (void)pull_tls(ch); /* without room it is not said */
    }
}

bool channel_is_cut(const struct channel *ch)
{
    return ch->kind == CHANNEL_TLS && !tls_is_ended(ch->tls);
}
