/*
 * Places in the table of devices: what was only named leaves none taken, what is needed keeps its
 * own, and the view of now always finds some.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "group/epoch_slots.h"
#include "tests/base/unit.h"
#include "tests/support/group_world.h"

#define MANY EPOCH_VIEW_DEVICES_MAX

static struct group_world w;
static struct epoch_member members[MANY];
static uint8_t log_heads[32];
static uint8_t message[EPOCH_MSG_SIZE_MAX];

static void begin(size_t count)
{
    group_world_init(&w, 81, &group_world_null_signer);
    group_world_begin(&w, count);
}

static int compare(const struct epoch_member *a, const uint8_t device[32])
{
    return span_compare(span_of(a->device, 32), span_of(device, 32));
}

static void insert(struct epoch_view *view, const uint8_t device[32])
{
    size_t at = view->count++;

    for (; at > 0 && compare(&members[at - 1], device) > 0; at--) {
        members[at] = members[at - 1];
    }
    members[at] = (struct epoch_member){.device = {0}};
    memcpy(members[at].device, device, 32);
}

/* The devices of now but node `without`, and `fresh` that nobody ever saw; `log` names its heads.
 */
static struct epoch_view view_of(const struct epoch *e, size_t without, size_t fresh, uint8_t log)
{
    struct epoch_view view = {.log_heads = {log_heads, 1}, .members = members};
    uint8_t device[32];

    memset(log_heads, log, sizeof log_heads);
    for (size_t i = 0; i < fresh; i++) {
        random_fill(&w.random, device, sizeof device);
        device[0] = (uint8_t)(i >> 3); /* nearly ascending: cheap to insert */
        insert(&view, device);
    }
    for (size_t i = 0; i < e->current->count; i++) {
        const uint8_t *id = e->views.devices[e->current->slots[i]].id;
        if (without == SIZE_MAX || memcmp(id, w.nodes[without].device.public_key, 32) != 0) {
            insert(&view, id);
        }
    }
    return view;
}

/* A seed change of node `by` without parents, at the log heads and with the members of `view`. */
static struct span change_by(size_t by, const struct epoch_view *view, uint64_t sequence)
{
    uint8_t body[EPOCH_MSG_BODY_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    struct epoch_msg_change c = {.sequence = sequence, .kind = EPOCH_MSG_SEED};
    uint8_t *joined = mem_new_raw(view->count * 32);
    struct wr wr;

    for (size_t i = 0; i < view->count; i++) {
        memcpy(joined + i * 32, view->members[i].device, 32);
    }
    signer_id(c.members, "wavu epoch members 1", span_of(joined, view->count * 32));
    mem_free(joined);
    memcpy(c.group, w.group, 32);
    memcpy(c.author, w.nodes[by].device.public_key, 32);
    memcpy(c.commitment, &sequence, sizeof sequence);
    memset(c.leaf, 9, 32);
    c.log_heads = view->log_heads;
    wr_init(&wr, span_mut_of(body, sizeof body));
    epoch_msg_write_change_body(&wr, &c);
    struct span written = wr_span(&wr);
    w.signer->sign(NULL, signature, &w.nodes[by].device, epoch_make_label, written);
    wr_init(&wr, span_mut_of(message, sizeof message));
    epoch_msg_write_signed(&wr, EPOCH_MSG_CHANGE, written, signature);
    CHECK(wr_finish(&wr) == 0);
    return wr_span(&wr);
}

static size_t take_events(struct epoch *e, enum epoch_event_kind kind)
{
    struct epoch_event event;
    size_t count = 0;

    while (epoch_next_event(e, &event)) {
        count += event.kind == kind;
        if (event.kind == EPOCH_SAVE) {
            epoch_saved(e, w.now, event.ticket);
        }
    }
    return count;
}

static void a_view_that_nothing_takes_leaves_no_device(void **state)
{
    (void)state;
    begin(4);
    struct epoch *e = &w.nodes[0].e;
    for (uint8_t log = 1; log < 100; log++) { /* 49,500 devices in all */
        struct epoch_view view = view_of(e, SIZE_MAX, 500, log);
        assert_int_equal(epoch_give_view(e, w.now, &view), 0);
        assert_int_equal(e->views.used, 4);
    }
    assert_int_equal(e->views.device_count, 4);
    struct epoch_view view = view_of(e, SIZE_MAX, EPOCH_VIEW_OTHERS_MAX + 1, 100);
    assert_int_equal(epoch_give_view(e, w.now, &view), WAVU_ERR_LIMIT);
    view = view_of(e, SIZE_MAX, EPOCH_VIEW_OTHERS_MAX, 101);
    assert_int_equal(epoch_give_view(e, w.now, &view), 0);
    epoch_check(e);
    group_world_clear(&w);
}

/* Who was removed signs a change at log heads where it had 2,040 devices; its owner even gives that
 * view unasked. Then somebody is invited. */
static void the_removed_cannot_fill_the_table(void **state)
{
    (void)state;
    begin(4);
    struct epoch *e = &w.nodes[0].e;
    group_world_log(&w, 0, true, 3);
    group_world_run(&w);
    (void)group_world_must_write(&w, 0);
    struct epoch_view many = view_of(e, SIZE_MAX, 0, 7);
    struct span stranger = change_by(3, &many, 1);
    size_t views = 0;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(epoch_feed(e, w.now, w.nodes[3].device.public_key, stranger),
                         WAVU_ERR_LIMIT);
        views += take_events(e, EPOCH_VIEW);
    }
    assert_int_equal(views, 0);
    many = view_of(e, SIZE_MAX, MANY - 8, 7);
    assert_int_equal(epoch_give_view(e, w.now, &many), WAVU_ERR_LIMIT);
    struct epoch_view now = view_of(e, SIZE_MAX, 1, 8);
    assert_int_equal(epoch_members(e, w.now, &now), 0);
    assert_int_equal(epoch_bar(e), EPOCH_READY);
    assert_int_equal(epoch_make_change(e, w.now, false), 0);
    group_world_clear(&w);
}

/* A member hands on what the removed one made, so it is taken, and its 500 devices have places;
 * until newcomers need them. */
static void void_changes_give_their_places_to_newcomers(void **state)
{
    (void)state;
    begin(4);
    struct epoch *e = &w.nodes[0].e;
    struct epoch_view then = view_of(e, SIZE_MAX, 500, 7);
    struct span change = change_by(3, &then, 1);
    group_world_log(&w, 0, true, 3);
    group_world_run(&w);
    (void)group_world_must_write(&w, 0);
    size_t before = e->views.used;
    size_t changes = e->graph.count;
    assert_int_equal(epoch_feed(e, w.now, w.nodes[1].device.public_key, change), WAVU_ERR_AGAIN);
    assert_int_equal(take_events(e, EPOCH_VIEW), 1);
    assert_int_equal(epoch_give_view(e, w.now, &then), 0);
    assert_int_equal(e->graph.count, changes + 1);
    assert_int_equal(e->views.used, before + 500);
    struct epoch_view again = view_of(e, SIZE_MAX, 100, 9); /* another half's: the void one goes */
    assert_int_equal(epoch_give_view(e, w.now, &again), 0);
    assert_int_equal(e->graph.count, changes);
    assert_int_equal(e->views.used, before);
    then = view_of(e, SIZE_MAX, 500, 10);
    insert(&then, w.nodes[3].device.public_key);
    change = change_by(3, &then, 2);
    assert_int_equal(epoch_feed(e, w.now, w.nodes[1].device.public_key, change), WAVU_ERR_AGAIN);
    assert_int_equal(epoch_give_view(e, w.now, &then), 0);
    assert_int_equal(e->views.used, before + 500);
    struct epoch_view now = view_of(e, SIZE_MAX, MANY - 100, 11);
    assert_int_equal(epoch_members(e, w.now, &now), 0);
    assert_int_equal(e->graph.count, changes);
    assert_int_not_equal(epoch_bar(e), EPOCH_UNSURE);
    group_world_clear(&w);
}

/* Free places in the middle of the table are as free after a restart, and slots are what they were.
 */
static void a_state_keeps_every_device_in_its_place(void **state)
{
    (void)state;
    struct epoch again;
    struct buf saved;
    begin(4);
    struct epoch *e = &w.nodes[0].e;
    struct epoch_view now = view_of(e, SIZE_MAX, 3, 7);
    assert_int_equal(epoch_members(e, w.now, &now), 0); /* they get the places 4 to 6 */
    now = view_of(e, SIZE_MAX, 0, 8);
    uint8_t last[32];
    memcpy(last, e->views.devices[6].id, 32);
    for (size_t i = 0; i < now.count; i++) { /* two of them leave: a gap */
        size_t slot = (size_t)epoch_view_slot(&e->views, members[i].device);
        if (slot == 4 || slot == 5) {
            memmove(&members[i], &members[i + 1], (now.count - i - 1) * sizeof members[0]);
            now.count--;
            i--;
        }
    }
    assert_int_equal(epoch_members(e, w.now, &now), 0);
    assert_true(e->views.used == 5 && e->views.device_count == 7);
    assert_false(e->views.devices[5].is_used);
    buf_init(&saved, EPOCH_STATE_SIZE_MAX);
    assert_int_equal(epoch_state_save(e, w.now, &saved), 0);
    assert_int_equal(epoch_state_load(&again, &w.nodes[0].config, w.now, buf_span(&saved)), 0);
    assert_true(again.views.used == 5 && again.views.device_count == 7);
    assert_int_equal(epoch_view_slot(&again.views, last), 6);
    now = view_of(&again, SIZE_MAX, 2, 9);
    assert_int_equal(epoch_members(&again, w.now, &now), 0); /* newcomers fill the gap */
    assert_true(again.views.used == 7 && again.views.device_count == 7);
    assert_int_equal(epoch_view_slot(&again.views, last), 6);
    epoch_clear(&again);
    buf_wipe(&saved);
    group_world_clear(&w);
}

/* Keys were used under a change of who is gone by now: that change must never come back, or they
 * would be used again. Under another's none was: that one leaves no trace. */
static void whose_change_used_keys_stays_known(void **state)
{
    (void)state;
    begin(4);
    struct epoch *e = &w.nodes[0].e;
    size_t first = w.item_count;
    for (size_t by = 2; by < 4; by++) {
        assert_int_equal(epoch_make_change(&w.nodes[by].e, w.now, false), 0);
        group_world_pump(&w, by);
        group_world_run(&w);
        if (by == 3) {
            (void)group_world_must_write(&w, 0); /* under the change of 3 alone */
        }
    }
    group_world_log(&w, 0, true, 2);
    group_world_log(&w, 0, true, 3);
    group_world_run(&w);
    (void)group_world_must_write(&w, 0);
    group_world_run(&w);
    w.now += EPOCH_GRAPH_KEEP_NS;
    epoch_tick(e, w.now);
    group_world_pump(&w, 0);
    assert_int_equal(epoch_view_slot(&e->views, w.nodes[2].device.public_key), -1);
    int worn = epoch_view_slot(&e->views, w.nodes[3].device.public_key);
    assert_true(worn >= 0 && e->views.devices[worn].is_worn);
    group_world_crash(&w, 0); /* and so after a restart */
    group_world_restart(&w, 0);
    assert_int_equal(epoch_view_slot(&e->views, w.nodes[3].device.public_key), worn);
    assert_true(e->views.devices[worn].is_worn && e->views.devices[worn].forgotten == 1);
    e->graph.past_count = 0;
    size_t count = e->graph.count;
    for (size_t i = first; i < w.item_count; i++) {
        const struct group_world_item *item = w.items[i];
        if (item->kind == GROUP_WORLD_SAID && item->from == 3) {
            assert_int_equal(
                epoch_feed(e, w.now, w.nodes[1].device.public_key, span_of(item->bytes, item->len)),
                0);
        }
    }
    assert_int_equal(e->graph.count, count);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_view_that_nothing_takes_leaves_no_device),
        UNIT(the_removed_cannot_fill_the_table),
        UNIT(void_changes_give_their_places_to_newcomers),
        UNIT(a_state_keeps_every_device_in_its_place),
        UNIT(whose_change_used_keys_stays_known),
    };
    return cmocka_run_group_tests_name("epoch_slots", tests, NULL, NULL);
}
