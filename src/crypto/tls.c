/*
 * TLS 1.3 as libp2p has it: OpenSSL's machine between two memory BIOs, with our own verdict on the
 * peer's certificate.
 *
 *     SHAKING --work (the last message is written and read)--> DONE
 *     any     --error----------------------------------------> DEAD
 *
 * No clock, no socket, no callbacks to the owner: what OpenSSL calls back (certificate, ALPN,
 * messages) leaves notes in the machine, which the step that is running returns.
 */
#include "crypto/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "wavu/err.h"

#define BINDING_LABEL "EXPORTER-Channel-Binding" /* RFC 9266 */
#define LATE_STEPS 5                             /* of OpenSSL's state machine, for a message */
#define GROUPS "X25519:P-256"

enum state { SHAKING, DONE, DEAD };

struct tls_identity {
    SSL_CTX *context;
};

struct tls {
    enum state state;
    int error; /* why it is DEAD; while SHAKING: what a callback found */
    SSL *ssl;
    BIO *in;  /* the link's bytes; belongs to `ssl`, as `out` */
    BIO *out; /* for the link */
    const char *const *muxers;
    const char *const *security;
    uint64_t wall_s;
    size_t received;           /* bytes fed, while SHAKING */
    uint32_t late_steps;       /* in the read that is running */
    struct budget_bucket late; /* what the peer may still say that is no data */
    bool is_reading;
    bool is_client;
    bool is_fed;        /* bytes came since the last step, or it is the client's first */
    bool is_downgraded; /* the client speaks what we like better, too */
    bool is_ended;
    struct peerid expected; /* len 0: anyone */
    struct tls_cert_peer peer;
};

/* ---- What OpenSSL asks ---- */

/* The verdict on the peer's chain, which must be one certificate. */
static int on_certificate(X509_STORE_CTX *store, void *context)
{
    unsigned char *der = NULL;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls *t = SSL_get_app_data(ssl);
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(store);
    (void)context;
    const int len = i2d_X509(X509_STORE_CTX_get0_cert(store), &der);
    int rc = WAVU_ERR_PROTO;
    if (len > 0 && sk_X509_num(chain) == 1) {
        rc = tls_cert_check(&t->peer, span_of(der, (size_t)len), t->wall_s);
    }
    OPENSSL_free(der);
    if (rc == 0 && t->expected.len > 0 && !peerid_is_equal(&t->expected, &t->peer.id)) {
        rc = WAVU_ERR_PEER_ID;
    }
    t->error = rc;
    X509_STORE_CTX_set_error(store, rc == 0 ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    return rc == 0;
}

static bool is_listed(const char *const *names, struct span name)
{
    while (*names != NULL && !span_is_equal(span_from_text(*names), name)) {
        names++;
    }
    return *names != NULL;
}

/* True for a security protocol that stands before TLS in our list. */
static bool is_better(const struct tls *t, struct span name)
{
    for (const char *const *at = t->security; *at != NULL && strcmp(*at, TLS_PROTOCOL) != 0; at++) {
        if (span_is_equal(span_from_text(*at), name)) {
            return true;
        }
    }
    return false;
}

/* A server's choice among the client's names: the first multiplexer that we speak, or none of them
 * early. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned int in_len, void *context)
{
    struct tls *t = SSL_get_app_data(ssl);
    struct span chosen = span_empty();
    (void)context;
    for (size_t at = 0; at < in_len; at += 1u + in[at]) {
        const struct span name = span_of(in + at + 1, in[at]); /* OpenSSL checked the lengths */
        t->is_downgraded = t->is_downgraded || is_better(t, name);
        if (chosen.len == 0 &&
            (is_listed(t->muxers, name) || span_is_equal(name, span_from_text(TLS_ALPN)))) {
            chosen = name;
        }
    }
    if (chosen.len == 0) {
        t->error = WAVU_ERR_UNSUPPORTED;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen.ptr;
    *out_len = (unsigned char)chosen.len;
    return SSL_TLSEXT_ERR_OK;
}

/* Each message of the handshake's kind that comes behind it costs us something: OpenSSL tells of
 * two steps for each. */
static void on_step(const SSL *ssl, int where, int value)
{
    struct tls *t = SSL_get_app_data(ssl);
    (void)value;
    if (t->is_reading && (where & SSL_CB_LOOP) != 0) {
        t->late_steps++;
    }
}

/* ---- Identity ---- */

/* Settings of all connections. */
static bool set_up(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(context, on_certificate, NULL);
    SSL_CTX_set_alpn_select_cb(context, on_alpn, NULL);
    SSL_CTX_set_info_callback(context, on_step);
    SSL_CTX_set_max_cert_list(context, 2L * TLS_CERT_SIZE_MAX);
    return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1 &&
           SSL_CTX_set_max_early_data(context, 0) == 1 &&
           SSL_CTX_set1_groups_list(context, GROUPS) == 1;
}

int tls_identity_new(struct tls_identity **identity, const struct identity_key *key,
                     const struct random *random)
{
    struct tls_cert *cert = mem_new(sizeof *cert);
    *identity = NULL;
    int rc = tls_cert_make(cert, key, random);
    SSL_CTX *context = rc == 0 ? SSL_CTX_new(TLS_method()) : NULL;
    if (context == NULL || !set_up(context) ||
        SSL_CTX_use_certificate_ASN1(context, (int)cert->len, cert->der) != 1 ||
        SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, context, cert->key, (long)cert->key_len) != 1) {
        SSL_CTX_free(context);
        rc = rc < 0 ? rc : WAVU_ERR_CRYPTO;
    } else {
        *identity = mem_new(sizeof **identity);
        (*identity)->context = context;
    }
    secret_wipe(cert, sizeof *cert);
    mem_free(cert);
    ERR_clear_error();
    return rc;
}

void tls_identity_free(struct tls_identity *identity)
{
    if (identity != NULL) {
        SSL_CTX_free(identity->context);
        mem_free(identity);
    }
}

/* ---- The machine ---- */

/* Append one name of the ALPN list. */
static void write_name(struct wr *w, const char *name)
{
    const struct span text = span_from_text(name);
    CHECK(text.len > 0 && text.len < TLS_MUXER_MAX);
    wr_u8(w, (uint8_t)text.len);
    wr_bytes(w, text);
}

/* What a client offers: its multiplexers, "libp2p", and, for those who look (docs/protocol/tls.md,
 * "Downgrade"), the security protocols that it likes better. */
static bool offer(struct tls *t)
{
    uint8_t names[TLS_ALPN_MAX];
    struct wr w;
    wr_init(&w, span_mut_of(names, sizeof names));
    for (const char *const *at = t->muxers; *at != NULL; at++) {
        write_name(&w, *at);
    }
    write_name(&w, TLS_ALPN);
    for (const char *const *at = t->security; *at != NULL && strcmp(*at, TLS_PROTOCOL) != 0; at++) {
        write_name(&w, *at);
    }
    CHECK(wr_finish(&w) == 0); /* the lists are ours */
    return SSL_set_alpn_protos(t->ssl, names, (unsigned int)w.len) == 0;
}

int tls_new(struct tls **out, const struct tls_config *config)
{
    struct tls *t = mem_new(sizeof *t);
    t->is_client = config->is_client;
    t->muxers = config->muxers;
    t->security = config->security;
    t->wall_s = config->wall_s;
    t->is_fed = config->is_client;
    budget_bucket_init(&t->late, TLS_LATE_RATE, TLS_LATE_BURST, config->now);
    if (config->expected != NULL) {
        t->expected = *config->expected;
    }
    t->in = BIO_new(BIO_s_mem());
    t->out = BIO_new(BIO_s_mem());
    t->ssl = SSL_new(config->identity->context);
    *out = NULL;
    if (t->in == NULL || t->out == NULL || t->ssl == NULL) {
        BIO_free(t->in);
        BIO_free(t->out);
        t->in = NULL;
        tls_free(t);
        return WAVU_ERR_CRYPTO;
    }
    (void)BIO_set_mem_eof_return(t->in, -1);
    SSL_set_bio(t->ssl, t->in, t->out);
    SSL_set_app_data(t->ssl, t);
    if (t->is_client) {
        SSL_set_connect_state(t->ssl);
    } else {
        SSL_set_accept_state(t->ssl);
    }
    if (t->is_client && !offer(t)) {
        tls_free(t);
        return WAVU_ERR_CRYPTO;
    }
    *out = t;
    return 0;
}

void tls_free(struct tls *t)
{
    if (t == NULL) {
        return;
    }
    SSL_free(t->ssl);
    secret_wipe(t, sizeof *t);
    mem_free(t);
}

/* Enter DEAD for `rc`. What OpenSSL wrote before (an alert) can still be pulled. */
static int die(struct tls *t, int rc)
{
    t->state = DEAD;
    t->error = rc;
    ERR_clear_error();
    return rc;
}

/* Why OpenSSL gave up: a record that does not open, or a message that is none. */
static int reason_of(void)
{
    switch (ERR_GET_REASON(ERR_peek_error())) {
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_DIGEST_CHECK_FAILED:
    case SSL_R_BAD_SIGNATURE:
        return WAVU_ERR_CRYPTO;
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return WAVU_ERR_UNSUPPORTED;
    default:
        return WAVU_ERR_PROTO;
    }
}

int tls_feed(struct tls *t, struct span in, size_t *used)
{
    *used = 0;
    if (t->state == DEAD) {
        return t->error;
    }
    size_t room = TLS_FEED_MAX - BIO_ctrl_pending(t->in);
    if (t->state == SHAKING) {
        room = TLS_HANDSHAKE_MAX - t->received;
        if (room == 0 && in.len > 0) {
            return die(t, WAVU_ERR_LIMIT);
        }
    }
    const struct span part = span_slice(in, 0, room);
    if (part.len > 0 && BIO_write(t->in, part.ptr, (int)part.len) != (int)part.len) {
        return die(t, WAVU_ERR_CRYPTO);
    }
    *used = part.len;
    t->received += t->state == SHAKING ? part.len : 0;
    t->is_fed = t->is_fed || part.len > 0;
    return 0;
}

bool tls_wants_work(const struct tls *t)
{
    return t->state == SHAKING && t->is_fed;
}

/* The handshake is over on our side: what the notes say of the peer counts now. */
static int complete(struct tls *t)
{
    const unsigned char *name = NULL;
    unsigned int len = 0;
    if (t->peer.id.len == 0) {
        return die(t, WAVU_ERR_PROTO);
    }
    if (t->is_downgraded) {
        return die(t, WAVU_ERR_DOWNGRADE);
    }
    SSL_get0_alpn_selected(t->ssl, &name, &len);
    const struct span chosen = span_of(name, len);
    if (!is_listed(t->muxers, chosen) && !span_is_equal(chosen, span_from_text(TLS_ALPN))) {
        return die(t, WAVU_ERR_UNSUPPORTED);
    }
    t->state = DONE;
    return 0;
}

int tls_work(struct tls *t)
{
    if (t->state == DEAD) {
        return t->error;
    }
    CHECK(tls_wants_work(t));
    t->is_fed = false;
    ERR_clear_error();
    const int rc = SSL_do_handshake(t->ssl);
    if (rc == 1) {
        return complete(t);
    }
    if (SSL_get_error(t->ssl, rc) == SSL_ERROR_WANT_READ) {
        ERR_clear_error();
        return 0;
    }
    return die(t, t->error != 0 ? t->error : reason_of());
}

size_t tls_pull(struct tls *t, struct span_mut out)
{
    const int len =
        out.len > 0 && tls_pending(t) > 0
            ? BIO_read(t->out, out.ptr, out.len < TLS_FEED_MAX ? (int)out.len : TLS_FEED_MAX)
            : 0;
    return len > 0 ? (size_t)len : 0;
}

size_t tls_pending(const struct tls *t)
{
    return BIO_ctrl_pending(t->out);
}

bool tls_is_done(const struct tls *t)
{
    return t->state == DONE;
}

void tls_result(const struct tls *t, struct tls_result *result)
{
    const unsigned char *name = NULL;
    unsigned int len = 0;
    CHECK(t->state == DONE);
    *result = (struct tls_result){.peer = t->peer};
    CHECK(SSL_export_keying_material(t->ssl, result->binding, sizeof result->binding, BINDING_LABEL,
                                     strlen(BINDING_LABEL), NULL, 0, 0) == 1);
    SSL_get0_alpn_selected(t->ssl, &name, &len);
    if (is_listed(t->muxers, span_of(name, len))) {
        memcpy(result->muxer, name, len); /* one of ours: offer and the CHECK in it know its size */
    }
}

/* ---- The channel ---- */

int tls_read(struct tls *t, uint64_t now, struct span_mut out, size_t *len)
{
    *len = 0;
    if (t->state == DEAD) {
        return t->error;
    }
    CHECK(t->state == DONE);
    if (t->is_ended || out.len == 0) {
        return 0;
    }
    ERR_clear_error();
    size_t got = 0;
    t->late_steps = 0;
    t->is_reading = true;
    const int rc = SSL_read_ex(t->ssl, out.ptr, out.len, &got);
    t->is_reading = false;
    if (t->late_steps > 0 &&
        budget_bucket_take(&t->late, (t->late_steps + LATE_STEPS - 1) / LATE_STEPS, now) < 0) {
        return die(t, WAVU_ERR_LIMIT);
    }
    if (rc == 1) {
        *len = got;
        return 0;
    }
    switch (SSL_get_error(t->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        ERR_clear_error();
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        t->is_ended = true;
        return 0;
    default:
        return die(t, reason_of());
    }
}

int tls_write(struct tls *t, struct span plain)
{
    if (t->state == DEAD) {
        return t->error;
    }
    CHECK(t->state == DONE);
    size_t written = 0;
    ERR_clear_error();
    if (plain.len > 0 &&
        (SSL_write_ex(t->ssl, plain.ptr, plain.len, &written) != 1 || written != plain.len)) {
        return die(t, reason_of());
    }
    return 0;
}

int tls_renew(struct tls *t)
{
    if (t->state == DEAD) {
        return t->error;
    }
    CHECK(t->state == DONE);
    ERR_clear_error();
    return SSL_key_update(t->ssl, SSL_KEY_UPDATE_REQUESTED) == 1 ? 0 : die(t, WAVU_ERR_CRYPTO);
}

bool tls_is_ended(const struct tls *t)
{
    return t->is_ended;
}

void tls_end(struct tls *t)
{
    if (t->state == DONE) {
        ERR_clear_error();
        (void)SSL_shutdown(t->ssl);
        ERR_clear_error();
    }
}
