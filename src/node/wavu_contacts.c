/*
 * Public: contacts and safety numbers.
 */
#include "node/wavu_contacts.h"

#include <string.h>

#include "base/mem.h"
#include "members/safety_number.h"
#include "node/wavu_node.h"

_Static_assert(WAVU_SAFETY_DIGITS_MAX == SAFETY_NUMBER_TEXT_MAX &&
                   WAVU_SAFETY_QR_MAX == SAFETY_NUMBER_QR_MAX &&
                   WAVU_SAFETY_PRINT_MAX == SAFETY_NUMBER_PRINT_MAX,
               "numbers fit");

/* ---- Inside ---- */

int wavu_contacts_new(struct wavu_node *node, struct wavu_contacts **out)
{
    struct wavu_contacts *c = mem_new(sizeof *c);
    int rc = contacts_init(&c->contacts, node->store.store, &node->port->random);

    if (rc < 0) {
        mem_free(c);
        return rc;
    }
    *out = c;
    return 0;
}

void wavu_contacts_free(struct wavu_contacts *c)
{
    if (c != NULL) {
        contacts_clear(&c->contacts);
        mem_free(c);
    }
}

const struct contacts_one *wavu_contacts_of(const struct wavu_networks *w, const uint8_t root[32])
{
    return contacts_get(&w->contacts->contacts, root);
}

/* What is known of that member's person, or NULL. */
static const struct contacts_one *of_member(const struct wavu_networks_one *o,
                                            const uint8_t member[32])
{
    const struct network *n = networks_network(o->one);
    uint32_t place = members_member_of(&n->log, member);

    if (place == MEMBERS_NONE || place >= n->state.member_count) {
        return NULL;
    }
    const uint8_t *root = members_state_root(&n->state, place);
    return wavu_contacts_of(o->owner, root != NULL ? root : n->log.members[place].root);
}

bool wavu_contacts_is_blocked(const struct wavu_networks_one *o, const uint8_t member[32])
{
    const struct contacts_one *one = of_member(o, member);

    return one != NULL && one->is_blocked;
}

bool wavu_contacts_is_verified(const struct wavu_networks_one *o, const uint8_t member[32])
{
    const struct contacts_one *one = of_member(o, member);

    return one != NULL && one->mark == CONTACTS_VERIFIED && !one->is_blocked;
}

static void tell(struct wavu_networks_one *o, const struct contacts_one *before,
                 const uint8_t root[32])
{
    struct wavu_contacts *c = o->owner->contacts;
    char network[WAVU_KEY_TEXT_MAX];
    char old[WAVU_KEY_TEXT_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    char name[WAVU_NAME_MAX];
    const struct wavu_contacts_event event = {.network = network,
                                              .before = old,
                                              .key = key,
                                              .name = name,
                                              .was_verified = before->mark == CONTACTS_VERIFIED};

    wavu_networks_hex(network, members_network(&networks_network(o->one)->log));
    wavu_networks_hex(old, before->key);
    wavu_networks_hex(key, root);
    memcpy(name, before->name, before->name_len);
    name[before->name_len] = '\0';
    if (c->up != NULL) {
        c->up(c->context, &event);
    }
}

void wavu_contacts_look(struct wavu_networks_one *o)
{
    const struct network *n = networks_network(o->one);

    o->owner->names++; /* who belongs is shown otherwise */
    for (uint32_t i = 0; i < n->state.member_count; i++) {
        const uint8_t *root = members_state_root(&n->state, i);
        const uint8_t *first = n->log.members[i].root;
        struct contacts_one before;

        if (root != NULL && memcmp(root, first, 32) != 0 &&
            contacts_succeed(&o->owner->contacts->contacts, first, root, &before) == 0) {
            o->owner->names++;
            tell(o, &before, root);
        }
    }
}

/* ---- Looking ---- */

static void describe(const struct contacts_one *one, struct wavu_contact *out)
{
    static const char *const marks[] = {[CONTACTS_UNVERIFIED] = "unverified",
                                        [CONTACTS_VERIFIED] = "verified",
                                        [CONTACTS_CHANGED] = "changed"};

    *out = (struct wavu_contact){
        .mark = marks[one->mark], .verified_unix_ms = one->unix_ms, .is_blocked = one->is_blocked};
    wavu_networks_hex(out->key, one->key);
    memcpy(out->name, one->name, one->name_len);
}

void wavu_contacts(const struct wavu_node *node,
                   void (*each)(void *context, const struct wavu_contact *contact), void *context)
{
    const struct contacts_one *one = NULL;
    size_t at = 0;

    while (node->networks != NULL &&
           (one = contacts_next(&node->networks->contacts->contacts, &at)) != NULL) {
        struct wavu_contact contact;

        describe(one, &contact);
        each(context, &contact);
    }
}

int wavu_contact(const struct wavu_node *node, const char *key, struct wavu_contact *out)
{
    uint8_t root[32];
    int rc = wavu_networks_id(root, key);

    if (rc < 0) {
        return rc;
    }
    const struct contacts_one *one =
        node->networks == NULL ? NULL : wavu_contacts_of(node->networks, root);
    if (one == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    describe(one, out);
    return 0;
}

int wavu_contacts_listen(struct wavu_node *node,
                         void (*up)(void *context, const struct wavu_contacts_event *event),
                         void *context)
{
    if (node->networks == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    node->networks->contacts->up = up;
    node->networks->contacts->context = context;
    return 0;
}

/* ---- Wishes ---- */

/* The root of that text, and the contacts that it is to be looked for in. */
static int begin(struct wavu_node *node, const char *key, uint8_t root[32], struct contacts **out)
{
    if (node->networks == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    *out = &node->networks->contacts->contacts;
    node->networks->names++;
    return wavu_networks_id(root, key);
}

/* Something was said of that person: by which root it began, so that a later one finds it. */
static int follow(struct wavu_node *node, const uint8_t root[32])
{
    struct wavu_networks *w = node->networks;

    for (struct list *l = list_next(&w->ones, &w->ones); l != NULL; l = list_next(&w->ones, l)) {
        const struct network *n = networks_network(LIST_OF(l, struct wavu_networks_one, link)->one);

        for (uint32_t i = 0; i < n->state.member_count; i++) {
            const uint8_t *now = members_state_root(&n->state, i);
            const uint8_t *first = n->log.members[i].root;

            if (now != NULL && memcmp(now, root, 32) == 0 && memcmp(first, root, 32) != 0) {
                return contacts_follow(&w->contacts->contacts, root, first);
            }
        }
    }
    return 0;
}

int wavu_contact_name(struct wavu_node *node, const char *key, const char *name)
{
    struct contacts *c = NULL;
    uint8_t root[32];
    int rc = begin(node, key, root, &c);

    rc = rc < 0 ? rc : contacts_set_name(c, root, span_from_text(name));
    return rc < 0 ? rc : follow(node, root);
}

int wavu_contact_block(struct wavu_node *node, const char *key, bool is_blocked)
{
    struct contacts *c = NULL;
    uint8_t root[32];
    int rc = begin(node, key, root, &c);

    rc = rc < 0 ? rc : contacts_block(c, root, is_blocked);
    return rc < 0 ? rc : follow(node, root);
}

int wavu_contact_verify(struct wavu_node *node, const char *key, bool is_verified)
{
    struct contacts *c = NULL;
    uint8_t root[32];
    int rc = begin(node, key, root, &c);

    if (rc == 0 && is_verified) {
        rc = contacts_verify(c, root, node->port->wall_ms(node->port));
    } else if (rc == 0) {
        rc = contacts_unverify(c, root);
    }
    return rc < 0 ? rc : follow(node, root);
}

/* ---- The safety number ---- */

static int both(const struct wavu_node *node, const char *key, uint8_t theirs[32])
{
    int rc = wavu_networks_id(theirs, key);

    if (rc == 0 && !node->has_person) {
        rc = WAVU_ERR_NOT_FOUND;
    }
    return rc == 0 && memcmp(theirs, node->person, 32) == 0 ? WAVU_ERR_EXISTS : rc;
}

int wavu_safety_number(struct wavu_node *node, const char *key, struct wavu_safety *out)
{
    uint8_t theirs[32];
    struct wr w;
    int rc = both(node, key, theirs);

    if (rc < 0) {
        return rc;
    }
    memset(out, 0, sizeof *out);
    wr_init(&w, span_mut_of(out->digits, sizeof out->digits - 1));
    safety_number_write(&w, node->person, theirs);
    rc = wr_finish(&w);
    wr_init(&w, span_mut_of(out->qr, sizeof out->qr - 1));
    safety_number_write_qr(&w, node->person, theirs);
    rc = rc < 0 ? rc : wr_finish(&w);
    wr_init(&w, span_mut_of(out->print, sizeof out->print - 1));
    safety_number_write_print(&w, theirs);
    return rc < 0 ? rc : wr_finish(&w);
}

int wavu_safety_check(struct wavu_node *node, const char *key, const char *scanned,
                      const char **explain)
{
    enum safety_number_verdict verdict = SAFETY_NUMBER_NONE;
    uint8_t theirs[32];
    int rc = both(node, key, theirs);

    if (rc < 0) {
        return rc;
    }
    rc = safety_number_check_qr(&verdict, span_from_text(scanned), node->person, theirs);
    if (explain != NULL) {
        *explain = safety_number_explain(verdict);
    }
    return rc == WAVU_ERR_INVALID ? WAVU_ERR_PROTO : rc;
}
