/*
 * Public: networks, their members, invitations and revocations.
 */
#include "wavu/members.h"

#include <string.h>

#include "base/name.h"
#include "crypto/secret.h"
#include "net/listen.h"
#include "node/wavu_networks.h"
#include "node/wavu_node.h"
#include "store/keyfile.h"

_Static_assert(WAVU_NAME_MAX == NAME_SIZE_MAX + 1 && WAVU_NAME_MAX > MEMBERS_MSG_NAME_MAX,
               "a name and a NUL");
_Static_assert(WAVU_CODE_MAX >= CODE_TEXT_MAX && WAVU_QR_MAX >= CODE_QR_TEXT_MAX, "codes fit");
_Static_assert(WAVU_CODE_SECONDS == PAIRING_HOST_OPEN_NS / TIMERS_SECOND, "as the machine has it");

static const char *const policies[] = {[MEMBERS_MSG_INVITER] = "inviter",
                                       [MEMBERS_MSG_TWO] = "two",
                                       [MEMBERS_MSG_ANY] = "any",
                                       [MEMBERS_MSG_OPEN] = "open"};

/* ---- Texts ---- */

void wavu_networks_hex(char out[WAVU_KEY_TEXT_MAX], const uint8_t id[32])
{
    struct wr w;

    wr_init(&w, span_mut_of(out, WAVU_KEY_TEXT_MAX));
    wr_hex(&w, span_of(id, 32));
    wr_u8(&w, 0);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int wavu_networks_id(uint8_t out[32], const char *text)
{
    if (strlen(text) != 64) {
        return WAVU_ERR_INVALID;
    }
    for (size_t i = 0; i < 32; i++) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return WAVU_ERR_INVALID;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    return 0;
}

void wavu_networks_name(const struct network *n, char out[WAVU_NAME_MAX])
{
    const struct members_op *op = n->log.ops[MEMBERS_GENESIS];
    struct members_msg_genesis genesis;

    out[0] = '\0';
    if (members_msg_decode_genesis(&genesis, span_of(op->bytes, op->len)) == 0 &&
        genesis.name.len < WAVU_NAME_MAX) {
        memcpy(out, genesis.name.ptr, genesis.name.len);
        out[genesis.name.len] = '\0';
    }
}

/* The network that is meant, of those that this node is in, or was in: by id, by a name that only
 * one has, or (NULL) the only one. */
static int find_of(const struct wavu_networks *w, const char *text, bool is_in,
                   struct networks_one **out)
{
    size_t count = 0;
    uint8_t id[32];
    bool is_id = text != NULL && wavu_networks_id(id, text) == 0;

    *out = NULL;
    if (w == NULL) {
        return WAVU_ERR_NOT_FOUND;
    }
    for (struct networks_one *one = networks_next(w->service, NULL); one != NULL;
         one = networks_next(w->service, one)) {
        const struct network *n = networks_network(one);
        char name[WAVU_NAME_MAX];

        wavu_networks_name(n, name);
        bool is_meant =
            text == NULL || strcmp(text, name) == 0 ||
            (is_id && span_is_equal(span_of(id, 32), span_of(members_network(&n->log), 32)));
        if (is_meant && networks_is_live(one) == is_in && networks_number(one) > 0) {
            *out = one;
            count++;
        }
    }
    if (count == 0) {
        return WAVU_ERR_NOT_FOUND;
    }
    return count == 1 ? 0 : WAVU_ERR_INVALID;
}

/* One that this node is in; DENIED: it was put out there. */
static int find(const struct wavu_networks *w, const char *text, struct networks_one **out)
{
    struct networks_one *past = NULL;
    int rc = find_of(w, text, true, out);

    if (rc == WAVU_ERR_NOT_FOUND && find_of(w, text, false, &past) != WAVU_ERR_NOT_FOUND) {
        rc = WAVU_ERR_DENIED;
    }
    return rc;
}

int wavu_networks_find(const struct wavu_networks *w, const char *text,
                       struct wavu_networks_one **out)
{
    struct networks_one *one = NULL;
    int rc = find(w, text, &one);

    *out = rc == 0 ? wavu_networks_of(w, one) : NULL;
    return rc == 0 && *out == NULL ? WAVU_ERR_AGAIN : rc; /* it is not served: a full disk */
}

int wavu_networks_find_any(struct wavu_networks *w, const char *text,
                           struct wavu_networks_one **out)
{
    struct networks_one *one = NULL;
    int rc = wavu_networks_find(w, text, out);

    if (rc != WAVU_ERR_NOT_FOUND && rc != WAVU_ERR_DENIED) {
        return rc;
    }
    rc = find_of(w, text, false, &one);
    return rc < 0 ? rc : wavu_networks_past(w, one, out);
}

int wavu_networks_all(struct wavu_networks *w, bool is_in,
                      struct wavu_networks_one *out[NETWORKS_MAX], size_t *count)
{
    int rc = 0;
    size_t meant = 0;

    *count = 0;
    for (struct networks_one *one = networks_next(w->service, NULL); one != NULL && rc == 0;
         one = networks_next(w->service, one)) {
        if (networks_is_live(one) != is_in || networks_number(one) == 0) {
            continue;
        }
        meant++;
        out[*count] = NULL;
        if (is_in) {
            out[*count] = wavu_networks_of(w, one);
        } else {
            rc = wavu_networks_past(w, one, &out[*count]);
        }
        *count += out[*count] != NULL ? 1 : 0;
    }
    if (rc == 0 && *count == 0) {
        rc = meant > 0 ? WAVU_ERR_AGAIN : WAVU_ERR_NOT_FOUND;
    }
    return rc;
}

int wavu_networks_asked(struct wavu_networks *w, const char *text,
                        struct wavu_networks_one *out[NETWORKS_MAX], size_t *count)
{
    size_t found = 1;
    int rc = w == NULL      ? WAVU_ERR_NOT_FOUND
             : text != NULL ? wavu_networks_find_any(w, text, &out[0])
                            : wavu_networks_all(w, true, out, &found);

    if (w != NULL && text == NULL && rc == WAVU_ERR_NOT_FOUND) {
        rc = wavu_networks_all(w, false, out, &found);
    }
    *count = 0;
    for (size_t i = 0; rc == 0 && i < found; i++) {
        if (out[i]->rooms != NULL) {
            out[(*count)++] = out[i];
        }
    }
    return rc == 0 && *count == 0 ? WAVU_ERR_AGAIN : rc;
}

const char *wavu_networks_for(const struct wavu_networks *w, const char *text, const char *member,
                              char id[WAVU_KEY_TEXT_MAX])
{
    uint8_t wanted[32];

    if (w == NULL || text != NULL || wavu_networks_id(wanted, member) < 0) {
        return text;
    }
    for (struct networks_one *one = networks_next(w->service, NULL); one != NULL;
         one = networks_next(w->service, one)) {
        const struct network *n = networks_network(one);

        if (networks_number(one) > 0 && members_member_of(&n->log, wanted) != MEMBERS_NONE) {
            wavu_networks_hex(id, members_network(&n->log));
            return id;
        }
    }
    return NULL;
}

/* ---- Looking ---- */

int wavu_members_listen(struct wavu_node *node,
                        void (*up)(void *context, const struct wavu_members_event *event),
                        void *context)
{
    if (node->networks == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    node->networks->up = up;
    node->networks->context = context;
    return 0;
}

int wavu_person(struct wavu_node *node, char key[WAVU_KEY_TEXT_MAX])
{
    if (node->networks == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    int rc = wavu_networks_person(node->networks);
    if (rc == 0) {
        wavu_networks_hex(key, node->person);
    }
    return rc;
}

int wavu_person_known(struct wavu_node *node, char key[WAVU_KEY_TEXT_MAX])
{
    struct ed25519_pair root;
    int rc = 0;

    if (node->has_person) {
        wavu_networks_hex(key, node->person);
        return 0;
    }
    if (node->has_root_seed) {
        ed25519_from_seed(&root, node->root_seed);
    } else {
        rc = node->is_ephemeral
                 ? WAVU_ERR_NOT_FOUND
                 : keyfile_load(&root, node->port, KEYFILE_IDENTITY, &node->store.keys);
    }
    if (rc == 0) {
        wavu_networks_hex(key, root.public_key);
        secret_wipe(&root, sizeof root);
    }
    return rc;
}

/* Is it a neighbour in a network before `end`? */
static bool is_linked_before(const struct wavu_networks *w, const struct list *end,
                             const struct overlay_id *id)
{
    for (struct list *at = list_next(&w->ones, &w->ones); at != NULL && at != end;
         at = list_next(&w->ones, at)) {
        const struct wavu_networks_one *o = LIST_OF(at, struct wavu_networks_one, link);

        if (views_is_active(&overlay_mesh(o->overlay)->views, id)) {
            return true;
        }
    }
    return false;
}

size_t wavu_networks_linked(const struct wavu_networks *w, const struct views *views)
{
    struct list *at = w == NULL ? NULL : list_next(&w->ones, &w->ones);
    size_t count = 0;

    for (; at != NULL; at = list_next(&w->ones, at)) {
        const struct wavu_networks_one *o = LIST_OF(at, struct wavu_networks_one, link);
        const struct overlay_id *id = NULL;
        size_t i = 0;

        while ((id = views_next_active(&overlay_mesh(o->overlay)->views, &i)) != NULL) {
            count += !views_is_active(views, id) && !is_linked_before(w, at, id);
        }
    }
    return count;
}

static void describe_network(const struct wavu_networks *w, const struct networks_one *one,
                             struct wavu_network *out)
{
    const struct network *n = networks_network(one);
    const struct wavu_networks_one *o = wavu_networks_of(w, one);

    *out = (struct wavu_network){.policy = policies[n->log.policy],
                                 .is_member = networks_is_live(one),
                                 .has_left = networks_leave_is_done(one),
                                 .is_denied = networks_denied_is_said(one),
                                 .is_frozen = n->state.is_frozen};
    wavu_networks_hex(out->id, members_network(&n->log));
    wavu_networks_name(n, out->name);
    for (uint32_t i = 0; i < n->state.member_count; i++) {
        out->members += n->state.members[i].status == MEMBERS_STATE_BELONGS ? 1 : 0;
    }
    if (o != NULL) {
        out->neighbours = (uint32_t)views_active_count(&overlay_mesh(o->overlay)->views);
    }
}

void wavu_networks(const struct wavu_node *node,
                   void (*each)(void *context, const struct wavu_network *network), void *context)
{
    const struct wavu_networks *w = node->networks;
    const struct networks_one *one = w == NULL ? NULL : networks_next(w->service, NULL);

    while (one != NULL) {
        struct wavu_network described;

        describe_network(w, one, &described);
        each(context, &described);
        one = networks_next(w->service, one);
    }
}

/* ---- Wishes ---- */

int wavu_network_make(struct wavu_node *node, const char *name, const char *policy,
                      char id[WAVU_KEY_TEXT_MAX])
{
    struct wavu_networks *w = node->networks;
    struct networks_one *one = NULL;
    unsigned kind = MEMBERS_MSG_INVITER;

    if (w == NULL) {
        return WAVU_ERR_UNSUPPORTED;
    }
    while (policy != NULL && kind <= MEMBERS_MSG_OPEN && strcmp(policy, policies[kind]) != 0) {
        kind++;
    }
    if (kind > MEMBERS_MSG_OPEN) {
        return WAVU_ERR_INVALID;
    }
    if (find_of(w, name, true, &one) != WAVU_ERR_NOT_FOUND) {
        return WAVU_ERR_EXISTS; /* people could not say any more which one they mean */
    }
    int rc = wavu_networks_person(w);
    rc = rc < 0 ? rc
                : networks_found(w->service, span_from_text(name), (enum members_msg_policy)kind,
                                 &one);
    if (rc == 0) {
        wavu_networks_hex(id, members_network(&networks_network(one)->log));
    }
    return rc;
}

/* What a QR shows: the code, who we are, and where. */
static void write_qr(struct wavu_node *node, const struct networks_one *one,
                     const struct code *code, char out[WAVU_QR_MAX])
{
    struct multiaddr found[CODE_QR_ADDRESSES_MAX];
    struct code_qr qr = {.code = *code, .has_network = true};
    struct overlay_id self;
    struct wr w;

    if (overlay_id_from_peer(&self, &node->swarm.self) == 0) {
        memcpy(qr.device, self.bytes, sizeof qr.device);
    }
    memcpy(qr.network, members_network(&networks_network(one)->log), sizeof qr.network);
    qr.count = listen_addresses(&node->swarm, found, CODE_QR_ADDRESSES_MAX);
    memcpy(qr.addresses, found, qr.count * sizeof found[0]);
    wr_init(&w, span_mut_of(out, WAVU_QR_MAX - 1));
    code_qr_write(&w, &qr);
    out[wr_finish(&w) == 0 ? w.len : 0] = '\0';
    secret_wipe(&qr, sizeof qr);
}

int wavu_invite(struct wavu_node *node, const char *network, const char *language,
                struct wavu_invitation *out)
{
    struct networks_one *one = NULL;
    struct code code;
    struct wr w;
    bool is_swahili = language != NULL && strcmp(language, "sw") == 0;
    bool is_known = language == NULL || is_swahili || strcmp(language, "en") == 0;
    int rc = find(node->networks, network, &one);

    if (rc < 0 || !is_known) {
        return rc < 0 ? rc : WAVU_ERR_INVALID;
    }
    networks_pair_close(node->networks->service);
    rc = networks_pair_open(one, is_swahili ? WORDS_SWAHILI : WORDS_ENGLISH, &code);
    if (rc < 0) {
        return rc;
    }
    *out = (struct wavu_invitation){.seconds = WAVU_CODE_SECONDS};
    wr_init(&w, span_mut_of(out->code, sizeof out->code - 1));
    code_write(&w, &code);
    write_qr(node, one, &code, out->qr);
    wavu_mesh_set_slot(node->mesh, code.number);
    secret_wipe(&code, sizeof code);
    return wr_finish(&w);
}

void wavu_invite_close(struct wavu_node *node)
{
    if (node->networks != NULL) {
        networks_pair_close(node->networks->service);
    }
}

int wavu_invite_key(struct wavu_node *node, const char *network, const char *key)
{
    struct networks_one *one = NULL;
    uint8_t root[32];
    uint8_t member[32];
    int rc = wavu_networks_id(root, key);

    rc = rc < 0 ? rc : find(node->networks, network, &one);
    return rc < 0 ? rc : networks_invite(one, root, member);
}

int wavu_revoke(struct wavu_node *node, const char *network, const char *member, bool subtree)
{
    struct networks_one *one = NULL;
    uint8_t id[32];
    int rc = wavu_networks_id(id, member);

    rc = rc < 0 ? rc : find(node->networks, network, &one);
    rc = rc < 0 ? rc : networks_revoke(one, id, subtree);
    if (rc < 0) {
        return rc;
    }
    const struct network *n = networks_network(one);
    uint32_t place = members_member_of(&n->log, id);
    bool is_out = place != MEMBERS_NONE && place < n->state.member_count &&
                  n->state.members[place].status != MEMBERS_STATE_BELONGS &&
                  n->state.members[place].status != MEMBERS_STATE_INVITED;
    return is_out ? 0 : WAVU_ERR_AGAIN;
}

int wavu_network_leave(struct wavu_node *node, const char *network)
{
    struct networks_one *one = NULL;
    int rc = find(node->networks, network, &one);

    return rc < 0 ? rc : networks_leave(one);
}
