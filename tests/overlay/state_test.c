/*
 * The shared state on a mesh: everybody ends up with everybody's newest, in few rounds and few
 * bytes, whatever the links lose; hostile neighbours are bounded.
 */
#include "tests/base/unit.h"

#include "base/check.h"
#include "base/timers.h"
#include "overlay/state.h"
#include "tests/support/gossip_mesh.h"

/* A provider of equal sizes: the signature is the signer's key and a checksum. */
static uint32_t sum_of(struct span head, struct span body)
{
    const uint64_t key[2] = {1, 2};
    return (uint32_t)(map_hash(key, head) + 3 * map_hash(key, body));
}

static void null_sign(void *context, uint8_t signature[OVERLAY_SIGN_SIZE], struct span head,
                      struct span body)
{
    const struct overlay_id *id = context;
    uint32_t sum = sum_of(head, body);
    memset(signature, 0, OVERLAY_SIGN_SIZE);
    memcpy(signature, id->bytes, OVERLAY_ID_SIZE);
    memcpy(signature + OVERLAY_ID_SIZE, &sum, sizeof sum);
}

static int null_verify(void *context, const uint8_t *signature, const struct overlay_id *who,
                       struct span head, struct span body)
{
    uint32_t sum = sum_of(head, body);
    (void)context;
    return memcmp(signature, who->bytes, OVERLAY_ID_SIZE) == 0 &&
                   memcmp(signature + OVERLAY_ID_SIZE, &sum, sizeof sum) == 0
               ? 0
               : WAVU_ERR_CRYPTO;
}

struct world {
    struct gossip_mesh mesh;
    struct state *nodes;
    struct overlay_id *ids;
    struct overlay_sign *signs;
    uint64_t changes;
    uint64_t errors;
    bool is_checked;
};

static struct overlay_id id_of(size_t node)
{
    struct overlay_id id = {{0}};
    id.bytes[0] = (uint8_t)(node * 37);
    id.bytes[30] = (uint8_t)(node >> 8);
    id.bytes[31] = (uint8_t)node;
    return id;
}

static size_t number_of(const struct overlay_id *id)
{
    return (size_t)id->bytes[30] << 8 | id->bytes[31];
}

static void drain(struct world *w, size_t node)
{
    static uint8_t out[STATE_MSG_SIZE_MAX];
    struct state_event e;
    while (state_next_event(&w->nodes[node], &e)) {
        w->changes += e.kind == STATE_CHANGED;
        if (e.kind != STATE_SEND) {
            continue;
        }
        struct wr wr;
        wr_init(&wr, span_mut_of(out, sizeof out));
        state_msg_encode(&wr, &e.msg);
        assert_int_equal(wr_finish(&wr), 0);
        gossip_mesh_send(&w->mesh, node, number_of(&e.to), wr_span(&wr));
    }
    if (w->is_checked) {
        state_check(&w->nodes[node]);
    }
}

static void feed(void *context, size_t node, size_t from, struct span bytes)
{
    struct world *w = context;
    struct state_msg m;
    assert_int_equal(state_msg_decode(&m, bytes), 0);
    w->errors += state_feed(&w->nodes[node], w->mesh.now, &w->ids[from], &m) < 0;
    drain(w, node);
}

static void tick(void *context, size_t node)
{
    struct world *w = context;
    state_tick(&w->nodes[node], w->mesh.now);
    drain(w, node);
}

static uint64_t deadline(void *context, size_t node)
{
    struct world *w = context;
    return state_deadline(&w->nodes[node]);
}

static void start_node(struct world *w, size_t node, uint64_t generation)
{
    struct state_config config = {.self = w->ids[node],
                                  .generation = generation,
                                  .random = &w->mesh.random,
                                  .sign = &w->signs[node]};
    state_init(&w->nodes[node], w->mesh.now, &config);
}

static struct world *world_new(size_t count, size_t degree, uint64_t seed)
{
    static const struct gossip_mesh_ops ops = {feed, tick, deadline};
    struct world *w = mem_new(sizeof *w);
    gossip_mesh_init(&w->mesh, count, seed, &ops, w);
    gossip_mesh_wire(&w->mesh, degree);
    w->nodes = mem_new_array(count, sizeof *w->nodes);
    w->ids = mem_new_array(count, sizeof *w->ids);
    w->signs = mem_new_array(count, sizeof *w->signs);
    for (size_t i = 0; i < count; i++) {
        w->ids[i] = id_of(i);
        w->signs[i] = (struct overlay_sign){null_sign, null_verify, &w->ids[i]};
        start_node(w, i, 1);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < w->mesh.nodes[i].link_count; j++) {
            assert_int_equal(
                state_link_up(&w->nodes[i], w->mesh.now, &w->ids[w->mesh.nodes[i].links[j]]), 0);
        }
        gossip_mesh_touch(&w->mesh, i);
    }
    return w;
}

static void world_free(struct world *w)
{
    for (size_t i = 0; i < w->mesh.count; i++) {
        state_check(&w->nodes[i]);
        state_clear(&w->nodes[i]);
    }
    gossip_mesh_clear(&w->mesh);
    mem_free(w->nodes);
    mem_free(w->ids);
    mem_free(w->signs);
    mem_free(w);
}

static void run(struct world *w, uint64_t ns)
{
    gossip_mesh_run(&w->mesh, w->mesh.now + ns);
}

static void write_key(struct world *w, size_t node, const char *key, const char *value)
{
    assert_int_equal(
        state_set(&w->nodes[node], w->mesh.now, span_from_text(key), span_from_text(value)), 0);
    drain(w, node);
    gossip_mesh_touch(&w->mesh, node);
}

static bool is_even(const struct world *w)
{
    for (size_t i = 1; i < w->mesh.count; i++) {
        if (state_hash(&w->nodes[i]) != state_hash(&w->nodes[0])) {
            return false;
        }
    }
    return true;
}

/* Seconds, which are rounds, until all have the same. */
static unsigned rounds_until_even(struct world *w, unsigned max)
{
    for (unsigned rounds = 0; rounds < max; rounds++) {
        if (is_even(w)) {
            return rounds;
        }
        run(w, TIMERS_SECOND);
    }
    fail_msg("not the same after %u rounds", max);
    return max;
}

static void assert_value(const struct world *w, size_t node, size_t owner, const char *key,
                         const char *value)
{
    struct span got;
    int rc = state_get(&w->nodes[node], &w->ids[owner], span_from_text(key), &got);
    if (value == NULL) {
        assert_int_equal(rc, WAVU_ERR_NOT_FOUND);
        return;
    }
    assert_int_equal(rc, 0);
    assert_true(span_is_equal(got, span_from_text(value)));
}

static void all_learn_all(size_t count, unsigned rounds_max)
{
    struct world *w = world_new(count, 6, count);
    for (size_t i = 0; i < count; i++) {
        write_key(w, i, "nick", "somebody");
        write_key(w, i, "address", "/ip4/192.0.2.1/tcp/9000");
    }
    unsigned rounds = rounds_until_even(w, rounds_max);
    uint64_t start_bytes = w->mesh.byte_count;
    assert_int_equal(w->changes, count * (count - 1) * 2);
    assert_value(w, 0, count - 1, "nick", "somebody");
    write_key(w, 1, "nick", "else");
    unsigned one = rounds_until_even(w, rounds_max);
    assert_value(w, 0, 1, "nick", "else");
    uint64_t one_bytes = w->mesh.byte_count - start_bytes;
    start_bytes = w->mesh.byte_count;
    run(w, 60 * TIMERS_SECOND);
    uint64_t idle = (w->mesh.byte_count - start_bytes) / 60 / count;
    print_message("%zu owners: all know all after %u rounds, one change after %u (%u bytes a node),"
                  " idle %u bytes a node and second\n",
                  count, rounds, one, (unsigned)(one_bytes / count), (unsigned)idle);
    assert_true(idle < 1000);
    assert_int_equal(w->errors, 0);
    world_free(w);
}

static void all_learn_all_of_100(void **state)
{
    (void)state;
    all_learn_all(100, 30);
}

static void all_learn_all_of_1000(void **state)
{
    (void)state;
    all_learn_all(1000, 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_learn_all_of_100),
        UNIT(all_learn_all_of_1000),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
