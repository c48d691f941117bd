/*
 * One network with members, as a node has it. Source: docs/protocol/network.md.
 */
#include "group/network.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "members/members_heads.h"
#include "overlay/gate.h"

#define LOG_HASH_LABEL "wavu network log 1"

_Static_assert(DISCOVERY_KEY_SIZE == GATE_KEY_SIZE && NETWORK_MSG_TAG_SIZE == GATE_TAG_SIZE,
               "one proof for both");

/* ---- Life ---- */

/* The key of now in front, unless it is there. */
static bool push_key(struct network *n)
{
    uint8_t key[DISCOVERY_KEY_SIZE];

    if (n->log.policy == MEMBERS_MSG_OPEN) {
        discovery_key_first(key, members_network(&n->log)); /* for all who know its id */
    } else {
        discovery_key_of(key, &n->state);
    }
    bool is_new = n->key_count == 0 || !secret_is_equal(n->keys[0], key, sizeof key);

    if (is_new) {
        size_t kept = n->key_count < NETWORK_KEYS_MAX ? n->key_count : NETWORK_KEYS_MAX - 1;

        memmove(n->keys[1], n->keys[0], kept * sizeof n->keys[0]);
        memcpy(n->keys[0], key, sizeof key);
        n->key_count = kept + 1;
    }
    secret_wipe(key, sizeof key);
    return is_new;
}

unsigned network_settle(struct network *n)
{
    uint8_t hash[HASH_SHA256_SIZE];
    unsigned change = NETWORK_SAME;

    members_state_run(&n->state, &n->log);
    members_state_hash(&n->state, hash);
    if (!span_is_equal(span_of(hash, sizeof hash), span_of(n->hash, sizeof n->hash))) {
        memcpy(n->hash, hash, sizeof hash);
        change |= NETWORK_MEMBERS_CHANGED;
    }
    if (push_key(n)) {
        change |= NETWORK_KEY_CHANGED;
    }
    return change;
}

static void begin(struct network *n)
{
    discovery_key_first(n->first, members_network(&n->log));
    (void)network_settle(n);
}

int network_init(struct network *n, const struct signer *signer, const struct random *random,
                 struct span genesis)
{
    memset(n, 0, sizeof *n);
    members_state_init(&n->state);
    int rc = members_init(&n->log, signer, random, genesis);

    if (rc == 0) {
        begin(n);
    }
    return rc;
}

static int load_keys(struct network *n, struct span keys)
{
    struct rd r;

    rd_init(&r, keys);
    uint8_t format = rd_u8(&r);

    if (r.failed) {
        return WAVU_ERR_CORRUPT;
    }
    if (format != NETWORK_KEYS_FORMAT) {
        return WAVU_ERR_UNSUPPORTED;
    }
    while (rd_left(&r) >= DISCOVERY_KEY_SIZE && n->key_count < NETWORK_KEYS_MAX) {
        rd_copy(&r, n->keys[n->key_count++], DISCOVERY_KEY_SIZE);
    }
    return rd_finish(&r) == 0 ? 0 : WAVU_ERR_CORRUPT;
}

int network_load(struct network *n, const struct signer *signer, const struct random *random,
                 struct span log, struct span keys)
{
    memset(n, 0, sizeof *n);
    members_state_init(&n->state);
    int rc = load_keys(n, keys);

    if (rc == 0) {
        rc = members_load(&n->log, signer, random, log, true);
    }
    if (rc == 0) {
        begin(n);
    } else {
        secret_wipe(n->keys, sizeof n->keys);
        n->key_count = 0;
    }
    return rc;
}

void network_clear(struct network *n)
{
    members_state_clear(&n->state);
    members_clear(&n->log);
    secret_wipe(n->keys, sizeof n->keys);
    secret_wipe(n->first, sizeof n->first);
    n->key_count = 0;
}

/* The hash of how many heads there are (4 bytes, high first) and of the lowest of them. */
void network_log_hash(const struct network *n, uint8_t out[NETWORK_LOG_HASH_SIZE])
{
    struct network_msg_room *room = mem_new(sizeof *room);
    uint8_t *bytes = mem_new_raw(4 + sizeof *room);
    uint8_t whole[HASH_SHA256_SIZE];
    struct wr w;
    size_t count = members_heads(&n->state, room->heads, NETWORK_MSG_HEADS_MAX);
    size_t kept = count < NETWORK_MSG_HEADS_MAX ? count : NETWORK_MSG_HEADS_MAX;

    wr_init(&w, span_mut_of(bytes, 4 + sizeof *room));
    wr_u32be(&w, (uint32_t)count);
    wr_bytes(&w, span_of(room->heads, kept * sizeof room->heads[0]));
    signer_id(whole, LOG_HASH_LABEL, wr_span(&w));
    memcpy(out, whole, NETWORK_LOG_HASH_SIZE);
    mem_free(bytes);
    mem_free(room);
}

void network_save_keys(const struct network *n, struct wr *w)
{
    wr_u8(w, NETWORK_KEYS_FORMAT);
    wr_bytes(w, span_of(n->keys, n->key_count * sizeof n->keys[0]));
}

/* ---- Who belongs ---- */

enum network_standing network_standing(const struct network *n, const struct overlay_id *device)
{
    return members_state_member_of(&n->state, device->bytes) != MEMBERS_NONE ? NETWORK_MEMBER
                                                                             : NETWORK_STRANGER;
}

bool network_member_of(const struct network *n, const uint8_t device[32],
                       uint8_t member[MEMBERS_MSG_ID_SIZE])
{
    uint32_t place = members_state_member_of(&n->state, device);

    if (place != MEMBERS_NONE) {
        memcpy(member, n->log.ops[n->log.members[place].op]->id, MEMBERS_MSG_ID_SIZE);
    }
    return place != MEMBERS_NONE;
}

bool network_belongs(const struct network *n, const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                     uint8_t *member)
{
    for (uint32_t i = 0; i < n->state.member_count; i++) {
        const uint8_t *now = members_state_root(&n->state, i);

        if (n->state.members[i].status == MEMBERS_STATE_BELONGS && now != NULL &&
            span_is_equal(span_of(now, MEMBERS_MSG_KEY_SIZE),
                          span_of(root, MEMBERS_MSG_KEY_SIZE))) {
            if (member != NULL) {
                memcpy(member, n->log.ops[n->log.members[i].op]->id, MEMBERS_MSG_ID_SIZE);
            }
            return true;
        }
    }
    return false;
}

bool network_guest(const struct network *n, const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                   uint8_t *member)
{
    for (uint32_t i = 0; i < n->state.member_count; i++) {
        if (n->state.members[i].status == MEMBERS_STATE_INVITED &&
            span_is_equal(span_of(n->log.members[i].root, MEMBERS_MSG_KEY_SIZE),
                          span_of(root, MEMBERS_MSG_KEY_SIZE))) {
            if (member != NULL) {
                memcpy(member, n->log.ops[n->log.members[i].op]->id, MEMBERS_MSG_ID_SIZE);
            }
            return true;
        }
    }
    return false;
}

bool network_was_revoked(const struct network *n, const uint8_t root[MEMBERS_MSG_KEY_SIZE])
{
    bool was = false;

    for (uint32_t i = 0; i < n->state.member_count && !was; i++) {
        const struct span asks = span_of(root, MEMBERS_MSG_KEY_SIZE);
        const uint8_t *now = members_state_root(&n->state, i);

        was = n->state.members[i].status == MEMBERS_STATE_REVOKED &&
              (span_is_equal(span_of(n->log.members[i].root, MEMBERS_MSG_KEY_SIZE), asks) ||
               (now != NULL && span_is_equal(span_of(now, MEMBERS_MSG_KEY_SIZE), asks)));
    }
    return was;
}

/* ---- Tags ---- */

void network_answer(const struct network *n, const struct gate_link *link, size_t key,
                    uint8_t tag[NETWORK_MSG_TAG_SIZE])
{
    gate_tag(tag, key == NETWORK_KEY_FIRST ? n->first : n->keys[key], link);
}

size_t network_prove(const struct network *n, const struct gate_link *link,
                     uint8_t tags[NETWORK_MSG_TAGS_MAX][NETWORK_MSG_TAG_SIZE])
{
    size_t count = n->key_count < NETWORK_MSG_TAGS_MAX ? n->key_count : NETWORK_MSG_TAGS_MAX;

    bool has_first = false;
    for (size_t i = 0; i < count; i++) {
        network_answer(n, link, i, tags[i]);
        has_first |= secret_is_equal(n->keys[i], n->first, sizeof n->first);
    }
    if (!has_first && network_standing(n, &link->judge) == NETWORK_MEMBER) {
        count = count < NETWORK_MSG_TAGS_MAX ? count : NETWORK_MSG_TAGS_MAX - 1;
        network_answer(n, link, NETWORK_KEY_FIRST, tags[count++]);
    }
    return count;
}

bool network_recognise(const struct network *n, const struct gate_link *link,
                       uint8_t (*tags)[NETWORK_MSG_TAG_SIZE], size_t count, size_t *key)
{
    uint8_t right[NETWORK_MSG_TAG_SIZE];
    bool is_known = false;

    for (size_t k = 0; k <= n->key_count && !is_known; k++) {
        *key = k < n->key_count ? k : NETWORK_KEY_FIRST;
        network_answer(n, link, *key, right);
        for (size_t i = 0; i < count; i++) {
            is_known |= secret_is_equal(right, tags[i], sizeof right);
        }
    }
    secret_wipe(right, sizeof right);
    return is_known;
}
