/*
 * A network's discovery key. Source: docs/protocol/network.md.
 */
#include "group/discovery_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/secret.h"

#define DISCOVERY_KEY_LABEL "wavu network discovery 1"

/* Is it a revocation, removal or succession that stands? */
static bool stands(const struct members_state *s, uint32_t place)
{
    return s->log->ops[place]->salt != NULL && members_eval_stands(&s->eval, place);
}

static int by_bytes(const void *a, const void *b)
{
    return span_compare(span_of(a, MEMBERS_MSG_SALT_SIZE), span_of(b, MEMBERS_MSG_SALT_SIZE));
}

/* Of salts joined. */
static void derive(uint8_t key[DISCOVERY_KEY_SIZE], const uint8_t network[MEMBERS_MSG_ID_SIZE],
                   struct span joined)
{
    kdf(span_mut_of(key, DISCOVERY_KEY_SIZE), span_of(network, MEMBERS_MSG_ID_SIZE),
        DISCOVERY_KEY_LABEL, &joined, 1);
}

void discovery_key_first(uint8_t key[DISCOVERY_KEY_SIZE],
                         const uint8_t network[MEMBERS_MSG_ID_SIZE])
{
    derive(key, network, span_empty());
}

void discovery_key_of(uint8_t key[DISCOVERY_KEY_SIZE], const struct members_state *s)
{
    const uint32_t all = s->eval.count;
    uint8_t(*salts)[MEMBERS_MSG_SALT_SIZE] = mem_new_array(all, sizeof *salts);
    size_t count = 0;

    for (uint32_t i = 0; i < all; i++) {
        if (stands(s, i)) {
            memcpy(salts[count++], s->log->ops[i]->salt, MEMBERS_MSG_SALT_SIZE);
        }
    }
    qsort(salts, count, sizeof *salts, by_bytes);
    derive(key, members_network(s->log), span_of(salts, count * sizeof *salts));
    secret_wipe(salts, count * sizeof *salts);
    mem_free(salts);
}
