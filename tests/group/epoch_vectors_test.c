/*
 * The code against another program: tests/support/vectors_epoch.py makes a short life of a group
 * from the pages alone. What device a says must be its bytes, what b and d take must lead to its
 * ids, secrets and chains; so each label and each order of a context is held from both sides.
 */
#include "tests/base/unit.h"

#include "base/check.h"
#include "group/epoch_leaf.h"
#include "group/epoch_make.h"
#include "group/epoch_seal.h"
#include "tests/support/vectors.h"

#define NOW UINT64_C(1000000000000)
#define ASK_DRAWN 96 /* bytes for the key of an ask */

/* A device that draws what the vectors say. */
struct player {
    struct ed25519_pair device;
    struct span drawn;
    size_t at;
    struct random random;
    struct epoch e;
};

static struct vectors *v;
static struct aead *aead;
static struct player a;
static struct player b;
static struct player d;

static void draw(void *context, uint8_t *out, size_t len)
{
    struct player *p = context;

    CHECK(p->at + len <= p->drawn.len);
    memcpy(out, p->drawn.ptr + p->at, len);
    p->at += len;
}

static const uint8_t *bytes(const char *name)
{
    return vectors_span(v, name).ptr;
}

static void hold(const uint8_t *is, const char *name)
{
    assert_memory_equal(is, bytes(name), vectors_span(v, name).len);
}

static void start(struct player *p, const char *seed, const char *random)
{
    struct epoch_config config = {.signer = &signer_ed25519,
                                  .random = &p->random,
                                  .aead = aead,
                                  .device = &p->device,
                                  .kind = AEAD_CHACHA20_POLY1305};

    memset(p, 0, sizeof *p);
    ed25519_from_seed(&p->device, bytes(seed));
    p->drawn = vectors_span(v, random);
    p->random = (struct random){.fill = draw, .context = p};
    memcpy(config.group, bytes("group"), 32);
    epoch_init(&p->e, &config, NOW);
    assert_int_equal(epoch_seal_room(&p->e, bytes("room")), 0);
}

/* The view at `log`: a, b, c and, when `count` is 4, d. */
static void give_view(struct player *p, const char *log, size_t count)
{
    static const char *const names[4][3] = {{"seed_a", "leaf_a", "mlkem_a"},
                                            {"seed_b", "leaf_b", "mlkem_b"},
                                            {"seed_c", "leaf_c", "mlkem_c"},
                                            {"seed_d", "leaf_d", "mlkem_d"}};
    struct epoch_member members[4];
    struct epoch_view view = {.log_heads = {bytes(log), 1}, .members = members, .count = count};

    for (size_t i = 0; i < count; i++) {
        struct ed25519_pair pair;
        struct epoch_member one = {.leaf = bytes(names[i][1]), .mlkem = bytes(names[i][2])};
        size_t at = i;
        ed25519_from_seed(&pair, bytes(names[i][0]));
        memcpy(one.device, pair.public_key, 32);
        for (; at > 0 && memcmp(members[at - 1].device, one.device, 32) > 0; at--) {
            members[at] = members[at - 1];
        }
        members[at] = one;
    }
    assert_int_equal(epoch_members(&p->e, NOW, &view), 0);
}

static const uint8_t *key_of(const char *seed)
{
    static struct ed25519_pair pair;

    ed25519_from_seed(&pair, bytes(seed));
    return pair.public_key;
}

static void feed(struct player *p, const char *from, const char *name)
{
    assert_int_equal(epoch_feed(&p->e, NOW, key_of(from), vectors_span(v, name)), 0);
}

/* Take the events of `p`; the messages among them are these, in any order. */
static void says(struct player *p, const char *const *names, size_t count)
{
    struct epoch_event event;
    unsigned seen = 0;

    while (epoch_next_event(&p->e, &event)) {
        if (event.kind == EPOCH_SAVE) {
            epoch_saved(&p->e, NOW, event.ticket);
        } else if (event.kind == EPOCH_SAY || event.kind == EPOCH_TELL) {
            size_t i = 0;
            while (i < count && !span_is_equal(event.bytes, vectors_span(v, names[i]))) {
                i++;
            }
            assert_in_range(i, 0, count - 1);
            seen |= 1u << i;
        }
    }
    assert_int_equal(seen, (1u << count) - 1);
}

static struct epoch_change *change_of(const struct player *p, const char *message)
{
    struct epoch_msg m;
    uint8_t id[32];

    assert_int_equal(epoch_msg_read(&m, vectors_span(v, message)), 0);
    signer_id(id, epoch_make_label, m.body);
    struct epoch_change *c = epoch_graph_find(&p->e.graph, id);
    assert_non_null(c);
    return c;
}

static void opens(struct player *p, const char *name, const char *author)
{
    uint8_t room[512];
    struct entry entry;
    struct epoch_seal where;
    struct entry_proof_named by = {.id = {0}};
    const struct epoch_seal_came came = {.bytes = vectors_span(v, name), .by = &by};
    char id[64];

    (void)snprintf(id, sizeof id, "%s_id", name);
    memcpy(by.id, bytes(id), sizeof by.id);
    memcpy(by.device, key_of(author), sizeof by.device);
    assert_int_equal(
        epoch_seal_open(&p->e, NOW, &came, span_mut_of(room, sizeof room), &entry, &where), 0);
    assert_memory_equal(entry.device, key_of(author), 32);
    assert_true(span_is_equal(entry.content, vectors_span(v, "content")));
}

static void seals(struct player *p, const char *name)
{
    uint8_t room[512];
    struct entry entry = {.sequence = 1, .content = vectors_span(v, "content")};
    struct wr w;

    memcpy(entry.room, bytes("room"), 32);
    wr_init(&w, span_mut_of(room, sizeof room));
    assert_int_equal(epoch_seal_write(&p->e, &entry, &w), WAVU_ERR_AGAIN); /* a block */
    says(p, NULL, 0);
    assert_int_equal(epoch_seal_write(&p->e, &entry, &w), 0);
    assert_true(span_is_equal(wr_span(&w), vectors_span(v, name)));
}

/* a makes its changes, an entry between them, and welcomes d. */
static void what_is_said_is_what_the_page_says(void **state)
{
    (void)state;
    struct epoch_make_asked ask = {d.device.public_key, vectors_span(v, "ask")};
    give_view(&a, "log", 3);
    assert_int_equal(epoch_make_change(&a.e, NOW, true), 0);
    says(&a, (const char *const[]){"change_full", "wrap_full_b", "wrap_full_c"}, 3);
    seals(&a, "entry_one");
    assert_int_equal(epoch_make_change(&a.e, NOW, false), 0);
    says(&a, (const char *const[]){"change_light", "wrap_light_b", "wrap_light_c"}, 3);
    feed(&a, "seed_c", "change_other");
    feed(&a, "seed_c", "wrap_other_a");
    give_view(&a, "log_later", 4);
    assert_int_equal(epoch_make_welcome(&a.e, NOW, &ask, 1), 0);
    says(&a, (const char *const[]){"change_derived", "welcome"}, 2);
    ask = (struct epoch_make_asked){b.device.public_key, vectors_span(v, "ask_b")};
    assert_int_equal(epoch_make_welcome(&a.e, NOW, &ask, 1), 0);
    says(&a, (const char *const[]){"given_b"}, 1);
    assert_int_equal(a.at, a.drawn.len);
}

/* b takes all that, and comes to the same ids and secrets. */
static void what_is_taken_leads_where_the_page_says(void **state)
{
    (void)state;
    give_view(&b, "log", 3);
    feed(&b, "seed_a", "change_full");
    feed(&b, "seed_a", "wrap_full_b");
    struct epoch_change *c = change_of(&b, "change_full");
    hold(c->id, "id_full");
    hold(c->merge, "merge_full");
    int slot = epoch_view_slot(&b.e.views, a.device.public_key);
    int index = epoch_view_index(c->members, slot);
    hold(c->pairs[index].in, "pair_full_ab");
    hold(c->pairs[index].out, "pair_full_ba");
    struct epoch_set *s = epoch_find_set(&b.e, bytes("epoch_one"));
    assert_non_null(s);
    hold(epoch_set_chains(s, &b.e.views)[index].key, "chain_one_a");
    opens(&b, "entry_one", "seed_a");
    feed(&b, "seed_a", "change_light");
    feed(&b, "seed_a", "wrap_light_b");
    hold(change_of(&b, "change_light")->merge, "merge_light");
    feed(&b, "seed_c", "change_other");
    feed(&b, "seed_c", "wrap_other_b");
    hold(change_of(&b, "change_other")->merge, "merge_other");
    feed(&b, "seed_c", "name");
    assert_non_null(epoch_find_set(&b.e, bytes("epoch_both")));
    opens(&b, "entry_both", "seed_c");
    give_view(&b, "log_later", 4);
    feed(&b, "seed_a", "change_derived");
    hold(change_of(&b, "change_derived")->merge, "merge_derived");
    assert_non_null(epoch_find_set(&b.e, bytes("epoch_derived")));
}

/* b names the epoch of two heads as c does. */
static void a_name_is_what_the_page_says(void **state)
{
    (void)state;
    uint8_t room[512];
    struct entry entry = {.sequence = 1, .content = vectors_span(v, "content")};
    struct wr w;
    give_view(&b, "log", 3);
    for (size_t i = 0; i < 6; i++) {
        static const char *const names[6][2] = {
            {"seed_a", "change_full"},  {"seed_a", "wrap_full_b"},  {"seed_a", "change_light"},
            {"seed_a", "wrap_light_b"}, {"seed_c", "change_other"}, {"seed_c", "wrap_other_b"}};
        feed(&b, names[i][0], names[i][1]);
    }
    says(&b, NULL, 0);
    memcpy(entry.room, bytes("room"), 32);
    wr_init(&w, span_mut_of(room, sizeof room));
    assert_int_equal(epoch_seal_write(&b.e, &entry, &w), WAVU_ERR_AGAIN);
    says(&b, NULL, 0);
    assert_int_equal(epoch_seal_write(&b.e, &entry, &w), 0);
    says(&b, (const char *const[]){"name"}, 1);
    assert_int_equal(b.at, b.drawn.len - ASK_DRAWN);
}

/* b has missed two wraps, and is given the secret of what stands above both. */
static void who_lacks_a_secret_is_given_it_as_the_page_says(void **state)
{
    (void)state;
    uint8_t ask[2048];
    struct wr w;
    give_view(&b, "log", 3);
    feed(&b, "seed_a", "change_full");
    feed(&b, "seed_a", "wrap_full_b");
    feed(&b, "seed_a", "change_light");
    feed(&b, "seed_c", "change_other");
    give_view(&b, "log_later", 4);
    feed(&b, "seed_a", "change_derived");
    assert_int_equal(epoch_bar(&b.e), EPOCH_BLIND);
    wr_init(&w, span_mut_of(ask, sizeof ask));
    assert_int_equal(epoch_make_ask(&b.e, &w), WAVU_ERR_AGAIN);
    says(&b, NULL, 0);
    assert_int_equal(epoch_make_ask(&b.e, &w), 0);
    assert_true(span_is_equal(wr_span(&w), vectors_span(v, "ask_b")));
    assert_int_equal(b.at, b.drawn.len);
    feed(&b, "seed_a", "given_b");
    hold(change_of(&b, "change_derived")->merge, "merge_derived");
    assert_int_equal(epoch_bar(&b.e), EPOCH_READY);
}

static void a_newcomer_asks_and_is_welcomed_as_the_page_says(void **state)
{
    (void)state;
    uint8_t ask[2048];
    struct wr w;
    give_view(&d, "log_later", 4);
    wr_init(&w, span_mut_of(ask, sizeof ask));
    assert_int_equal(epoch_make_ask(&d.e, &w), WAVU_ERR_AGAIN);
    says(&d, NULL, 0);
    assert_int_equal(epoch_make_ask(&d.e, &w), 0);
    assert_true(span_is_equal(wr_span(&w), vectors_span(v, "ask")));
    assert_int_equal(d.at, d.drawn.len);
    feed(&d, "seed_a", "welcome");
    hold(change_of(&d, "change_derived")->merge, "merge_derived");
    assert_non_null(epoch_find_set(&d.e, bytes("epoch_derived")));
    assert_int_equal(epoch_bar(&d.e), EPOCH_READY);
    assert_true(epoch_graph_knows(&d.e.graph, bytes("id_full")));
}

/* d is in a view that has no leaf of it: it states one, and a takes it. */
static void a_first_leaf_is_said_as_the_page_says(void **state)
{
    (void)state;
    struct epoch_member alone = {.leaf = NULL};
    struct epoch_view view = {.log_heads = {bytes("log_later"), 1}, .members = &alone, .count = 1};
    struct span full;
    struct span light;
    memcpy(alone.device, key_of("seed_d"), 32);
    assert_int_equal(epoch_members(&d.e, NOW, &view), 0);
    epoch_leaf_say(&d.e);
    says(&d, NULL, 0);
    epoch_leaf_own(&d.e, &full, &light);
    assert_true(span_is_equal(full, vectors_span(v, "leaf_said_d")));
    assert_int_equal(epoch_members(&a.e, NOW, &view), 0);
    assert_int_equal(epoch_leaf_learn(&a.e, vectors_span(v, "leaf_said_d")), 0);
    const struct epoch_device *known =
        &a.e.views.devices[epoch_view_slot(&a.e.views, key_of("seed_d"))];
    assert_memory_equal(known->leaf, bytes("leaf_d"), 32);
    assert_memory_equal(known->mlkem, bytes("mlkem_d"), MLKEM_PUBLIC_SIZE);
}

static int begin(void **state)
{
    (void)state;
    v = vectors_open(WAVU_TEST_DATA "/../vectors/epoch.txt");
    aead = aead_new();
    assert_true(vectors_next(v));
    start(&a, "seed_a", "random_a");
    start(&b, "seed_b", "random_b");
    start(&d, "seed_d", "random_d");
    return 0;
}

static int end(void **state)
{
    (void)state;
    epoch_clear(&a.e);
    epoch_clear(&b.e);
    epoch_clear(&d.e);
    aead_free(aead);
    vectors_close(v);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_said_is_what_the_page_says, begin, end),
        cmocka_unit_test_setup_teardown(what_is_taken_leads_where_the_page_says, begin, end),
        cmocka_unit_test_setup_teardown(a_name_is_what_the_page_says, begin, end),
        cmocka_unit_test_setup_teardown(a_newcomer_asks_and_is_welcomed_as_the_page_says, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_first_leaf_is_said_as_the_page_says, begin, end),
        cmocka_unit_test_setup_teardown(who_lacks_a_secret_is_given_it_as_the_page_says, begin,
                                        end),
    };
    return cmocka_run_group_tests_name("epoch_vectors", tests, NULL, NULL);
}
