/*
 * Making operations. What is made takes the same way in as what comes from peers, so nothing can be
 * written that others would not take.
 */
#include "members/members_write.h"

#include <string.h>

#include "base/check.h"
#include "crypto/network_key.h"
#include "members/members_admit.h"

int members_write_genesis(struct buf *out, const struct signer *signer, const struct random *random,
                          const struct ed25519_pair *root, struct span name,
                          enum members_msg_policy policy)
{
    uint8_t nonce[MEMBERS_MSG_NONCE_SIZE];
    uint8_t body[256];
    uint8_t whole[256 + SIGNER_SIZE + 16];
    uint8_t signature[SIGNER_SIZE];
    struct wr w;
    if (!network_key_is_name(name)) {
        return WAVU_ERR_INVALID;
    }
    random_fill(random, nonce, sizeof nonce);
    const struct members_msg_genesis g = {
        .format = MEMBERS_MSG_FORMAT,
        .name = name,
        .policy = (uint64_t)policy,
        .root = span_of(root->public_key, sizeof root->public_key),
        .nonce = span_of(nonce, sizeof nonce),
    };
    wr_init(&w, span_mut_of(body, sizeof body));
    members_msg_encode_genesis_body(&w, &g);
    CHECK(wr_finish(&w) == 0);
    struct span signed_body = wr_span(&w);
    signer->sign(signer->context, signature, root, members_msg_label_genesis, signed_body);
    wr_init(&w, span_mut_of(whole, sizeof whole));
    members_msg_encode_signed(&w, signed_body, span_of(signature, sizeof signature));
    return buf_append(out, wr_span(&w));
}

static void consent_to(uint8_t consent[SIGNER_SIZE], const struct members *log,
                       const struct ed25519_pair *pair, const char *label, struct span bytes)
{
    log->signer->sign(log->signer->context, consent, pair, label, bytes);
}

void members_write_consent(uint8_t consent[SIGNER_SIZE], const struct members *log,
                           const struct ed25519_pair *pair, bool is_root,
                           const uint8_t member[MEMBERS_MSG_ID_SIZE],
                           const uint8_t root[MEMBERS_MSG_KEY_SIZE])
{
    uint8_t bytes[MEMBERS_ADMIT_CONSENT_MAX];
    size_t len = members_admit_consent(bytes, members_network(log), member, root, span_empty());
    consent_to(consent, log, pair,
               is_root ? members_admit_label_succeed : members_admit_label_device,
               span_of(bytes, len));
}

void members_write_leaf_consent(uint8_t consent[SIGNER_SIZE], const struct members *log,
                                const struct ed25519_pair *pair,
                                const uint8_t member[MEMBERS_MSG_ID_SIZE],
                                const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                                const uint8_t leaf[MEMBERS_MSG_LEAF_SIZE])
{
    uint8_t bytes[MEMBERS_ADMIT_CONSENT_MAX];
    size_t len = members_admit_consent(bytes, members_network(log), member, root,
                                       span_of(leaf, MEMBERS_MSG_LEAF_SIZE));
    consent_to(consent, log, pair, members_admit_label_device, span_of(bytes, len));
}

/* Is the author a root? */
static bool is_root(const struct members *log, const struct members_author *a)
{
    const struct members_op *grant = a->has_grant ? members_find(log, a->grant) : NULL;
    return !a->has_grant || (grant != NULL && grant->kind == MEMBERS_MSG_SUCCEED);
}

/* Does the log know of this chain what the author knows, and no more? A root whose chain has forked
 * goes on from any operation of it: a root's forks shut out nobody, and whoever restored it from an
 * old backup must be able to mend what followed. */
static bool is_abreast(const struct members *log, const struct members_author *a)
{
    uint32_t member = members_member_of(log, a->member);
    uint32_t seat =
        member != MEMBERS_NONE ? members_seat_of(log, member, a->pair.public_key) : MEMBERS_NONE;
    if (seat == MEMBERS_NONE || log->seats[seat]->top == MEMBERS_NONE) {
        return a->sequence == 0;
    }
    const struct members_op *last = a->sequence > 0 ? members_find(log, a->last) : NULL;
    if (last == NULL || last->seat != seat || last->sequence != a->sequence) {
        return false;
    }
    return log->seats[seat]->is_forked ? is_root(log, a) : last->place == log->seats[seat]->top;
}

static struct span id_if(bool has, const uint8_t *id)
{
    return has ? span_of(id, MEMBERS_MSG_ID_SIZE) : span_empty();
}

/* The header, from the author; parents are as they were chosen. */
static void fill(const struct members *log, const struct members_author *a, struct members_msg *m)
{
    m->format = m->format == 0 ? MEMBERS_MSG_FORMAT : m->format;
    m->is_known = m->format == MEMBERS_MSG_FORMAT && m->kind <= MEMBERS_MSG_LEAVE;
    m->network = span_of(members_network(log), MEMBERS_MSG_ID_SIZE);
    m->member = span_of(a->member, sizeof a->member);
    m->author = span_of(a->pair.public_key, sizeof a->pair.public_key);
    m->grant = id_if(a->has_grant, a->grant);
    m->join = id_if(a->has_join, a->join);
    m->sequence = a->sequence + 1;
    m->previous = id_if(a->sequence > 0, a->last);
}

int members_write(struct members *log, struct members_author *author, struct members_msg *m,
                  const struct members_op **op)
{
    uint8_t body[MEMBERS_MSG_SIZE_MAX];
    uint8_t whole[MEMBERS_MSG_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    uint8_t salt[MEMBERS_MSG_SALT_SIZE];
    enum members_fed fed = MEMBERS_KNOWN;
    struct wr w;
    if (!is_abreast(log, author)) {
        return WAVU_ERR_IN_USE;
    }
    if (author->sequence + 1 > MEMBERS_SEQUENCE_MAX - MEMBERS_WRITE_LAST &&
        m->kind != MEMBERS_MSG_COSIGN && !members_admit_is_revocation((uint32_t)m->kind)) {
        return WAVU_ERR_LIMIT;
    }
    fill(log, author, m);
    if (members_find(log, author->member) == NULL || members_admit_missing(log, m).len > 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (members_msg_has_salt(m->kind)) {
        random_fill(log->random, salt, sizeof salt);
        m->salt = span_of(salt, sizeof salt);
    }
    wr_init(&w, span_mut_of(body, sizeof body));
    members_msg_encode_body(&w, m);
    m->salt = span_empty();
    if (wr_finish(&w) < 0) {
        return WAVU_ERR_LIMIT;
    }
    struct span signed_body = wr_span(&w);
    log->signer->sign(log->signer->context, signature, &author->pair, members_msg_label_operation,
                      signed_body);
    wr_init(&w, span_mut_of(whole, sizeof whole));
    members_msg_encode_signed(&w, signed_body, span_of(signature, sizeof signature));
    if (wr_finish(&w) < 0) {
        return WAVU_ERR_LIMIT;
    }
    int rc = members_feed(log, wr_span(&w), 0, &fed);
    if (rc < 0) {
        return rc;
    }
    signer_id(id, members_msg_label_operation, signed_body);
    *op = members_find(log, id);
    memcpy(author->last, id, sizeof author->last);
    author->sequence++;
    return 0;
}
