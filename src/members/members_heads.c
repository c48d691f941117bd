/*
 * Heads of what plays a part: what counts, and every revocation and co-signature, void or not,
 * since those decide of each other. What else is void weighs on nobody: whose keys were revoked
 * cannot make heads that others have to carry.
 */
#include "members/members_heads.h"

#include <string.h>

#include "base/mem.h"
#include "members/members_admit.h"

static const char label_merge[] = "wavu members merge 1";

static bool plays_a_part(const struct members_state *s, uint32_t place)
{
    uint32_t kind = s->log->ops[place]->kind;
    return members_eval_counts(&s->eval, place) || kind == MEMBERS_MSG_COSIGN ||
           members_admit_is_revocation(kind);
}

/* Insert `id` into the `count` lowest so far. */
static void insert(uint8_t (*out)[MEMBERS_MSG_ID_SIZE], size_t room, size_t count,
                   const uint8_t *id)
{
    size_t at = count < room ? count : room;
    while (at > 0 && span_compare(span_of(id, MEMBERS_MSG_ID_SIZE),
                                  span_of(out[at - 1], MEMBERS_MSG_ID_SIZE)) < 0) {
        if (at < room) {
            memcpy(out[at], out[at - 1], MEMBERS_MSG_ID_SIZE);
        }
        at--;
    }
    if (at < room) {
        memcpy(out[at], id, MEMBERS_MSG_ID_SIZE);
    }
}

size_t members_heads(const struct members_state *s, uint8_t (*out)[MEMBERS_MSG_ID_SIZE],
                     size_t room)
{
    size_t count = 0;
    uint8_t *is_named = mem_new(s->eval.count); /* by one that plays a part, however far */
    for (uint32_t i = s->eval.count; i-- > 0;) {
        const struct members_op *op = s->log->ops[i];
        if (is_named[i] == 0) {
            if (!plays_a_part(s, i)) {
                continue;
            }
            insert(out, room, count++, op->id);
        }
        for (uint32_t k = 0; k < op->link_count; k++) {
            is_named[op->links[k]] = 1;
        }
    }
    mem_free(is_named);
    return count;
}

/* Where a device stands in the order of turns under these heads. */
static void rank_of(uint8_t out[MEMBERS_MSG_ID_SIZE], uint8_t (*heads)[MEMBERS_MSG_ID_SIZE],
                    size_t count, const uint8_t *device)
{
    uint8_t bytes[(MEMBERS_MSG_PARENTS_MAX + 1) * MEMBERS_MSG_ID_SIZE];
    memcpy(bytes, device, MEMBERS_MSG_KEY_SIZE);
    memcpy(bytes + MEMBERS_MSG_ID_SIZE, heads, count * MEMBERS_MSG_ID_SIZE);
    signer_id(out, label_merge, span_of(bytes, (count + 1) * MEMBERS_MSG_ID_SIZE));
}

/* May the device of that member still sign a MERGE, by the length of its chain? */
static bool may_merge(const struct members *log, uint32_t member, const uint8_t *device)
{
    const struct members_seat *seat = log->seats[members_seat_of(log, member, device)];
    return seat->top == MEMBERS_NONE || log->ops[seat->top]->sequence < MEMBERS_HEADS_MERGES_END;
}

uint32_t members_heads_turn(const struct members_state *s,
                            const uint8_t device[MEMBERS_MSG_KEY_SIZE])
{
    uint8_t heads[MEMBERS_MSG_PARENTS_MAX][MEMBERS_MSG_ID_SIZE];
    uint8_t mine[MEMBERS_MSG_ID_SIZE];
    uint8_t other[MEMBERS_MSG_ID_SIZE];
    size_t count = members_heads(s, heads, MEMBERS_MSG_PARENTS_MAX);
    uint32_t member = members_state_member_of(s, device);
    if (count <= MEMBERS_HEADS_MANY || member == MEMBERS_NONE ||
        !may_merge(s->log, member, device)) {
        return MEMBERS_NONE;
    }
    count = count < MEMBERS_MSG_PARENTS_MAX ? count : MEMBERS_MSG_PARENTS_MAX;
    rank_of(mine, heads, count, device);
    uint32_t before = 0;
    uint32_t at = 0;
    struct members_state_view view;
    while (members_state_next_device(s, &at, &view)) {
        rank_of(other, heads, count, view.device);
        bool is_lower = span_compare(span_of(other, sizeof other), span_of(mine, sizeof mine)) < 0;
        before += is_lower && may_merge(s->log, view.member, view.device) ? 1 : 0;
    }
    return before;
}

void members_heads_parents(const struct members_state *s, struct members_msg *m)
{
    uint8_t heads[MEMBERS_MSG_PARENTS_MAX][MEMBERS_MSG_ID_SIZE];
    size_t count = members_heads(s, heads, MEMBERS_MSG_PARENTS_MAX);
    m->parent_count = count < MEMBERS_MSG_PARENTS_MAX ? count : MEMBERS_MSG_PARENTS_MAX;
    for (size_t i = 0; i < m->parent_count; i++) {
        const struct members_op *op = members_find(s->log, heads[i]);
        m->parents[i] = span_of(op->id, sizeof op->id);
    }
}

int members_heads_merge(struct members *log, struct members_author *author,
                        const struct members_state *s, const struct members_op **op)
{
    struct members_msg m;
    if (author->sequence >= MEMBERS_HEADS_MERGES_END) {
        return WAVU_ERR_LIMIT;
    }
    memset(&m, 0, sizeof m);
    m.kind = MEMBERS_MSG_MERGE;
    members_heads_parents(s, &m);
    return members_write(log, author, &m, op);
}
