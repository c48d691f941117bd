/*
 * The machine of group keys under operations drawn from the input: three devices that write,
 * change, part, crash and hear each other in any order, messages bent on the way, and saved states
 * that are damaged. Invariants hold, entries are read only by those they are for, nothing leaks.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "tests/support/group_world.h"

#define NODES 3
#define STEPS_MAX 14

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct group_world w;
static struct rd in;

/* A message, bent at one byte, to one device. */
static void bend(size_t node)
{
    struct group_world_item *item = w.items[rd_u16be(&in) % w.item_count];
    uint8_t *bytes = mem_new_raw(item->len + 1);
    struct entry entry;
    struct epoch_seal where;
    static uint8_t room[1024];

    if (item->len > 0) {
        memcpy(bytes, item->bytes, item->len);
        bytes[rd_u16be(&in) % item->len] ^= rd_u8(&in);
        struct span span = span_of(bytes, item->len);
        int rc =
            item->kind == GROUP_WORLD_ENTRY
                ? epoch_seal_open(&w.nodes[node].e, w.now, span, span_mut_of(room, sizeof room),
                                  &entry, &where)
                : epoch_feed(&w.nodes[node].e, w.now, w.nodes[item->from].device.public_key, span);
        CHECK(rc <= 0);
        if (rc == 0 && item->kind == GROUP_WORLD_ENTRY) {
            item->opened[node] = true; /* nothing was bent */
            item->has[node] = true;
        }
    }
    mem_free(bytes);
    group_world_pump(&w, node);
}

static void damage(size_t node)
{
    struct buf b;
    struct epoch e;

    group_world_steal(&w, node, &b);
    for (int i = 0; i < 3; i++) {
        b.ptr[((size_t)rd_u16be(&in) << 8 | rd_u8(&in)) % b.len] ^= rd_u8(&in);
    }
    if (epoch_state_load(&e, &w.nodes[node].config, w.now, buf_span(&b)) == 0) {
        epoch_clear(&e);
    }
    buf_wipe(&b);
}

static void step(void)
{
    uint8_t kind = rd_u8(&in);
    size_t node = rd_u8(&in) % w.node_count;
    struct epoch *e = &w.nodes[node].e;
    int rc = 0;

    switch (kind % 12) {
    case 0:
    case 1:
        rc = group_world_write(&w, node);
        break;
    case 2:
        rc = epoch_make_change(e, w.now, kind >= 128);
        break;
    case 3:
        bend(node);
        break;
    case 4:
        damage(node);
        break;
    case 5:
        w.nodes[node].part = rd_u8(&in) % 2;
        break;
    case 6:
        group_world_crash(&w, node);
        group_world_restart(&w, node);
        break;
    case 7:
        w.now += (uint64_t)rd_u8(&in) * 3600 * GROUP_WORLD_SECOND;
        epoch_tick(e, w.now);
        CHECK(epoch_deadline(e) > w.now);
        break;
    case 8:
        rc = group_world_welcome(&w, node, rd_u8(&in) % w.node_count);
        break;
    case 9:
        if (w.log_count < 12) {
            group_world_log(&w, node, kind >= 192, rd_u8(&in) % w.node_count);
        }
        break;
    default:
        for (int i = 0; i < 8; i++) {
            (void)group_world_deliver(&w, rd_u8(&in) % w.node_count, rd_u8(&in) % w.item_count);
        }
        break;
    }
    CHECK(rc <= 0);
    group_world_pump(&w, node);
    epoch_check(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct aead *aead; /* for all runs: making one costs more than a run */

    if (aead == NULL) {
        aead = aead_new();
    }
    size_t live = mem_live_count();
    rd_init(&in, span_of(data, len));
    group_world_init_small(&w, NODES, aead);
    group_world_begin(&w, NODES);
    for (size_t i = 0; i < STEPS_MAX && rd_left(&in) > 0; i++) {
        step();
    }
    for (size_t i = 0; i < w.item_count; i++) {
        for (size_t node = 0; node < w.node_count; node++) {
            CHECK(!w.items[i]->opened[node] || w.items[i]->is_for[node]);
        }
    }
    group_world_clear(&w);
    CHECK(mem_live_count() == live);
    return 0;
}
