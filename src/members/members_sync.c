/*
 * What a peer lacks: all that is not one of its heads nor named, however far, by one of them.
 */
#include "members/members_sync.h"

#include <string.h>

#include "base/mem.h"

size_t members_sync_heads(const struct members *log, uint8_t (*out)[MEMBERS_MSG_ID_SIZE],
                          size_t room)
{
    size_t count = 0;
    for (uint32_t i = 0; i < log->op_count; i++) {
        const struct members_op *op = log->ops[i];
        if (op->is_named) {
            continue;
        }
        size_t at = count < room ? count : room;
        count++;
        while (at > 0 && span_compare(span_of(op->id, sizeof op->id),
                                      span_of(out[at - 1], sizeof op->id)) < 0) {
            if (at < room) {
                memcpy(out[at], out[at - 1], sizeof op->id);
            }
            at--;
        }
        if (at < room) {
            memcpy(out[at], op->id, sizeof op->id);
        }
    }
    return count;
}

size_t members_sync_begin(struct members_sync *s, const struct members *log, struct span heads)
{
    size_t unknown = 0;
    s->log = log;
    s->has = mem_new(log->op_count);
    s->count = log->op_count;
    s->at = 0;
    for (size_t i = 0; i + MEMBERS_MSG_ID_SIZE <= heads.len; i += MEMBERS_MSG_ID_SIZE) {
        const struct members_op *op = members_find(log, heads.ptr + i);
        if (op == NULL) {
            unknown++;
        } else {
            s->has[op->place] = 1;
        }
    }
    s->has[MEMBERS_GENESIS] = 1; /* who asks has it: it names the network */
    for (uint32_t i = log->op_count; i-- > 0;) {
        const struct members_op *op = log->ops[i];
        for (uint32_t k = 0; s->has[i] != 0 && k < op->link_count; k++) {
            s->has[op->links[k]] = 1;
        }
    }
    return unknown;
}

bool members_sync_next(struct members_sync *s, struct span *bytes)
{
    while (s->at < s->count && s->has[s->at] != 0) {
        s->at++;
    }
    if (s->at == s->count) {
        return false;
    }
    const struct members_op *op = s->log->ops[s->at++];
    *bytes = span_of(op->bytes, op->len);
    return true;
}

void members_sync_end(struct members_sync *s)
{
    mem_free(s->has);
    memset(s, 0, sizeof *s);
}

int members_sync_view(const struct members *log, const struct random *random, struct span heads,
                      struct members *view)
{
    struct members_sync s;
    memset(view, 0, sizeof *view);
    int rc = members_sync_begin(&s, log, heads) == 0 ? 0 : WAVU_ERR_AGAIN;
    if (rc == 0) {
        const struct members_op *genesis = log->ops[MEMBERS_GENESIS];
        rc = members_init(view, log->signer, random, span_of(genesis->bytes, genesis->len));
    }
    for (uint32_t i = 1; rc == 0 && i < log->op_count; i++) {
        enum members_fed fed = MEMBERS_KNOWN;
        if (s.has[i] != 0) {
            rc = members_feed_verified(view, span_of(log->ops[i]->bytes, log->ops[i]->len), &fed);
        }
    }
    members_sync_end(&s);
    if (rc < 0) {
        members_clear(view);
    }
    return rc;
}
