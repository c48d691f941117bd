/*
 * A person: keys from a root seed, and the operations that a root signs.
 */
#include "members/identity.h"

#include <string.h>

#include "base/check.h"
#include "crypto/hkdf.h"
#include "crypto/secret.h"

void identity_from_seed(struct identity *id, const uint8_t seed[IDENTITY_SEED_SIZE])
{
    ed25519_from_seed(&id->root, seed);
}

void identity_wipe(struct identity *id)
{
    secret_wipe(id, sizeof *id);
}

void identity_first_device(struct ed25519_pair *device, const struct identity *id)
{
    uint8_t prk[32];
    uint8_t seed[ED25519_SEED_SIZE];
    hkdf_extract(prk, span_from_text("wavu root key"),
                 span_of(id->root.seed, sizeof id->root.seed));
    CHECK(hkdf_expand(span_mut_of(seed, sizeof seed), prk, span_from_text("device key 1")) == 0);
    ed25519_from_seed(device, seed);
    secret_wipe(prk, sizeof prk);
    secret_wipe(seed, sizeof seed);
}

void identity_agreement(struct x25519_pair *pair, const struct identity *id)
{
    ed25519_agreement_secret(pair->secret, id->root.seed);
    x25519_derive(pair);
}

/* The operation that made the seat's key: of that kind, counting if any does. */
static const struct members_op *grant_of(const struct members_state *s, uint32_t seat,
                                         uint32_t kind)
{
    const struct members *log = s->log;
    const struct members_op *found = NULL;
    for (uint32_t i = 0; i < s->eval.count; i++) {
        const struct members_op *op = log->ops[i];
        if (op->kind == kind && op->made == seat && members_eval_counts(&s->eval, i)) {
            found = op;
        }
    }
    return found;
}

static void begin_author(struct members_author *author, const struct ed25519_pair *pair,
                         const uint8_t *member, const struct members_op *grant)
{
    memset(author, 0, sizeof *author);
    author->pair = *pair;
    memcpy(author->member, member, sizeof author->member);
    if (grant != NULL) {
        author->has_grant = true;
        memcpy(author->grant, grant->id, sizeof author->grant);
    }
}

int identity_author(struct members_author *author, const struct identity *id,
                    const struct members_state *s, const uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    uint32_t place = members_member_of(s->log, member);
    if (place == MEMBERS_NONE || place >= s->member_count) {
        return WAVU_ERR_NOT_FOUND;
    }
    uint32_t seat = s->members[place].root;
    if (seat == MEMBERS_NONE || seat != members_seat_of(s->log, place, id->root.public_key)) {
        return WAVU_ERR_DENIED;
    }
    begin_author(author, &id->root, member, grant_of(s, seat, MEMBERS_MSG_SUCCEED));
    uint32_t last =
        s->log->seats[seat]->is_forked ? members_state_last(s, seat) : s->log->seats[seat]->top;
    if (last != MEMBERS_NONE) {
        author->sequence = s->log->ops[last]->sequence;
        memcpy(author->last, s->log->ops[last]->id, sizeof author->last);
    }
    return 0;
}

/* The JOIN that what is signed behind it names; the founder has none. */
static void name_join(struct members_author *author, const struct members_state *s, uint32_t place)
{
    for (uint32_t i = 0; i < s->eval.count && place != MEMBERS_GENESIS && !author->has_join; i++) {
        const struct members_op *op = s->log->ops[i];
        if (op->kind == MEMBERS_MSG_JOIN && op->member == place &&
            members_eval_counts(&s->eval, i)) {
            author->has_join = true;
            memcpy(author->join, op->id, sizeof author->join);
        }
    }
}

int identity_device_author(struct members_author *author, const struct ed25519_pair *device,
                           const struct members_state *s, const uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    uint32_t place = members_member_of(s->log, member);
    if (place == MEMBERS_NONE || place >= s->member_count) {
        return WAVU_ERR_NOT_FOUND;
    }
    uint32_t seat = members_seat_of(s->log, place, device->public_key);
    const struct members_op *grant =
        seat != MEMBERS_NONE ? grant_of(s, seat, MEMBERS_MSG_DEVICE) : NULL;
    enum members_state_status status = s->members[place].status;
    if (grant == NULL ||
        (s->devices[seat] != MEMBERS_STATE_LIVE && status != MEMBERS_STATE_INVITED)) {
        return WAVU_ERR_DENIED;
    }
    begin_author(author, device, member, grant);
    name_join(author, s, place);
    return 0;
}

int identity_certify(struct members *log, struct members_author *root,
                     const uint8_t device[MEMBERS_MSG_KEY_SIZE], const uint8_t consent[SIGNER_SIZE],
                     struct span leaf, const struct members_op **op)
{
    struct members_msg m;
    memset(&m, 0, sizeof m);
    m.kind = MEMBERS_MSG_DEVICE;
    m.key = span_of(device, MEMBERS_MSG_KEY_SIZE);
    m.consent = span_of(consent, SIGNER_SIZE);
    m.leaf = leaf;
    return members_write(log, root, &m, op);
}

int identity_remove(struct members *log, struct members_author *root, const struct members_state *s,
                    const uint8_t device[MEMBERS_MSG_KEY_SIZE], const struct members_op **op)
{
    struct members_msg m;
    uint32_t place = members_member_of(s->log, root->member);
    uint32_t seat = place != MEMBERS_NONE ? members_seat_of(s->log, place, device) : MEMBERS_NONE;
    const struct members_op *grant =
        seat != MEMBERS_NONE ? grant_of(s, seat, MEMBERS_MSG_DEVICE) : NULL;
    if (grant == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    memset(&m, 0, sizeof m);
    m.kind = MEMBERS_MSG_REMOVE;
    m.target = span_of(grant->id, sizeof grant->id);
    members_state_cut(s, seat, &m);
    return members_write(log, root, &m, op);
}

int identity_leave(struct members *log, struct members_author *root, const struct members_state *s,
                   const struct members_op **op)
{
    struct members_msg m;
    uint32_t place = members_member_of(s->log, root->member);
    uint32_t seat = s->members[place].root;
    memset(&m, 0, sizeof m);
    m.kind = MEMBERS_MSG_LEAVE;
    if (seat == MEMBERS_NONE || s->log->seats[seat]->is_forked ||
        members_state_leave_cuts(s, place, seat, &m) > 0) {
        return WAVU_ERR_DENIED;
    }
    struct members_author author = *root;
    name_join(&author, s, place); /* of all that a root signs this alone names one */
    int rc = members_write(log, &author, &m, op);
    secret_wipe(&author, sizeof author);
    return rc;
}

int identity_succeed(struct members *log, struct members_author *root, const struct identity *next,
                     const struct members_op **op)
{
    struct members_msg m;
    uint8_t consent[SIGNER_SIZE];
    members_write_consent(consent, log, &next->root, true, root->member, root->pair.public_key);
    memset(&m, 0, sizeof m);
    m.kind = MEMBERS_MSG_SUCCEED;
    m.key = span_of(next->root.public_key, sizeof next->root.public_key);
    m.consent = span_of(consent, sizeof consent);
    return members_write(log, root, &m, op);
}
