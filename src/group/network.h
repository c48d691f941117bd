/*
 * One network with members, as a node has it: its log, who belongs by it, and the keys by which
 * others who know it are recognised. The log grows from outside (log_talk, broadcasts, own
 * operations); network_settle then says what that changed. Tags come in and go out on links.
 *
 * Source: docs/protocol/network.md.
 */
#ifndef GROUP_NETWORK_H
#define GROUP_NETWORK_H

#include "base/rd.h"
#include "group/discovery_key.h"
#include "group/network_msg.h"
#include "overlay/gate.h"

#define NETWORK_KEYS_MAX 64                /* discovery keys, the newest first */
#define NETWORK_KEY_FIRST NETWORK_KEYS_MAX /* place of the network's first key: always there */
#define NETWORK_KEYS_FORMAT 1              /* of what network_save_keys writes */
#define NETWORK_KEYS_SIZE_MAX (1 + NETWORK_KEYS_MAX * DISCOVERY_KEY_SIZE)

/* What a device is here. */
enum network_standing {
    NETWORK_STRANGER, /* or revoked, removed, shut out: nothing shows which */
    NETWORK_MEMBER,
};

enum network_change {
    NETWORK_SAME = 0,
    NETWORK_MEMBERS_CHANGED = 1, /* ask again about every link: some may not stay */
    NETWORK_KEY_CHANGED = 2,     /* the beacon's key, and the first of the tags */
};

struct network {
    struct members log;
    struct members_state state;     /* as of the last network_settle */
    uint8_t hash[HASH_SHA256_SIZE]; /* of it */
    uint8_t keys[NETWORK_KEYS_MAX][DISCOVERY_KEY_SIZE];
    size_t key_count;                  /* 1 at least */
    uint8_t first[DISCOVERY_KEY_SIZE]; /* the network's first key */
};

/** Start with the genesis, as it came. As members_init. `signer` and `random` are borrowed. */
WARN_UNUSED int network_init(struct network *n, const struct signer *signer,
                             const struct random *random, struct span genesis);

/** Start from what was stored: the log, and what network_save_keys wrote. WAVU_ERR_CORRUPT,
 * WAVU_ERR_UNSUPPORTED, WAVU_ERR_LIMIT. */
WARN_UNUSED int network_load(struct network *n, const struct signer *signer,
                             const struct random *random, struct span log, struct span keys);

/** Wipe the keys. */
void network_clear(struct network *n);

/** The log has grown: who belongs now? Returns what changed, as bits of enum network_change. */
unsigned network_settle(struct network *n);

#define NETWORK_LOG_HASH_SIZE 8

/** What of the log plays a part, in short: the state key `log`. As of the last network_settle. It
 * differs also where the members are the same: by revocations that wait for a COSIGN or agree with
 * others, whose salts are in the discovery key, and by the heads that epochs bind. */
void network_log_hash(const struct network *n, uint8_t out[NETWORK_LOG_HASH_SIZE]);

/** Write the keys, at most NETWORK_KEYS_SIZE_MAX bytes: after NETWORK_KEY_CHANGED. */
void network_save_keys(const struct network *n, struct wr *w);

enum network_standing network_standing(const struct network *n, const struct overlay_id *device);

/** Whose live device that is: the member's id. False when nobody's. */
WARN_UNUSED bool network_member_of(const struct network *n, const uint8_t device[32],
                                   uint8_t member[MEMBERS_MSG_ID_SIZE]);

/** Is the person with that root key a member? Its name is written to `member` (may be NULL). */
bool network_belongs(const struct network *n, const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                     uint8_t *member);

/** Was the person with that root key invited, and has not joined yet? The oldest such invitation's
 * id, which is the member's name, is written to `member` (may be NULL). */
bool network_guest(const struct network *n, const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                   uint8_t *member);

/** Was the person of that root put out? It may not come in again by asking. */
bool network_was_revoked(const struct network *n, const uint8_t root[MEMBERS_MSG_KEY_SIZE]);

/** The tags that the prover of `link` shows, the newest key's first; to a judge who is a member
 * here the last is that of the network's first key, so that two of whom one knows the other find
 * together, whatever was revoked meanwhile. Returns how many. */
size_t network_prove(const struct network *n, const struct gate_link *link,
                     uint8_t tags[NETWORK_MSG_TAGS_MAX][NETWORK_MSG_TAG_SIZE]);

/** Does one of the tags show that the prover of `link` knows this network? Its key's place in
 * `*key`, for network_answer. In constant time for each pair of tag and key. */
WARN_UNUSED bool network_recognise(const struct network *n, const struct gate_link *link,
                                   uint8_t (*tags)[NETWORK_MSG_TAG_SIZE], size_t count,
                                   size_t *key);

/** The tag of the prover of `link` under that key. */
void network_answer(const struct network *n, const struct gate_link *link, size_t key,
                    uint8_t tag[NETWORK_MSG_TAG_SIZE]);

#endif
