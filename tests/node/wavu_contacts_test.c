/*
 * Contacts and safety numbers through the public interface, on whole nodes: both see the same
 * number, a name that we gave goes before a nick, and all of it is there after a restart.
 */
#include "node/wavu_contacts.h"

#include "crypto/secret.h"
#include "group/networks_core.h"
#include "tests/node/people.h"

static char keys[PEOPLE_MAX][WAVU_KEY_TEXT_MAX];

static void meet(uint64_t seed, size_t count)
{
    start(seed, count, false);
    make();
    for (size_t i = 1; i < count; i++) {
        join_at(0, i);
    }
    run(30);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(wavu_person(h.nodes[i], keys[i]), 0);
    }
}

static void both_see_one_number(void **state)
{
    (void)state;
    struct wavu_safety one;
    struct wavu_safety other;
    struct wavu_safety third;
    struct wavu_contact contact;
    const char *explain = NULL;
    meet(41, 3);
    assert_int_equal(wavu_safety_number(h.nodes[0], keys[1], &one), 0);
    assert_int_equal(wavu_safety_number(h.nodes[1], keys[0], &other), 0);
    assert_int_equal(wavu_safety_number(h.nodes[0], keys[2], &third), 0);
    assert_string_equal(one.digits, other.digits);
    assert_string_equal(one.qr, other.qr);
    assert_string_not_equal(one.digits, third.digits);
    assert_int_equal(wavu_safety_check(h.nodes[0], keys[1], other.qr, &explain), 0);
    assert_int_equal(wavu_safety_check(h.nodes[0], keys[1], third.qr, &explain), WAVU_ERR_CRYPTO);
    assert_true(strlen(explain) > 10);
    assert_int_equal(wavu_safety_check(h.nodes[0], keys[1], "habari", NULL), WAVU_ERR_PROTO);
    assert_int_equal(wavu_safety_number(h.nodes[0], keys[0], &one), WAVU_ERR_EXISTS);
    assert_int_equal(wavu_safety_number(h.nodes[0], "x", &one), WAVU_ERR_INVALID);
    assert_int_equal(wavu_contact(h.nodes[0], keys[1], &contact), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_contact_verify(h.nodes[0], keys[1], true), 0);
    run(1);
    down(0);
    up(0, false);
    assert_int_equal(wavu_contact(h.nodes[0], keys[1], &contact), 0);
    assert_string_equal(contact.mark, "verified");
    assert_int_equal(wavu_contact_verify(h.nodes[0], keys[1], false), 0);
    assert_int_equal(wavu_contact(h.nodes[0], keys[1], &contact), WAVU_ERR_NOT_FOUND);
    stop();
}

struct names {
    char text[256];
    size_t count;
};

static void on_name(void *context, const struct wavu_network_member *member)
{
    struct names *n = context;
    size_t used = strlen(n->text);
    (void)snprintf(n->text + used, sizeof n->text - used, "%s|", member->shown);
    n->count++;
}

static struct names shown(size_t i)
{
    struct names n = {.count = 0};
    assert_int_equal(wavu_network_members(h.nodes[i], NULL, on_name, &n), 0);
    return n;
}

static void own_names_go_first(void **state)
{
    (void)state;
    char wanted[256];
    char key[WAVU_KEY_TEXT_MAX];
    char id[WAVU_KEY_TEXT_MAX];
    struct names n = {.count = 0};
    meet(42, 3);
    assert_int_equal(wavu_contact_name(h.nodes[0], keys[1], "Mama"), 0);
    assert_int_equal(wavu_contact_name(h.nodes[0], keys[2], "mama"), WAVU_ERR_EXISTS);
    assert_string_equal(shown(0).text, "Amina|Mama|Chiku|");
    assert_string_equal(shown(2).text, "Amina|Baraka|Chiku|"); /* nobody else learns of it */
    /* Who takes that name is shown apart, and is not meant. */
    assert_int_equal(wavu_set_nick(h.nodes[2], "M\u0430ma"), 0);
    run(10);
    const struct counted chiku = count(0, "M\u0430ma");
    (void)snprintf(wanted, sizeof wanted, "Amina|Mama|M\u0430ma#%.4s|", chiku.id);
    assert_string_equal(shown(0).text, wanted);
    assert_int_equal(wavu_person_find(h.nodes[0], NULL, "mama", key), 0);
    assert_string_equal(key, keys[1]);
    assert_int_equal(wavu_member_find(h.nodes[0], NULL, "Mama", id), 0);
    assert_string_equal(id, count(0, "Baraka").id);
    wavu_person_candidates(h.nodes[0], NULL, chiku.id, on_name, &n);
    assert_int_equal(n.count, 1);
    /* Also where she is in no network of ours any more. */
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, id, false), 0);
    run(5);
    assert_int_equal(wavu_person_find(h.nodes[0], NULL, "Mama", key), 0);
    assert_string_equal(key, keys[1]);
    assert_int_equal(wavu_person_find(h.nodes[0], NULL, "nobody", key), WAVU_ERR_NOT_FOUND);
    stop();
}

/* Somebody in two networks is one person. */
static void a_person_is_one_everywhere(void **state)
{
    (void)state;
    struct wavu_invitation invitation;
    char key[WAVU_KEY_TEXT_MAX];
    char id[WAVU_KEY_TEXT_MAX];
    meet(43, 2);
    assert_int_equal(wavu_network_make(h.nodes[0], "second", NULL, id), 0);
    assert_int_equal(wavu_invite(h.nodes[0], "second", NULL, &invitation), 0);
    assert_int_equal(wavu_join(h.nodes[1], invitation.code, "10.0.0.1:9000"), 0);
    run(30);
    assert_int_equal(wavu_person_find(h.nodes[0], NULL, "Baraka", key), 0);
    assert_string_equal(key, keys[1]);
    assert_int_equal(wavu_contact_block(h.nodes[0], key, true), 0);
    struct wavu_networks *w = h.nodes[0]->networks;
    for (struct list *l = list_next(&w->ones, &w->ones); l != NULL; l = list_next(&w->ones, l)) {
        struct wavu_networks_one *o = LIST_OF(l, struct wavu_networks_one, link);
        uint32_t blocked = 0;
        const struct network *n = networks_network(o->one);
        for (uint32_t i = 0; i < n->state.member_count; i++) {
            blocked += wavu_contacts_is_blocked(o, n->log.ops[n->log.members[i].op]->id) ? 1 : 0;
        }
        assert_int_equal(blocked, 1);
    }
    stop();
}

struct changed {
    size_t count;
    size_t verified;
    char before[WAVU_KEY_TEXT_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    char name[WAVU_NAME_MAX];
};

static void on_changed(void *context, const struct wavu_contacts_event *event)
{
    struct changed *c = context;
    c->count++;
    c->verified += event->was_verified ? 1 : 0;
    memcpy(c->before, event->before, sizeof c->before);
    memcpy(c->key, event->key, sizeof c->key);
    (void)snprintf(c->name, sizeof c->name, "%s", event->name);
}

/* Hand Baraka's member over to the root made of `digit`s, in the log of node 0. */
static void succeed(const struct identity *from, uint8_t digit, struct identity *next)
{
    struct networks_one *one = networks_next(h.nodes[0]->networks->service, NULL);
    const struct members_op *op = NULL;
    struct members_author author;
    uint8_t seed[IDENTITY_SEED_SIZE];
    uint8_t member[32];
    memset(seed, digit, sizeof seed);
    identity_from_seed(next, seed);
    assert_int_equal(wavu_networks_id(member, count(0, "Baraka").id), 0);
    assert_int_equal(identity_author(&author, from, &one->network.state, member), 0);
    assert_int_equal(identity_succeed(&one->network.log, &author, next, &op), 0);
    secret_wipe(&author, sizeof author);
    networks_grew(one);
    run(10);
}

static void a_new_key_is_told_and_drops_the_mark(void **state)
{
    (void)state;
    struct identity second;
    struct identity third;
    struct wavu_contact contact;
    static struct changed changed;
    char key[WAVU_KEY_TEXT_MAX];
    meet(44, 2);
    changed = (struct changed){.count = 0};
    assert_int_equal(wavu_contacts_listen(h.nodes[0], on_changed, &changed), 0);
    assert_int_equal(wavu_contact_name(h.nodes[0], keys[1], "Kaka"), 0);
    assert_int_equal(wavu_contact_verify(h.nodes[0], keys[1], true), 0);
    const struct identity first = h.nodes[1]->networks->service->person;
    succeed(&first, 5, &second);
    wavu_networks_hex(key, second.root.public_key);
    assert_int_equal(changed.count, 1);
    assert_int_equal(changed.verified, 1);
    assert_string_equal(changed.before, keys[1]);
    assert_string_equal(changed.key, key);
    assert_string_equal(changed.name, "Kaka");
    assert_int_equal(wavu_contact(h.nodes[0], keys[1], &contact), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_contact(h.nodes[0], key, &contact), 0);
    assert_string_equal(contact.mark, "changed");
    assert_string_equal(shown(0).text, "Amina|Kaka|");
    down(0);
    up(0, false); /* told once */
    assert_int_equal(wavu_contacts_listen(h.nodes[0], on_changed, &changed), 0);
    run(30);
    assert_int_equal(changed.count, 1);
    assert_int_equal(wavu_contact_verify(h.nodes[0], key, true), 0); /* compared anew */
    succeed(&second, 6, &third);
    assert_int_equal(changed.count, 2);
    assert_int_equal(changed.verified, 2);
    identity_wipe(&third);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(both_see_one_number),
        UNIT(own_names_go_first),
        UNIT(a_person_is_one_everywhere),
        UNIT(a_new_key_is_told_and_drops_the_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
