/*
 * Public: who the members of a network are for people, and whom a text means that somebody typed.
 */
#include "node/wavu_people.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name.h"
#include "base/name_looks.h"
#include "node/wavu_contacts.h"
#include "node/wavu_nicks.h"
#include "node/wavu_node.h"

static const char *standing_of(enum members_state_status status)
{
    switch (status) {
    case MEMBERS_STATE_INVITED:
        return "invited";
    case MEMBERS_STATE_BELONGS:
        return "member";
    case MEMBERS_STATE_LOST:
        return "lost its key";
    case MEMBERS_STATE_REVOKED:
        return "put out";
    case MEMBERS_STATE_LEFT:
        return "left";
    case MEMBERS_STATE_VOID:
        return "void";
    }
    return "void";
}

static bool is_gone(const struct wavu_network_member *member)
{
    return strcmp(member->standing, "put out") == 0 || strcmp(member->standing, "left") == 0;
}

/* What is known of members beyond the log: of their devices, by the shared state. */
static void describe_devices(const struct wavu_networks_one *o, const struct network *n,
                             struct wavu_network_member *out)
{
    const struct mesh *mesh = o->overlay == NULL ? NULL : overlay_mesh(o->overlay);
    struct members_state_view view;
    uint32_t at = members_member_of(&n->log, networks_self(o->one));

    if (mesh == NULL && at < n->state.member_count) {
        out[at].is_self = true; /* without a device that counts */
    }
    at = 0;
    while (members_state_next_device(&n->state, &at, &view)) {
        struct wavu_network_member *member = &out[view.member];
        struct overlay_id id;

        memcpy(id.bytes, view.device, sizeof id.bytes);
        member->devices++;
        member->is_self =
            member->is_self || (mesh != NULL && overlay_id_is_equal(&id, &mesh->config.self));
        member->is_online = mesh != NULL && (member->is_online || member->is_self ||
                                             views_is_active(&mesh->views, &id));
        if (member->nick[0] == '\0') {
            (void)wavu_nicks_said(o, view.device, member->nick);
        }
    }
    for (at = 0; members_state_next_device(&n->state, &at, &view);) {
        struct wavu_network_member *member = &out[view.member];

        if (member->nick[0] == '\0') {
            wavu_nicks_of(o, view.device, member->nick);
        }
    }
    for (uint32_t i = 0; i < n->state.seat_count; i++) {
        struct wavu_network_member *member = &out[n->log.seats[i]->member];

        if (is_gone(member) && member->nick[0] == '\0') { /* the last that was known */
            wavu_nicks_of(o, members_seat_key(&n->log, i), member->nick);
        }
    }
}

static void describe_member(const struct network *n, uint32_t place,
                            struct wavu_network_member *out)
{
    const struct members_member *m = &n->log.members[place];
    const uint8_t *root = members_state_root(&n->state, place);

    *out = (struct wavu_network_member){.standing = standing_of(n->state.members[place].status)};
    wavu_networks_hex(out->network, members_network(&n->log));
    wavu_networks_name(n, out->network_name);
    wavu_networks_hex(out->id, n->log.ops[m->op]->id);
    wavu_networks_hex(out->inviter, n->log.ops[n->log.members[m->inviter].op]->id);
    wavu_networks_hex(out->key, root != NULL ? root : m->root);
}

/* ---- Names that look alike ---- */

/* A name, and what it looks like. */
struct looking {
    struct wavu_network_member *member;
    char look[NAME_LOOKS_SIZE_MAX + 1];
    bool is_sure;
    bool is_own;   /* that we gave: nobody takes it away */
    bool is_taken; /* a nick that looks like a name that we gave somebody else */
};

/* False: `name` is no good name. */
static bool look_of(char look[NAME_LOOKS_SIZE_MAX + 1], const char *name, bool *is_sure)
{
    struct span text = span_from_text(name);
    struct wr w;

    if (name_check(text) != NAME_GOOD) {
        return false;
    }
    wr_init(&w, span_mut_of(look, NAME_LOOKS_SIZE_MAX));
    *is_sure = name_looks_write(&w, text);
    look[wr_finish(&w) == 0 ? w.len : 0] = '\0';
    return true;
}

static int by_look(const void *a, const void *b)
{
    const struct looking *x = a;
    const struct looking *y = b;
    int order = strcmp(x->look, y->look);

    return order != 0 ? order : strcmp(x->member->id, y->member->id);
}

/* Those of one look, by ascending id: each is shown with so many digits of its id that these tell
 * one from another, the same on every node that knows the same members. */
static void tag(struct looking *group, size_t count)
{
    size_t digits = WAVU_PEOPLE_TAG_MIN;

    for (size_t i = 1; i < count; i++) {
        while (digits < WAVU_PEOPLE_TAG_MAX &&
               strncmp(group[i - 1].member->id, group[i].member->id, digits) == 0) {
            digits++;
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct wavu_network_member *member = group[i].member;

        if (group[i].is_own) {
            continue;
        }
        member->is_ambiguous = count > 1 || group[i].is_taken;
        if (member->is_ambiguous || !group[i].is_sure) {
            struct wr w;

            wr_init(&w, span_mut_of(member->shown, sizeof member->shown - 1));
            wr_bytes(&w, span_from_text(member->nick));
            wr_bytes(&w, span_from_text("#"));
            wr_bytes(&w, span_of(member->id, digits));
            member->shown[w.len] = '\0';
        }
    }
}

/* What we say of that person. */
static void describe_contact(struct looking *l, const struct wavu_networks *w)
{
    struct wavu_network_member *member = l->member;
    struct wavu_contact contact;

    l->is_own = false;
    member->mark = "unverified";
    if (wavu_contact(w->node, member->key, &contact) == 0) {
        memcpy(member->own_name, contact.name, sizeof member->own_name);
        member->mark = contact.mark;
        member->is_blocked = contact.is_blocked;
        l->is_own = contact.name[0] != '\0';
    }
}

/* Who is gone is shown by its last name, marked: it takes nobody's, and nobody takes it. */
static void show_gone(struct wavu_network_member *member)
{
    struct wr w;

    wr_init(&w, span_mut_of(member->shown, sizeof member->shown - 1));
    wr_text(&w, member->own_name[0] != '\0' ? member->own_name : member->nick);
    wr_text(&w, " (");
    wr_text(&w, member->standing);
    wr_text(&w, ")");
    member->shown[wr_finish(&w) == 0 ? w.len : 0] = '\0';
}

/* How each is shown: by the name that we gave it, or by its nick, with a tag where another's looks
 * like it; or by its id. */
static void show(const struct wavu_networks *w, struct wavu_network_member *members, size_t count)
{
    const struct contacts *contacts = &w->contacts->contacts;
    struct looking *named = mem_new_raw((count + 1) * sizeof *named);
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        struct wavu_network_member *member = &members[i];
        struct looking *l = &named[used];

        l->member = member;
        describe_contact(l, w);
        const char *name = l->is_own ? member->own_name : member->nick;
        if (is_gone(member) && name[0] != '\0') {
            show_gone(member);
        } else if (look_of(l->look, name, &l->is_sure)) {
            l->is_taken = !l->is_own && contacts_by_look(contacts, span_from_text(l->look)) != NULL;
            memcpy(member->shown, name, strlen(name) + 1);
            used++;
        } else {
            memcpy(member->shown, member->id, WAVU_PEOPLE_PART_MIN);
            member->shown[WAVU_PEOPLE_PART_MIN] = '\0';
        }
    }
    qsort(named, used, sizeof *named, by_look);
    for (size_t i = 0; i < used;) {
        size_t end = i + 1;

        while (end < used && strcmp(named[i].look, named[end].look) == 0) {
            end++;
        }
        tag(named + i, end - i);
        i = end;
    }
    mem_free(named);
}

/* ---- All of them ---- */

void wavu_people_init(struct wavu_people *p, const struct wavu_networks_one *o)
{
    const struct network *n = networks_network(o->one);
    size_t count = n->state.member_count;

    p->members = mem_new_raw((count + 1) * sizeof *p->members);
    p->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        describe_member(n, i, &p->members[i]);
    }
    describe_devices(o, n, p->members);
    for (size_t i = 0; i < count; i++) {
        if (n->state.members[i].status != MEMBERS_STATE_VOID) {
            p->members[p->count++] = p->members[i];
        }
    }
    show(o->owner, p->members, p->count);
}

void wavu_people_clear(struct wavu_people *p)
{
    mem_free(p->members);
    *p = (struct wavu_people){.members = NULL};
}

/* ---- Names alone ---- */

struct wavu_people_shown {
    char (*names)[WAVU_SHOWN_MAX]; /* owned; by place in the log, "" for who is none */
    size_t count;
    uint64_t at; /* wavu_networks.names when they were made; 0: never */
};

struct wavu_people_shown *wavu_people_shown_new(void)
{
    return mem_new(sizeof(struct wavu_people_shown));
}

static void drop_names(struct wavu_people_shown *s)
{
    mem_free(s->names);
    *s = (struct wavu_people_shown){.names = NULL};
}

void wavu_people_shown_free(struct wavu_people_shown *s)
{
    if (s != NULL) {
        drop_names(s);
        mem_free(s);
    }
}

static void make_names(struct wavu_people_shown *s, const struct wavu_networks_one *o)
{
    const struct network *n = networks_network(o->one);
    struct wavu_people p;
    size_t at = 0;

    drop_names(s);
    wavu_people_init(&p, o);
    s->count = n->state.member_count;
    s->names = mem_new((s->count + 1) * sizeof s->names[0]);
    for (size_t i = 0; i < s->count; i++) {
        if (n->state.members[i].status != MEMBERS_STATE_VOID) {
            memcpy(s->names[i], p.members[at++].shown, sizeof s->names[i]);
        }
    }
    s->at = o->owner->names;
    wavu_people_clear(&p);
}

const char *wavu_people_shown(const struct wavu_networks_one *o, const uint8_t member[32])
{
    const struct network *n = networks_network(o->one);
    const uint32_t place = members_member_of(&n->log, member);

    if (o->shown->at != o->owner->names || o->shown->count != n->state.member_count) {
        make_names(o->shown, o);
    }
    return place < o->shown->count ? o->shown->names[place] : "";
}

/* The members of the network that `network` means: as wavu_networks_find_any. */
static int people_of(struct wavu_people *p, const struct wavu_node *node, const char *network)
{
    struct wavu_networks_one *o = NULL;
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find_any(node->networks, network, &o);

    if (rc == 0) {
        wavu_people_init(p, o);
    }
    return rc;
}

int wavu_network_members(const struct wavu_node *node, const char *network,
                         void (*each)(void *context, const struct wavu_network_member *member),
                         void *context)
{
    struct wavu_people p;
    int rc = people_of(&p, node, network);

    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < p.count; i++) {
        each(context, &p.members[i]);
    }
    wavu_people_clear(&p);
    return 0;
}

/* ---- One of them ---- */

/* What somebody typed for a member. */
struct typed {
    const char *text;
    size_t len;
    char digits[WAVU_KEY_TEXT_MAX];     /* in lower case; "" unless it may be (a piece of) an id */
    char look[NAME_LOOKS_SIZE_MAX + 1]; /* "" when it is no name */
    const char *own;                    /* key of the member that we call so; NULL: none */
};

static void read_typed(struct typed *t, const char *text)
{
    bool is_sure = false;

    *t = (struct typed){.text = text, .len = strlen(text)};
    if (!look_of(t->look, text, &is_sure)) {
        t->look[0] = '\0';
    }
    if (t->len < WAVU_PEOPLE_PART_MIN || t->len >= sizeof t->digits) {
        return;
    }
    for (size_t i = 0; i < t->len; i++) {
        char c = text[i];

        c = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            t->digits[0] = '\0';
            return;
        }
        t->digits[i] = c;
    }
}

static bool looks_so(const struct typed *t, const char *name)
{
    char look[NAME_LOOKS_SIZE_MAX + 1];
    bool is_sure = false;

    return t->look[0] != '\0' && name[0] != '\0' && look_of(look, name, &is_sure) &&
           strcmp(look, t->look) == 0;
}

static bool is_meant(const struct typed *t, const struct wavu_network_member *member)
{
    if (t->digits[0] != '\0' && (strncmp(member->id, t->digits, t->len) == 0 ||
                                 strncmp(member->key, t->digits, t->len) == 0)) {
        return true;
    }
    if (t->look[0] == '\0') {
        return false;
    }
    if (t->own != NULL) {
        return strcmp(member->key, t->own) == 0;
    }
    return strcmp(member->shown, t->text) == 0 || looks_so(t, member->nick);
}

/* Do we call a member so, also one that is gone? That goes before what others call themselves. */
static void read_own(struct typed *t, const struct wavu_people *p)
{
    for (size_t i = 0; i < p->count && t->own == NULL; i++) {
        const struct wavu_network_member *member = &p->members[i];

        if (looks_so(t, member->own_name)) {
            t->own = member->key;
        }
    }
}

/* Of these networks: who was put out or left, or all others. Returns how many were told. */
static size_t tell_meant(struct wavu_networks_one *const *networks, size_t count, const char *text,
                         bool of_gone,
                         void (*each)(void *context, const struct wavu_network_member *member),
                         void *context)
{
    struct wavu_people people[NETWORKS_MAX];
    struct typed typed;
    size_t told = 0;

    read_typed(&typed, text);
    for (size_t i = 0; i < count; i++) {
        wavu_people_init(&people[i], networks[i]);
        read_own(&typed, &people[i]);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < people[i].count; k++) {
            const struct wavu_network_member *member = &people[i].members[k];

            if (is_gone(member) == of_gone && is_meant(&typed, member)) {
                each(context, member);
                told++;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        wavu_people_clear(&people[i]);
    }
    return told;
}

/* Who is gone is meant where nobody else is: what was said with that one stays to be read. */
static bool tell_any(struct wavu_networks_one *const *networks, size_t count, const char *text,
                     void (*each)(void *context, const struct wavu_network_member *member),
                     void *context)
{
    return tell_meant(networks, count, text, false, each, context) > 0 ||
           tell_meant(networks, count, text, true, each, context) > 0;
}

int wavu_member_candidates(const struct wavu_node *node, const char *network, const char *text,
                           void (*each)(void *context, const struct wavu_network_member *member),
                           void *context)
{
    struct wavu_networks_one *networks[NETWORKS_MAX];
    struct wavu_networks *w = node->networks;
    size_t count = 1;

    if (w == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    int rc = network != NULL ? wavu_networks_find_any(w, network, &networks[0])
                             : wavu_networks_all(w, true, networks, &count);

    if (rc == 0 && tell_any(networks, count, text, each, context)) {
        return 0;
    }
    if (network != NULL || (rc < 0 && rc != WAVU_ERR_NOT_FOUND)) {
        return rc;
    }
    int past = wavu_networks_all(w, false, networks, &count);

    if (past == 0) {
        (void)tell_any(networks, count, text, each, context);
    }
    return past == WAVU_ERR_NOT_FOUND ? rc : past;
}

struct finding {
    char *id;
    size_t count;
};

static void on_candidate(void *context, const struct wavu_network_member *member)
{
    struct finding *f = context;

    if (f->count++ == 0) {
        memcpy(f->id, member->id, WAVU_KEY_TEXT_MAX);
    }
}

int wavu_member_find(const struct wavu_node *node, const char *network, const char *text,
                     char id[WAVU_KEY_TEXT_MAX])
{
    char found[WAVU_KEY_TEXT_MAX] = "";
    struct finding finding = {.id = found};
    int rc = wavu_member_candidates(node, network, text, on_candidate, &finding);

    if (rc < 0) {
        return rc;
    }
    if (finding.count != 1) {
        return finding.count == 0 ? WAVU_ERR_NOT_FOUND : WAVU_ERR_INVALID;
    }
    memcpy(id, found, sizeof found);
    return 0;
}

/* ---- A person, in whichever network ---- */

struct persons {
    void (*each)(void *context, const struct wavu_network_member *member);
    void *context;
    const char *who;
    const struct wavu_node *node;
    bool of_gone;
    struct buf keys; /* texts of those that were told, one behind the other */
};

static void on_person(void *context, const struct wavu_network_member *member)
{
    struct persons *p = context;
    const size_t size = WAVU_KEY_TEXT_MAX - 1;

    for (size_t at = 0; at + size <= p->keys.len; at += size) {
        if (memcmp(p->keys.ptr + at, member->key, size) == 0) {
            return;
        }
    }
    if (buf_append(&p->keys, span_of(member->key, size)) == 0) {
        p->each(p->context, member);
    }
}

static void tell_persons(struct persons *p, const char *network)
{
    struct wavu_networks_one *o = NULL;

    if (wavu_networks_find_any(p->node->networks, network, &o) == 0) {
        (void)tell_meant(&o, 1, p->who, p->of_gone, on_person, p);
    }
}

static void on_network(void *context, const struct wavu_network *network)
{
    if (network->is_member) {
        tell_persons(context, network->id);
    }
}

/* Whom we call so ourselves, or whose whole key it is, also where it belongs to no network. */
static bool tell_contact(struct persons *p, const char *network)
{
    struct wavu_network_member member = {.standing = "", .mark = "unverified"};
    struct wavu_contact contact;
    struct typed typed;

    read_typed(&typed, p->who);
    const struct contacts_one *one =
        typed.look[0] == '\0'
            ? NULL
            : contacts_by_look(&p->node->networks->contacts->contacts, span_from_text(typed.look));
    if (one != NULL && network == NULL) {
        wavu_networks_hex(member.key, one->key);
    } else if (wavu_contact(p->node, typed.digits, &contact) == 0) {
        memcpy(member.key, contact.key, sizeof member.key);
    } else {
        return false;
    }
    if (wavu_contact(p->node, member.key, &contact) == 0) {
        memcpy(member.own_name, contact.name, sizeof member.own_name);
        member.mark = contact.mark;
        member.is_blocked = contact.is_blocked;
    }
    memcpy(member.shown, member.own_name, sizeof member.own_name);
    if (member.shown[0] == '\0') {
        memcpy(member.shown, member.key, WAVU_PEOPLE_PART_MIN);
    }
    p->each(p->context, &member);
    return true;
}

void wavu_person_candidates(const struct wavu_node *node, const char *network, const char *who,
                            void (*each)(void *context, const struct wavu_network_member *member),
                            void *context)
{
    struct persons p = {.each = each, .context = context, .who = who, .node = node};

    if (node->networks == NULL) {
        return;
    }
    buf_init(&p.keys, (size_t)WAVU_KEY_TEXT_MAX * CONTACTS_MAX);
    if (!tell_contact(&p, network)) { /* that one, whatever others call themselves */
        for (size_t i = 0; i < 2 && p.keys.len == 0; i++) {
            p.of_gone = i > 0;
            if (network != NULL) {
                tell_persons(&p, network);
            } else {
                wavu_networks(node, on_network, &p);
            }
        }
    }
    buf_clear(&p.keys);
}

static void on_key(void *context, const struct wavu_network_member *member)
{
    struct finding *f = context;

    if (f->count++ == 0) {
        memcpy(f->id, member->key, WAVU_KEY_TEXT_MAX);
    }
}

int wavu_person_find(const struct wavu_node *node, const char *network, const char *who,
                     char key[WAVU_KEY_TEXT_MAX])
{
    char found[WAVU_KEY_TEXT_MAX] = "";
    struct finding finding = {.id = found};

    wavu_person_candidates(node, network, who, on_key, &finding);
    if (finding.count != 1) {
        return finding.count == 0 ? WAVU_ERR_NOT_FOUND : WAVU_ERR_INVALID;
    }
    memcpy(key, found, sizeof found);
    return 0;
}
