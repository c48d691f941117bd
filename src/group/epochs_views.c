/*
 * The log's state comes in, devices with their first leaves and owners go to the machine.
 */
#include "group/epochs_views.h"

#include <string.h>

#include "base/mem.h"
#include "members/members_heads.h"
#include "members/members_sync.h"

struct view {
    uint8_t heads[EPOCH_VIEW_LOG_HEADS_MAX][MEMBERS_MSG_ID_SIZE];
    struct epoch_member members[EPOCH_VIEW_DEVICES_MAX];
    struct epoch_view view;
};

/* Who belongs by `state`; spans of `v` are the log's. */
static int fill(struct view *v, const struct members_state *state)
{
    struct members_state_view device;
    uint32_t at = 0;
    size_t count = 0;

    while (members_state_next_device(state, &at, &device)) {
        if (count == EPOCH_VIEW_DEVICES_MAX) {
            return WAVU_ERR_LIMIT;
        }
        v->members[count] = (struct epoch_member){
            .leaf = device.leaf,
            .owner = state->log->ops[state->log->members[device.member].op]->id};
        memcpy(v->members[count++].device, device.device, 32);
    }
    v->view.members = v->members;
    v->view.count = count;
    return 0;
}

void epochs_views_now(struct epoch *e, const struct network *n, uint64_t now)
{
    struct view *v = mem_new_raw(sizeof *v);
    size_t count = members_heads(&n->state, v->heads, EPOCH_VIEW_LOG_HEADS_MAX);

    v->view.log_heads = (struct epoch_msg_ids){
        .bytes = v->heads[0],
        .count = count < EPOCH_VIEW_LOG_HEADS_MAX ? count : EPOCH_VIEW_LOG_HEADS_MAX};
    int rc = fill(v, &n->state);
    /* What is not taken leaves the machine unsure, which is the safe side. */
    (void)!(rc < 0 ? rc : epoch_members(e, now, &v->view));
    mem_free(v);
}

/* The log does not have them yet: they are looked for again when it has grown. */
static void want(struct epochs_views *v, struct span heads)
{
    struct epochs_views_wanted *next = &v->wanted[v->at];

    for (size_t i = 0; i < EPOCHS_VIEWS_MAX; i++) {
        if (span_is_equal(heads, span_of(v->wanted[i].heads, v->wanted[i].len))) {
            return;
        }
    }
    if (heads.len <= sizeof next->heads) {
        memcpy(next->heads, heads.ptr, heads.len);
        next->len = heads.len;
        v->at = (v->at + 1) % EPOCHS_VIEWS_MAX;
    }
}

void epochs_views_then(struct epochs_views *v, struct epoch *e, const struct network *n,
                       uint64_t now, struct span heads)
{
    struct members then;
    struct members_state state;

    if (members_sync_view(&n->log, e->config.random, heads, &then) < 0) {
        want(v, heads);
        return;
    }
    struct view *view = mem_new_raw(sizeof *view);
    members_state_init(&state);
    members_state_run(&state, &then);
    view->view.log_heads =
        (struct epoch_msg_ids){.bytes = heads.ptr, .count = heads.len / MEMBERS_MSG_ID_SIZE};
    if (fill(view, &state) == 0) {
        (void)!epoch_give_view(e, now, &view->view); /* refused: as if unknown */
    }
    members_state_clear(&state);
    members_clear(&then);
    mem_free(view);
}

void epochs_views_grown(struct epochs_views *v, struct epoch *e, const struct network *n,
                        uint64_t now)
{
    for (size_t i = 0; i < EPOCHS_VIEWS_MAX; i++) {
        struct epochs_views_wanted one = v->wanted[i];

        v->wanted[i].len = 0;
        if (one.len > 0) {
            epochs_views_then(v, e, n, now, span_of(one.heads, one.len));
        }
    }
}
