/*
 * What the gate asks of a network, answered by one key.
 */
#include "overlay/gate_key.h"

#include <string.h>

#include "crypto/secret.h"

static size_t prove(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE])
{
    const struct gate_key *k = context;
    gate_tag(tags[0], k->bytes, link);
    return 1;
}

static bool recognise(void *context, const struct gate_link *link, uint8_t (*tags)[GATE_TAG_SIZE],
                      size_t count)
{
    const struct gate_key *k = context;
    return gate_is_proof(k->bytes, link, tags, count);
}

void gate_key_init(struct gate_key *k, const uint8_t *bytes)
{
    *k = (struct gate_key){.network = {.context = k}};
    if (bytes != NULL) {
        memcpy(k->bytes, bytes, sizeof k->bytes);
        k->network.prove = prove;
        k->network.recognise = recognise;
    }
}

void gate_key_clear(struct gate_key *k)
{
    secret_wipe(k->bytes, sizeof k->bytes);
}
