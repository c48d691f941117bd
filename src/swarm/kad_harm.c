/*
 * Ids of hostile nodes, and which of them they name.
 */
#include "swarm/kad_harm.h"

#include <string.h>

#include "base/check.h"

#define ID_SIZE 38  /* an Ed25519 key's */
#define NUMBER_AT 6 /* behind the multihash's and the key's heads */
#define SALT_AT 10  /* the rest of the key is zero */
#define LAST_KIN 32 /* LAST: who has no more kin nearer to the target than this tells no truth */

struct peerid kad_harm_id(uint32_t who, uint64_t salt)
{
    static const uint8_t head[] = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20};
    struct peerid id = {.len = ID_SIZE};
    memcpy(id.bytes, head, sizeof head);
    memcpy(id.bytes + NUMBER_AT, &who, sizeof who);
    memcpy(id.bytes + SALT_AT, &salt, sizeof salt);
    return id;
}

uint32_t kad_harm_number(const struct peerid *id)
{
    uint32_t who;
    memcpy(&who, id->bytes + NUMBER_AT, sizeof who);
    return who;
}

void kad_harm_init(struct kad_harm *h, enum kad_harm_kind kind, uint32_t nodes)
{
    *h = (struct kad_harm){.kind = kind};
    if (kind != KAD_HARM_DIVERT) {
        return;
    }
    CHECK(nodes < KAD_HARM_MADE_BIT / KAD_HARM_MADE);
    for (uint32_t i = 0; i < nodes * KAD_HARM_MADE; i++) {
        struct peerid id = kad_harm_id(i | KAD_HARM_MADE_BIT, KAD_HARM_MADE_SALT);
        struct kad_key key;
        kad_key_of(&key, peerid_span(&id));
        kad_forest_add(&h->made, kad_forest_place(&key), i | KAD_HARM_MADE_BIT);
    }
    kad_forest_sort(&h->made);
}

void kad_harm_clear(struct kad_harm *h)
{
    kad_forest_clear(&h->kin);
    kad_forest_clear(&h->made);
}

/* Is `own` one of the LAST_KIN of its kind nearest to the target? */
static bool kad_harm_is_last(const struct kad_harm *h, uint64_t own, uint64_t target)
{
    size_t low;
    size_t high;
    unsigned bits = 0;
    while (bits < 64 && ((own ^ target) >> (63 - bits)) == 0) {
        bits++;
    }
    kad_forest_range(&h->kin, target, bits, &low, &high);
    return high - low <= LAST_KIN;
}

size_t kad_harm_named(const struct kad_harm *h, uint64_t own, uint64_t target, uint32_t *out,
                      size_t max)
{
    switch (h->kind) {
    case KAD_HARM_COLLUDE:
        return kad_forest_nearest(&h->kin, target, out, max);
    case KAD_HARM_LAST:
        return kad_harm_is_last(h, own, target) ? kad_forest_nearest(&h->kin, target, out, max) : 0;
    case KAD_HARM_DIVERT:
        return kad_forest_nearest(&h->made, target, out, max);
    case KAD_HARM_OMIT:
    case KAD_HARM_SILENT:
    case KAD_HARM_POISON:
        break;
    }
    return 0;
}
