/*
 * Public: who the members of a network are for people, and whom a text means that somebody typed.
 */
#include "node/wavu_people.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name.h"
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
    case MEMBERS_STATE_VOID:
        return "void";
    }
    return "void";
}

/* What is known of members beyond the log: of their devices, by the shared state. */
static void describe_devices(const struct wavu_networks_one *o, const struct network *n,
                             struct wavu_network_member *out)
{
    const struct mesh *mesh = overlay_mesh(o->overlay);
    struct members_state_view view;
    uint32_t at = 0;

    while (members_state_next_device(&n->state, &at, &view)) {
        struct wavu_network_member *member = &out[view.member];
        struct overlay_id id;
        struct span nick = span_empty();

        memcpy(id.bytes, view.device, sizeof id.bytes);
        member->devices++;
        member->is_self = member->is_self || overlay_id_is_equal(&id, &mesh->config.self);
        member->is_online =
            member->is_online || member->is_self || views_is_active(&mesh->views, &id);
        if (member->nick[0] == '\0' &&
            state_get(&mesh->state, &id, span_from_text(WAVU_NETWORKS_NICK_KEY), &nick) == 0 &&
            name_check(nick) == NAME_GOOD) {
            memcpy(member->nick, nick.ptr, nick.len);
            member->nick[nick.len] = '\0';
        }
    }
}

static void describe_member(const struct network *n, uint32_t place,
                            struct wavu_network_member *out)
{
    const struct members_member *m = &n->log.members[place];
    const uint8_t *root = members_state_root(&n->state, place);

    *out = (struct wavu_network_member){.standing = standing_of(n->state.members[place].status)};
    wavu_networks_hex(out->id, n->log.ops[m->op]->id);
    wavu_networks_hex(out->inviter, n->log.ops[n->log.members[m->inviter].op]->id);
    wavu_networks_hex(out->key, root != NULL ? root : m->root);
}

static int by_nick(const void *a, const void *b)
{
    const struct wavu_network_member *const *x = a;
    const struct wavu_network_member *const *y = b;

    return strcmp((*x)->nick, (*y)->nick);
}

/* Who belongs and says that it is called what another says. Only members have nicks. */
static void mark_ambiguous(struct wavu_network_member *members, size_t count)
{
    struct wavu_network_member **named = mem_new_raw((count + 1) * sizeof *named);
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (members[i].nick[0] != '\0') {
            named[used++] = &members[i];
        }
    }
    qsort(named, used, sizeof *named, by_nick);
    for (size_t i = 1; i < used; i++) {
        if (by_nick(&named[i - 1], &named[i]) == 0) {
            named[i - 1]->is_ambiguous = true;
            named[i]->is_ambiguous = true;
        }
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
    mark_ambiguous(p->members, p->count);
}

void wavu_people_clear(struct wavu_people *p)
{
    mem_free(p->members);
    *p = (struct wavu_people){.members = NULL};
}

/* The members of the network that `network` means: as wavu_networks_find. */
static int people_of(struct wavu_people *p, const struct wavu_node *node, const char *network)
{
    struct wavu_networks_one *o = NULL;
    int rc = node->networks == NULL ? WAVU_ERR_NOT_FOUND
                                    : wavu_networks_find(node->networks, network, &o);

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
    char digits[WAVU_KEY_TEXT_MAX]; /* in lower case; "" unless it may be (a piece of) an id */
};

static void read_typed(struct typed *t, const char *text)
{
    *t = (struct typed){.text = text, .len = strlen(text)};
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

/* Who was put out is found by the whole id or key alone. */
static bool is_meant(const struct typed *t, const struct wavu_network_member *member)
{
    bool is_out = strcmp(member->standing, "put out") == 0;

    if (t->digits[0] != '\0' && (!is_out || t->len == WAVU_KEY_TEXT_MAX - 1) &&
        (strncmp(member->id, t->digits, t->len) == 0 ||
         strncmp(member->key, t->digits, t->len) == 0)) {
        return true;
    }
    return !is_out && member->nick[0] != '\0' && strcmp(member->nick, t->text) == 0;
}

int wavu_member_candidates(const struct wavu_node *node, const char *network, const char *text,
                           void (*each)(void *context, const struct wavu_network_member *member),
                           void *context)
{
    struct wavu_people p;
    struct typed typed;
    int rc = people_of(&p, node, network);

    if (rc < 0) {
        return rc;
    }
    read_typed(&typed, text);
    for (size_t i = 0; i < p.count; i++) {
        if (is_meant(&typed, &p.members[i])) {
            each(context, &p.members[i]);
        }
    }
    wavu_people_clear(&p);
    return 0;
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
