/*
 * People and their networks over the control socket: parameters in, the public interface's
 * wavu/members.h asked, one JSON value or one sentence out. What comes of a code, later, is in the
 * feed.
 */
#include "apps/rpc/methods_members.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/rpc/cause.h"
#include "apps/rpc/methods.h"
#include "apps/rpc/takes.h"
#include "base/check.h"
#include "base/name.h"
#include "wavu/members.h"

#define NETWORK_NAMED_AFTER_MAX 24 /* characters of a nick in the name of a network */
#define NETWORK_NAMES_MAX 99       /* tries: nobody is in so many that were not named */

/* ---- The person ---- */

json_t *methods_members_key(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {.sentence = "this method takes no parameters"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    int rc = wavu_person(m->node, key);
    if (rc < 0) {
        return takes_fail(error, rc, NULL);
    }
    json_t *result = json_object();
    takes_put(result, "key", json_string(key));
    return result;
}

json_t *methods_members_nick(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {.names = {"nick"},
                                       .count = 1,
                                       .sentence = "this method takes nothing, or {\"nick\": a "
                                                   "name}"};
    static const struct takes_meaning again[] = {
        {WAVU_ERR_AGAIN,
         "a join code is open or tried now; try again when that is over, or close it with "
         "'wavu invite --close'"},
        {0, NULL}};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    char nick[WAVU_NAME_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    int rc = texts[0] != NULL ? wavu_set_nick(m->node, texts[0]) : 0;
    if (rc < 0) {
        const struct takes_meaning own[] = {
            {WAVU_ERR_INVALID, name_explain(name_check(span_from_text(texts[0])))}, {0, NULL}};
        return takes_fail(error, rc, rc == WAVU_ERR_AGAIN ? again : own);
    }
    wavu_nick(m->node, nick);
    json_t *result = json_object();
    takes_put(result, "nick", takes_text_or_null(nick));
    return result;
}

/* ---- Networks ---- */

static bool is_name_of_network(const char *text)
{
    const size_t len = strlen(text);
    return len > 0 && len < WAVU_NAME_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == len;
}

/* A name for a network that nobody has named: after the person, such as amina-net; of several the
 * `n`th. */
static void name_of_network(const struct methods *m, unsigned n, char out[WAVU_NAME_MAX])
{
    char nick[WAVU_NAME_MAX];
    size_t len = 0;
    wavu_nick(m->node, nick);
    for (size_t i = 0; nick[i] != '\0' && len < NETWORK_NAMED_AFTER_MAX; i++) {
        const char c = nick[i] >= 'A' && nick[i] <= 'Z' ? (char)(nick[i] - 'A' + 'a') : nick[i];
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            out[len++] = c;
        }
    }
    (void)snprintf(out + len, WAVU_NAME_MAX - len, n < 2 ? "%s" : "%s-%u",
                   len > 0 ? "-net" : "our-net", n);
}

/* Make one under a name that this node has not yet. */
static int make_unnamed(const struct methods *m, const char *policy, char name[WAVU_NAME_MAX],
                        char id[WAVU_KEY_TEXT_MAX])
{
    int rc = WAVU_ERR_EXISTS;
    for (unsigned n = 1; n <= NETWORK_NAMES_MAX && rc == WAVU_ERR_EXISTS; n++) {
        name_of_network(m, n, name);
        rc = wavu_network_make(m->node, name, policy, id);
    }
    return rc;
}

json_t *methods_members_make(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"name", "policy"},
        .count = 2,
        .sentence = "this method takes {\"name\": of the network, \"policy\": ...}, both optional"};
    static const struct takes_meaning named[] = {
        {WAVU_ERR_INVALID, "a network's name is 1 to 64 of a-z 0-9 . - _, without capitals or "
                           "spaces: choose one like savanna"},
        {0, NULL}};
    static const struct takes_meaning meanings[] = {
        {WAVU_ERR_INVALID, "a network's policy is inviter, two, any or open"},
        {WAVU_ERR_EXISTS,
         "this node is in a network of that name already ('wavu networks' shows it); "
         "choose another name"},
        {WAVU_ERR_LIMIT, "this node is in as many networks as it can be"},
        {0, NULL}};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    char id[WAVU_KEY_TEXT_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    const char *policy = texts[1] == NULL && m->makes_open ? "open" : texts[1];
    char name[WAVU_NAME_MAX] = "";
    int rc = texts[0] != NULL ? wavu_network_make(m->node, texts[0], policy, id)
                              : make_unnamed(m, policy, name, id);
    if (rc < 0) {
        const bool is_name =
            rc == WAVU_ERR_INVALID && texts[0] != NULL && !is_name_of_network(texts[0]);
        return takes_fail(error, rc, is_name ? named : meanings);
    }
    json_t *result = json_object();
    takes_put(result, "network", json_string(id));
    takes_put(result, "name", jsonrpc_text(texts[0] != NULL ? texts[0] : name));
    takes_put(result, "isOpen", json_boolean(policy != NULL && strcmp(policy, "open") == 0));
    return result;
}

/* One that this node belongs to. */
struct belonged {
    char id[WAVU_KEY_TEXT_MAX]; /* "": none */
    char name[WAVU_NAME_MAX];
};

static void note_belonged(void *context, const struct wavu_network *network)
{
    struct belonged *b = context;
    if (network->is_member && b->id[0] == '\0') {
        (void)snprintf(b->id, sizeof b->id, "%s", network->id);
        (void)snprintf(b->name, sizeof b->name, "%s", network->name);
    }
}

json_t *methods_members_first(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {.sentence = "this method takes no parameters"};
    static const struct takes_meaning meanings[] = {
        {WAVU_ERR_LIMIT, "this node is in as many networks as it can be"}, {0, NULL}};
    const struct methods *m = context;
    struct belonged b = {.id = ""};
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    wavu_networks(m->node, note_belonged, &b);
    const bool is_made = b.id[0] == '\0';
    int rc = is_made ? make_unnamed(m, m->makes_open ? "open" : NULL, b.name, b.id) : 0;
    if (rc < 0) {
        return takes_fail(error, rc, meanings);
    }
    json_t *result = json_object();
    takes_put(result, "network", json_string(b.id));
    takes_put(result, "name", jsonrpc_text(b.name));
    takes_put(result, "isMade", json_boolean(is_made));
    return result;
}

static void add_network(void *context, const struct wavu_network *network)
{
    json_t *networks = context;
    json_t *one = json_object();
    takes_put(one, "id", json_string(network->id));
    takes_put(one, "name", jsonrpc_text(network->name));
    takes_put(one, "policy", json_string(network->policy));
    takes_put(one, "isMember", json_boolean(network->is_member));
    takes_put(one, "hasLeft", json_boolean(network->has_left));
    takes_put(one, "isDenied", json_boolean(network->is_denied));
    takes_put(one, "members", json_integer(network->members));
    takes_put(one, "neighbours", json_integer(network->neighbours));
    takes_put(one, "isFrozen", json_boolean(network->is_frozen));
    CHECK(json_array_append_new(networks, one) == 0);
}

json_t *methods_members_list(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {.sentence = "this method takes no parameters"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    json_t *networks = json_array();
    wavu_networks(m->node, add_network, networks);
    json_t *result = json_object();
    takes_put(result, "networks", networks);
    return result;
}

static void add_member(void *context, const struct wavu_network_member *member)
{
    json_t *members = context;
    json_t *one = json_object();
    takes_put(one, "network", json_string(member->network));
    takes_put(one, "networkName", jsonrpc_text(member->network_name));
    takes_put(one, "id", json_string(member->id));
    takes_put(one, "key", json_string(member->key));
    takes_put(one, "inviter", json_string(member->inviter));
    takes_put(one, "nick", takes_text_or_null(member->nick));
    takes_put(one, "standing", json_string(member->standing));
    takes_put(one, "devices", json_integer(member->devices));
    takes_put(one, "isSelf", json_boolean(member->is_self));
    takes_put(one, "isOnline", json_boolean(member->is_online));
    takes_put(one, "shown", jsonrpc_text(member->shown));
    takes_put(one, "ownName", takes_text_or_null(member->own_name));
    takes_put(one, "mark", json_string(member->mark));
    takes_put(one, "isBlocked", json_boolean(member->is_blocked));
    takes_put(one, "isAmbiguous", json_boolean(member->is_ambiguous));
    CHECK(json_array_append_new(members, one) == 0);
}

json_t *methods_members_of(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    const char *network = NULL;
    if (!takes_read_network(m, params, &network, error)) {
        return NULL;
    }
    json_t *members = json_array();
    int rc = wavu_network_members(m->node, network, add_member, members);
    if (rc < 0) {
        json_decref(members);
        return cause_fail(m, error, rc, (struct cause_named){network, NULL}, NULL);
    }
    json_t *result = json_object();
    takes_put(result, "members", members);
    return result;
}

json_t *methods_members_find(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"who", "network"},
        .count = 2,
        .needed = 1,
        .sentence =
            "this method takes {\"who\": a nick, an id, a key or the first 8 digits of one, "
            "\"network\": name or id, optional}"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    json_t *members = json_array();
    int rc = wavu_member_candidates(m->node, texts[1], texts[0], add_member, members);
    if (rc < 0) {
        json_decref(members);
        return cause_fail(m, error, rc, (struct cause_named){texts[1], NULL}, NULL);
    }
    json_t *result = json_object();
    takes_put(result, "members", members);
    return result;
}

/* ---- Coming in ---- */

/* {"after": the newest event's number}: what comes of it has greater ones. */
static json_t *begun(uint64_t next)
{
    json_t *result = json_object();
    takes_put(result, "after", json_integer((json_int_t)next - 1));
    return result;
}

/* A secret that is in nobody's way any more. */
static void wipe(struct wavu_invitation *invitation)
{
    volatile char *at = (volatile char *)invitation;
    for (size_t i = 0; i < sizeof *invitation; i++) {
        at[i] = 0;
    }
}

json_t *methods_members_invite(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"network", "language"},
        .count = 2,
        .sentence = "this method takes {\"network\": name or id, \"language\": \"en\" or \"sw\"}, "
                    "both optional"};
    const struct methods *m = context;
    struct wavu_invitation invitation = {.seconds = 0};
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    if (texts[1] != NULL && strcmp(texts[1], "en") != 0 && strcmp(texts[1], "sw") != 0) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, takes.sentence};
        return NULL;
    }
    int rc = wavu_invite(m->node, texts[0], texts[1], &invitation);
    if (rc < 0) {
        return cause_fail(m, error, rc, (struct cause_named){texts[0], NULL}, NULL);
    }
    /* After the call: it may have withdrawn an older code, which is not this one's end. */
    json_t *result = begun(m->feed.next);
    takes_put(result, "code", json_string(invitation.code));
    takes_put(result, "qr", jsonrpc_text(invitation.qr));
    takes_put(result, "openMs", json_integer((json_int_t)invitation.seconds * 1000));
    wipe(&invitation);
    return result;
}

json_t *methods_members_invite_close(void *context, const json_t *params,
                                     struct jsonrpc_error *error)
{
    static const struct takes takes = {.sentence = "this method takes no parameters"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    wavu_invite_close(m->node);
    return json_object();
}

json_t *methods_members_invite_key(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"key", "network"},
        .count = 2,
        .needed = 1,
        .sentence = "this method takes {\"key\": a person's, \"network\": name or id, optional}"};
    static const struct takes_meaning meanings[] = {
        {WAVU_ERR_INVALID, "a key is 64 hexadecimal digits, as 'wavu id' shows it there"},
        {0, NULL}};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    int rc = wavu_invite_key(m->node, texts[1], texts[0]);
    return rc < 0 ? cause_fail(m, error, rc, (struct cause_named){texts[1], NULL}, meanings)
                  : json_object();
}

static json_t *fail_join(struct methods *m, int err, const char *code, const char *address,
                         struct jsonrpc_error *error)
{
    static const struct takes_meaning meanings[] = {
        {WAVU_ERR_EXISTS, "a code is being tried already; wait until that is over"},
        {WAVU_ERR_NOT_FOUND, "this node does not look on the local network; type an address of the "
                             "inviter behind the code (192.0.2.7:9000)"},
        {WAVU_ERR_LIMIT, "this node is in as many networks as it can be"},
        {0, NULL}};
    struct wavu_mesh_status status;
    takes_fail(error, err, meanings);
    if (err == WAVU_ERR_UNSUPPORTED && wavu_mesh_status(m->node, &status)) {
        error->message = "the code is of a newer wavu; get the newest one";
    }
    if (address != NULL && wavu_address_check(address) < 0) {
        error->message = "the address is none that can be dialled; write host:port, or a multiaddr";
    } else if (err == WAVU_ERR_INVALID && code == NULL) {
        error->message = "the address has to end with the inviter's id: /p2p/12D3KooW...";
    } else if (err == WAVU_ERR_INVALID) {
        wavu_code_explain(code, m->problem, sizeof m->problem);
        error->message = m->problem;
    }
    return NULL;
}

json_t *methods_members_join(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"code", "address"},
        .count = 2,
        .needed = 1,
        .sentence = "this method takes {\"code\": or a QR's text, \"address\": optional}"};
    struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    int rc = wavu_join(m->node, texts[0], texts[1]);
    /* After the call: it may have ended an older search, which is not this one's end. */
    return rc < 0 ? fail_join(m, rc, texts[0], texts[1], error) : begun(m->feed.next);
}

json_t *methods_members_join_key(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"address"},
        .count = 1,
        .needed = 1,
        .sentence = "this method takes {\"address\": of who has invited us}"};
    struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    uint64_t next = m->feed.next;
    int rc = wavu_join_key(m->node, texts[0]);
    return rc < 0 ? fail_join(m, rc, NULL, texts[0], error) : begun(next);
}

json_t *methods_members_join_open(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"network", "address"},
        .count = 2,
        .sentence = "this method takes {\"network\": its id, \"address\": of a member}, both "
                    "optional"};
    struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    static const struct takes_meaning known[] = {
        {WAVU_ERR_IN_USE, "this node belongs to that network already, as 'wavu networks' says; if "
                          "it left just now, try again in some seconds; if it finds nobody there "
                          "any more it was put out: begin a new home with 'wavu up --home DIR'"},
        {WAVU_ERR_DENIED, "this device was put out of that network, and cannot come back itself; "
                          "begin a new home with 'wavu up --home DIR'"},
        {0, NULL}};
    uint64_t next = m->feed.next;
    int rc = wavu_join_open(m->node, texts[0], texts[1]);
    if (rc == WAVU_ERR_IN_USE || rc == WAVU_ERR_CLOSED) {
        return takes_fail(error, rc == WAVU_ERR_CLOSED ? WAVU_ERR_DENIED : rc, known);
    }
    if (rc == WAVU_ERR_INVALID && (texts[1] == NULL || wavu_address_check(texts[1]) == 0)) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS,
                                        "an open network is named by its id, 64 hexadecimal "
                                        "digits, or by a member's address"};
        return NULL;
    }
    return rc < 0 ? fail_join(m, rc, NULL, texts[1], error) : begun(next);
}

/* ---- Going out ---- */

json_t *methods_members_revoke(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"member", "network"},
        .count = 2,
        .needed = 1,
        .sentence = "this method takes {\"member\": an id, \"network\": name or id, \"subtree\": "
                    "true or false}, the last two optional"};
    static const struct takes_meaning meanings[] = {
        {WAVU_ERR_INVALID, "a member's id is 64 hexadecimal digits, as 'wavu members' shows it"},
        {WAVU_ERR_NOT_FOUND, "nobody in that network is that member; 'wavu members' lists them"},
        {WAVU_ERR_UNSUPPORTED, "in an open network only who let somebody in, or let in who did, "
                               "can put that one out; you can block them: wavu contact"},
        {0, NULL}};
    const struct methods *m = context;
    const json_t *subtree = json_object_get(params, "subtree");
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    if (subtree != NULL && !json_is_boolean(subtree)) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, takes.sentence};
        return NULL;
    }
    int rc = wavu_revoke(m->node, texts[1], texts[0], json_is_true(subtree));
    if (rc < 0 && rc != WAVU_ERR_AGAIN) {
        return cause_fail(m, error, rc, (struct cause_named){texts[1], NULL}, meanings);
    }
    json_t *result = json_object();
    takes_put(result, "holds", json_boolean(rc == 0));
    return result;
}

json_t *methods_members_leave(void *context, const json_t *params, struct jsonrpc_error *error)
{
    const struct methods *m = context;
    const char *network = NULL;
    if (!takes_read_network(m, params, &network, error)) {
        return NULL;
    }
    int rc = wavu_network_leave(m->node, network);
    return rc < 0 ? cause_fail(m, error, rc, (struct cause_named){network, NULL}, NULL)
                  : json_object();
}
