/*
 * What secures a connection once its handshake is done, whichever that was: Noise's frames, TLS's
 * records, or, for tests alone, nothing. Bytes of the link are opened, records of the connection's
 * queue sealed; keys are renewed when it is time.
 *
 * Noise seals in place, and its frames leave from the queue. TLS and plaintext leave from `raw`:
 * the owner sends that first.
 */
#ifndef NET_CHANNEL_H
#define NET_CHANNEL_H

#include "base/buf.h"
#include "crypto/noise.h"
#include "crypto/noise_rekey.h"
#include "crypto/pnet.h"
#include "crypto/tls.h"
#include "mux/frame.h"

#define CHANNEL_RAW_MAX 139264 /* sealed by TLS and not yet sent: two frames and their overhead */
#define CHANNEL_RAW_FULL 65536 /* above it the queue waits unsealed, and so pushes back */
#define CHANNEL_SCRATCH_SIZE TLS_RECORD_MAX /* plaintext that TLS gives at once */

enum channel_kind { CHANNEL_NONE, CHANNEL_NOISE, CHANNEL_TLS, CHANNEL_PLAINTEXT };

struct channel {
    enum channel_kind kind;
    bool is_dialled;
    struct noise_channel noise; /* of Noise; wiped when cleared */
    struct noise_rekey *rekey;  /* of the hybrid handshake; or NULL */
    struct tls *tls;            /* of TLS */
    uint64_t renewed_ns;        /* of TLS: when its keys were last made */
    uint64_t renewed_bytes;     /* of TLS: plaintext since then, both ways */
    struct buf partial;         /* beginning of a Noise frame; empty when idle */
    struct buf raw;             /* of TLS and plaintext: for the link, before the queue's frames */
};

/* What opening and sealing need besides; borrowed. */
struct channel_env {
    struct aead *aead;
    const struct random *random;
    struct pnet_half *pnet; /* enciphers what Noise sealed; or NULL */
    uint64_t now;
};

void channel_init(struct channel *ch);

/** Wipe and free what it holds. */
void channel_clear(struct channel *ch);

/* Begin: the handshake is done. */
void channel_start_noise(struct channel *ch, const struct noise_result *result, bool is_hybrid,
                         bool is_dialled, uint64_t now);
void channel_start_tls_take(struct channel *ch, struct tls *tls, bool is_dialled, uint64_t now);
void channel_start_plaintext(struct channel *ch);

/** Put what came of a frame earlier in front of `in`, into its headroom (LINK_HEADROOM bytes). */
struct span_mut channel_join(struct channel *ch, struct span_mut in);

/** Open the next piece of `*in`, which is shortened by it: 1 and `*plain` (borrowed from `*in` or
 * `scratch`; may be empty), or 0 when more must come. As noise_open, noise_rekey_read and tls_read;
 * WAVU_ERR_CLOSED: the peer said that no more comes. */
WARN_UNUSED int channel_open(struct channel *ch, const struct channel_env *env, struct span_mut *in,
                             uint8_t scratch[CHANNEL_SCRATCH_SIZE], struct span *plain);

/** Keep the rest for channel_join. WAVU_ERR_LIMIT as buf_append. */
WARN_UNUSED int channel_keep(struct channel *ch, struct span_mut rest);

/** Seal what waits in `out`, all of it or up to CHANNEL_RAW_FULL. As noise_seal, tls_write. */
WARN_UNUSED int channel_seal(struct channel *ch, const struct channel_env *env,
                             struct frame_queue *out);

/** True when a step towards new keys is ours to make; channel_renew makes it, behind all that was
 * sealed. As noise_rekey_write, tls_renew. */
bool channel_wants_renewal(const struct channel *ch, uint64_t now);
WARN_UNUSED int channel_renew(struct channel *ch, const struct channel_env *env,
                              struct frame_queue *out);

/** Nothing more is written: of TLS its close_notify into `raw`. */
void channel_end(struct channel *ch);

/** True when an end of the link without a word is a cut: TLS says when it ends. */
bool channel_is_cut(const struct channel *ch);

#endif
