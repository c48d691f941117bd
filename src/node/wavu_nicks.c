/*
 * A map of what the store has, compared at each look with what is known now.
 */
#include "node/wavu_nicks.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/name.h"
#include "node/wavu_keep_msg.h"
#include "node/wavu_node.h"

struct nicks_entry {
    uint8_t device[32];
    uint32_t round;           /* in which it was wanted last */
    char name[WAVU_NAME_MAX]; /* "" : the row cannot be read */
};

struct wavu_nicks {
    const struct wavu_networks_one *o;
    struct store *store; /* borrowed */
    char table[STORE_NAME_MAX];
    struct map entries; /* device -> struct nicks_entry, as the store has them */
    uint32_t round;
};

/* ---- What is kept ---- */

static struct nicks_entry *add(struct wavu_nicks *n, const uint8_t device[32])
{
    struct nicks_entry *e = mem_new(sizeof *e);

    memcpy(e->device, device, sizeof e->device);
    CHECK(map_put(&n->entries, span_of(e->device, sizeof e->device), e) == NULL);
    return e;
}

static void set_name(char out[WAVU_NAME_MAX], struct span name)
{
    memcpy(out, name.ptr, name.len);
    out[name.len] = '\0';
}

/* What cannot be read is as good as nothing, and goes at the first look; a newer wavu's stays. */
static void take(struct wavu_nicks *n, struct span key, struct span value)
{
    struct span name;
    int rc = wavu_keep_msg_get_nick(value, &name);

    if (key.len == 32 && rc != WAVU_ERR_UNSUPPORTED && n->entries.count < WAVU_NICKS_MAX) {
        struct nicks_entry *e = add(n, key.ptr);

        if (rc == 0) {
            set_name(e->name, name);
        }
    }
}

static int load(struct wavu_nicks *n)
{
    struct buf key;
    struct buf value;
    int rc = 0;

    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while ((rc = store_next(n->store, n->table, span_empty(), &key, &value)) == 0) {
        take(n, buf_span(&key), buf_span(&value));
    }
    buf_clear(&key);
    buf_clear(&value);
    return rc == WAVU_ERR_NOT_FOUND ? 0 : rc;
}

int wavu_nicks_new(const struct wavu_networks_one *o, struct wavu_nicks **out)
{
    struct wavu_node *node = o->owner->node;
    struct wavu_nicks *n = mem_new(sizeof *n);

    n->o = o;
    n->store = node->store.store;
    map_init(&n->entries, &node->port->random);
    int len = snprintf(n->table, sizeof n->table, "nicks-%u", networks_number(o->one));
    CHECK(len > 0 && (size_t)len < sizeof n->table);
    int rc = load(n);
    if (rc < 0) {
        wavu_nicks_free(n);
        return rc;
    }
    *out = n;
    return 0;
}

void wavu_nicks_free(struct wavu_nicks *n)
{
    size_t at = 0;
    struct nicks_entry *e = NULL;

    if (n == NULL) {
        return;
    }
    while ((e = map_next(&n->entries, &at)) != NULL) {
        mem_free(e);
    }
    map_clear(&n->entries);
    mem_free(n);
}

/* ---- Writing ---- */

static int want(struct wavu_nicks *n, const uint8_t device[32], const char *name)
{
    struct nicks_entry *e = map_get(&n->entries, span_of(device, 32));
    uint8_t space[WAVU_KEEP_MSG_NICK_MAX];
    struct wr w;

    if (e == NULL || strcmp(e->name, name) != 0) {
        if (e == NULL && n->entries.count >= WAVU_NICKS_MAX) {
            return 0;
        }
        wr_init(&w, span_mut_of(space, sizeof space));
        wavu_keep_msg_put_nick(&w, span_from_text(name));
        CHECK(wr_finish(&w) == 0);
        int rc = store_put(n->store, n->table, span_of(device, 32), wr_span(&w));
        if (rc < 0) {
            return rc;
        }
        e = e != NULL ? e : add(n, device);
        set_name(e->name, span_from_text(name));
    }
    e->round = n->round;
    return 0;
}

/* Those that were not wanted: their devices belong no more. While there is room the names of those
 * stay that the log knows: what their people said is read still. */
static int sweep(struct wavu_nicks *n)
{
    const struct members_state *state = &networks_network(n->o->one)->state;
    const bool is_full = n->entries.count >= WAVU_NICKS_MAX;
    size_t at = 0;
    struct nicks_entry *e = NULL;

    while ((e = map_next(&n->entries, &at)) != NULL) {
        bool is_known = members_state_device(state, e->device) != MEMBERS_STATE_NO_DEVICE;

        if (e->round == n->round || (is_known && !is_full && e->name[0] != '\0')) {
            continue;
        }
        int rc = store_delete(n->store, n->table, span_of(e->device, sizeof e->device));
        if (rc < 0) {
            return rc;
        }
        (void)map_remove(&n->entries, span_of(e->device, sizeof e->device));
        mem_free(e);
        at = 0; /* the map has changed; few go in one round */
    }
    return 0;
}

int wavu_nicks_look(void *nicks)
{
    struct wavu_nicks *n = nicks;
    const struct network *network = networks_network(n->o->one);
    struct members_state_view view;
    uint32_t at = 0;
    int rc = 0;

    n->round++;
    while (rc == 0 && members_state_next_device(&network->state, &at, &view)) {
        char name[WAVU_NAME_MAX];

        wavu_nicks_of(n->o, view.device, name);
        if (name[0] != '\0') {
            rc = want(n, view.device, name);
        }
    }
    return rc < 0 ? rc : sweep(n);
}

bool wavu_nicks_is_new(const struct wavu_nicks *n, const uint8_t device[32], struct span nick)
{
    const struct nicks_entry *e = map_get(&n->entries, span_of(device, 32));

    return e == NULL || !span_is_equal(span_from_text(e->name), nick);
}

/* ---- Who is called what ---- */

bool wavu_nicks_said(const struct wavu_networks_one *o, const uint8_t device[32],
                     char nick[WAVU_NAME_MAX])
{
    struct overlay_id id;
    struct span said = span_empty();

    memcpy(id.bytes, device, sizeof id.bytes);
    nick[0] = '\0';
    if (o->overlay == NULL || /* we are in that network no more */
        state_get(&overlay_mesh(o->overlay)->state, &id, span_from_text(WAVU_NETWORKS_NICK_KEY),
                  &said) < 0) {
        return false;
    }
    if (name_check(said) == NAME_GOOD) {
        set_name(nick, said);
    }
    return true;
}

void wavu_nicks_of(const struct wavu_networks_one *o, const uint8_t device[32],
                   char nick[WAVU_NAME_MAX])
{
    if (wavu_nicks_said(o, device, nick)) {
        return;
    }
    const struct nicks_entry *e =
        o->nicks == NULL ? NULL : map_get(&o->nicks->entries, span_of(device, 32));
    const char *name =
        e != NULL && e->name[0] != '\0' ? e->name : wavu_networks_met_name(o->owner, device);

    set_name(nick, span_from_text(name));
}

bool wavu_nicks_of_member(const struct wavu_networks_one *o, uint32_t member,
                          char nick[WAVU_NAME_MAX])
{
    const struct network *n = networks_network(o->one);
    char kept[WAVU_NAME_MAX] = "";
    struct members_state_view view;
    uint32_t at = 0;
    bool has_device = false;

    nick[0] = '\0';
    while (nick[0] == '\0' && members_state_next_device(&n->state, &at, &view)) {
        if (view.member != member) {
            continue;
        }
        has_device = true;
        if (!wavu_nicks_said(o, view.device, nick) && kept[0] == '\0') {
            wavu_nicks_of(o, view.device, kept);
        }
    }
    for (uint32_t i = 0; !has_device && i < n->state.seat_count && kept[0] == '\0'; i++) {
        if (n->log.seats[i]->member == member) { /* who is gone: the last that was known */
            wavu_nicks_of(o, members_seat_key(&n->log, i), kept);
        }
    }
    if (nick[0] == '\0') {
        memcpy(nick, kept, sizeof kept);
    }
    return has_device;
}
