/*
 * The key schedule, reckoned a second time from the page's formulas.
 */
#include "tests/base/unit.h"

#include "crypto/kdf.h"
#include "crypto/secret.h"
#include "group/epoch_set.h"

static struct epoch_views views;
static struct epoch_members *all;
static struct epoch_members *two;
static const uint8_t group[32] = {77};
static const uint8_t seed[32] = {88};

static struct epoch_members *members(uint8_t log, size_t count)
{
    struct epoch_member list[3];
    const uint8_t heads[32] = {log};
    struct epoch_view view = {.log_heads = {heads, 1}, .members = list, .count = count};
    struct epoch_members *m = NULL;

    memset(list, 0, sizeof list);
    for (size_t i = 0; i < count; i++) {
        list[i].device[0] = (uint8_t)(i + 1);
    }
    assert_int_equal(epoch_view_take(&views, &view, &m), 0);
    return m;
}

static void begin(void)
{
    epoch_view_init(&views);
    all = members(1, 3);
    two = members(2, 2);
}

static void end(void)
{
    epoch_view_drop(all);
    epoch_view_drop(two);
    epoch_view_clear(&views);
}

static struct epoch_change *change(uint8_t name, struct epoch_members *m)
{
    const uint8_t id[32] = {name};
    struct epoch_msg_change c = {.kind = EPOCH_MSG_SEED, .sequence = 1};

    return epoch_graph_make(&c, id, 0, epoch_view_ref(m));
}

static void expect(const uint8_t *got, const uint8_t *key, size_t key_len, const char *label,
                   const struct span *context, size_t count)
{
    uint8_t out[32];

    kdf(span_mut_of(out, 32), span_of(key, key_len), label, context, count);
    assert_memory_equal(got, out, 32);
}

static void secrets_follow_the_page(void **state)
{
    (void)state;
    uint8_t root[32];
    uint8_t out[96];
    begin();
    struct epoch_change *c = change(5, all);
    const uint8_t *id[3] = {views.devices[0].id, views.devices[1].id, views.devices[2].id};
    epoch_set_secrets(c, &views, 1, seed, root);
    kdf(span_mut_of(out, 96), span_of(seed, 32), "wavu epoch secrets 1",
        (struct span[]){span_of(c->id, 32)}, 1);
    assert_memory_equal(root, out, 32);
    assert_memory_equal(c->merge, out + 32, 32);
    expect(c->pairs[0].in, out + 64, 32, "wavu epoch pair 1",
           (struct span[]){span_of(c->id, 32), span_of(id[0], 32), span_of(id[1], 32)}, 3);
    expect(c->pairs[2].out, out + 64, 32, "wavu epoch pair 1",
           (struct span[]){span_of(c->id, 32), span_of(id[1], 32), span_of(id[2], 32)}, 3);
    assert_false(c->pairs[1].has_in || c->pairs[1].has_out); /* none with oneself */
    struct epoch_set *s = epoch_set_new(&views, group, &c, 1, 1);
    assert_non_null(s);
    assert_int_equal(s->own, 1);
    epoch_set_fill(s, root);
    expect(epoch_set_chains(s, &views)[2].key, root, 32, "wavu epoch chain 1",
           (struct span[]){span_of(s->id, 32), span_of(id[2], 32)}, 2);
    assert_int_equal(epoch_set_free(s), 0);
    epoch_graph_free(c);
    end();
}

static void both_sides_of_a_pair_agree(void **state)
{
    (void)state;
    uint8_t root[32];
    begin();
    struct epoch_change *a = change(5, all);
    struct epoch_change *b = change(5, all);
    epoch_set_secrets(a, &views, 0, seed, root);
    epoch_set_secrets(b, &views, 2, seed, root);
    assert_memory_equal(a->pairs[2].out, b->pairs[0].in, 32);
    assert_memory_equal(a->pairs[2].in, b->pairs[0].out, 32);
    assert_memory_not_equal(a->pairs[2].in, a->pairs[2].out, 32);
    epoch_graph_free(a);
    epoch_graph_free(b);
    end();
}

static void an_epoch_is_its_heads_and_their_common_members(void **state)
{
    (void)state;
    uint8_t ids[3][32];
    begin();
    struct epoch_change *heads[2] = {change(3, all), change(4, two)};
    epoch_set_id(ids[0], &views, group, heads, 1);
    epoch_set_id(ids[1], &views, group, heads + 1, 1);
    epoch_set_id(ids[2], &views, group, heads, 2);
    assert_memory_not_equal(ids[0], ids[1], 32);
    assert_memory_not_equal(ids[0], ids[2], 32);
    assert_memory_not_equal(ids[1], ids[2], 32);
    struct epoch_set *s = epoch_set_new(&views, group, heads, 2, 1);
    assert_memory_equal(s->id, ids[2], 32);
    assert_int_equal(s->count, 2); /* the third is in one view only */
    assert_int_equal(s->head_count, 2);
    assert_true(s->heads[0] == heads[1] || s->heads[1] == heads[1]);
    (void)epoch_set_free(s);
    assert_null(epoch_set_new(&views, group, heads, 2, 2));
    epoch_graph_free(heads[0]);
    epoch_graph_free(heads[1]);
    end();
}

static void several_heads_give_one_root_one_way(void **state)
{
    (void)state;
    uint8_t roots[2][32];
    uint8_t root[32];
    uint8_t joined[64];
    static const uint8_t other[32] = {99};
    begin();
    struct epoch_change *heads[2] = {change(3, all), change(4, all)};
    epoch_set_secrets(heads[0], &views, 0, seed, roots[0]);
    epoch_set_secrets(heads[1], &views, 0, other, roots[1]);
    struct epoch_set *s = epoch_set_new(&views, group, heads, 2, 0);
    epoch_set_root(s, root);
    memcpy(joined, heads[0]->merge, 32);
    memcpy(joined + 32, heads[1]->merge, 32);
    expect(root, joined, 64, "wavu epoch merge 1", (struct span[]){span_of(s->id, 32)}, 1);
    assert_memory_not_equal(root, roots[0], 32);
    assert_memory_not_equal(root, roots[1], 32);
    (void)epoch_set_free(s);
    epoch_graph_free(heads[0]);
    epoch_graph_free(heads[1]);
    end();
}

static void a_derived_seed_is_bound_to_its_change(void **state)
{
    (void)state;
    uint8_t root[32];
    uint8_t seeds[4][32];
    struct epoch_msg_change c = {.group = {1}, .author = {2}, .sequence = 3, .members = {4}};
    begin();
    struct epoch_change *parent = change(3, all);
    epoch_set_secrets(parent, &views, 0, seed, root);
    epoch_set_derive(seeds[0], &c, &parent, 1);
    c.sequence++;
    epoch_set_derive(seeds[1], &c, &parent, 1);
    c.sequence--;
    c.members[0]++;
    epoch_set_derive(seeds[2], &c, &parent, 1);
    c.members[0]--;
    c.author[0]++;
    epoch_set_derive(seeds[3], &c, &parent, 1);
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(seeds[i], seeds[k], 32);
        }
    }
    epoch_graph_free(parent);
    end();
}

static void clearing_wipes(void **state)
{
    (void)state;
    uint8_t root[32];
    static const uint8_t zeros[32];
    begin();
    struct epoch_change *c = change(3, all);
    epoch_set_secrets(c, &views, 0, seed, root);
    struct epoch_set *s = epoch_set_new(&views, group, &c, 1, 0);
    epoch_set_fill(s, root);
    (void)epoch_set_chains(s, &views);
    chain_clear(&s->chains[1]);
    assert_memory_equal(s->chains[1].key, zeros, 32);
    (void)epoch_set_free(s);
    epoch_graph_free(c);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(secrets_follow_the_page),
        UNIT(both_sides_of_a_pair_agree),
        UNIT(an_epoch_is_its_heads_and_their_common_members),
        UNIT(several_heads_give_one_root_one_way),
        UNIT(a_derived_seed_is_bound_to_its_change),
        UNIT(clearing_wipes),
    };
    return cmocka_run_group_tests_name("epoch_set", tests, NULL, NULL);
}
