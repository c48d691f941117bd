/*
 * Records of the world: numbers, which are their own proof.
 */
#include <string.h>

#include "base/mem.h"
#include "swarm/kad_world_core.h"

#define SPACE "/w/"
#define SPACE_LEN 3

struct span kad_world_record_key(uint32_t record, uint8_t out[KAD_WORLD_RECORD_SIZE])
{
    memcpy(out, SPACE, SPACE_LEN);
    memcpy(out + SPACE_LEN, &record, sizeof record);
    out[KAD_WORLD_RECORD_SIZE - 1] = '.';
    return span_of(out, KAD_WORLD_RECORD_SIZE);
}

bool kad_world_record_read(struct span key, uint32_t *record)
{
    if (key.len != KAD_WORLD_RECORD_SIZE) {
        return false;
    }
    memcpy(record, key.ptr + SPACE_LEN, sizeof *record);
    return true;
}

/* The value of a record is its number: nobody can forge it, as if it were signed. */
static int kad_world_record_check(struct kad_record *r, struct span rest, uint64_t wall_ms)
{
    (void)wall_ms;
    if (rest.len != KAD_WORLD_RECORD_SIZE - SPACE_LEN ||
        !span_is_equal(r->value, span_of(rest.ptr, sizeof(uint32_t)))) {
        return WAVU_ERR_CRYPTO;
    }
    r->sequence = 0;
    r->end_ms = KAD_RECORD_NO_END;
    return 0;
}

static const struct kad_validator kad_world_record_validator = {
    .space = "w", .value_max = sizeof(uint32_t), .check = kad_world_record_check};
const struct kad_validators kad_world_record_validators = {&kad_world_record_validator, 1};

bool kad_world_record_is_kept(const struct kad_world_node *n, uint32_t record)
{
    for (uint32_t i = 0; i < n->kept_count; i++) {
        if (n->kept[i] == record) {
            return true;
        }
    }
    return false;
}

void kad_world_record_keep(struct kad_world_node *n, uint32_t record)
{
    if (!kad_world_record_is_kept(n, record)) {
        n->kept = mem_resize(n->kept, (n->kept_count + 1) * sizeof *n->kept);
        n->kept[n->kept_count++] = record;
    }
}
