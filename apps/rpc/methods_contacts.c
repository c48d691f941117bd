/*
 * Contacts over the control socket: parameters in, wavu/contacts.h asked, one JSON value or one
 * sentence out.
 */
#include "apps/rpc/methods_contacts.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/rpc/cause.h"
#include "apps/rpc/methods.h"
#include "apps/rpc/takes.h"
#include "base/check.h"
#include "base/name.h"

#define METHODS_CONTACTS_NAMED_MAX 4 /* candidates in a sentence, which has 256 bytes */

/* ---- Who is meant ---- */

struct candidates {
    char *text; /* a sentence that grows */
    size_t size;
    size_t count;
};

static void name_candidate(void *context, const struct wavu_network_member *member)
{
    struct candidates *c = context;
    size_t used = strlen(c->text);
    if (c->count++ < METHODS_CONTACTS_NAMED_MAX) {
        (void)snprintf(c->text + used, c->size - used, "%s%.40s (%.8s)", c->count > 1 ? ", " : "",
                       member->shown, member->id[0] != '\0' ? member->id : member->key);
    }
}

bool methods_contacts_who(struct methods *m, const char *who, const char *network,
                          char key[WAVU_KEY_TEXT_MAX], struct jsonrpc_error *error)
{
    static const struct takes_meaning nobody[] = {
        {WAVU_ERR_NOT_FOUND, "nobody is called so, or has an id or key that begins so, with 8 "
                             "digits or more; 'wavu members' and 'wavu contacts' list people"},
        {0, NULL}};
    char names[200] = "";
    struct candidates c = {.text = names, .size = sizeof names};
    if (wavu_person_find(m->node, network, who, key) == 0) {
        return true;
    }
    wavu_person_candidates(m->node, network, who, name_candidate, &c);
    if (c.count == 0) {
        const struct cause_named named = {network, NULL};
        (void)(network != NULL ? cause_fail(m, error, WAVU_ERR_NOT_FOUND, named, nobody)
                               : takes_fail(error, WAVU_ERR_NOT_FOUND, nobody));
        return false;
    }
    /* A name that was cut in a letter is mended by jsonrpc_text, which writes the message. */
    (void)snprintf(m->problem, sizeof m->problem, "that can mean %zu people: %s; be exact", c.count,
                   names);
    *error = (struct jsonrpc_error){JSONRPC_TOO_LARGE + WAVU_ERR_INVALID, m->problem};
    return false;
}

/* Read {"who", "network", <third>}, and find the key. */
static bool read_who(struct methods *m, const json_t *params, const struct takes *takes,
                     const char *texts[TAKES_MAX], char key[WAVU_KEY_TEXT_MAX],
                     struct jsonrpc_error *error)
{
    return takes_read(takes, m, params, texts, error) &&
           methods_contacts_who(m, texts[0], texts[1], key, error);
}

static const struct takes_meaning meanings[] = {
    {WAVU_ERR_INVALID, "a key is 64 hexadecimal digits"},
    {WAVU_ERR_LIMIT, "there are as many contacts as there can be; take what is said of some back"},
    {WAVU_ERR_EXISTS, "another contact has that name, or one that looks like it; take another"},
    {0, NULL}};

/* ---- Looking ---- */

static json_t *describe(const struct wavu_contact *contact)
{
    json_t *one = json_object();
    takes_put(one, "key", json_string(contact->key));
    takes_put(one, "name", takes_text_or_null(contact->name));
    takes_put(one, "mark", json_string(contact->mark));
    takes_put(one, "verifiedUnixMs",
              contact->verified_unix_ms == 0 ? json_null()
                                             : json_integer((json_int_t)contact->verified_unix_ms));
    takes_put(one, "isBlocked", json_boolean(contact->is_blocked));
    return one;
}

static void add_contact(void *context, const struct wavu_contact *contact)
{
    json_t *contacts = context;
    CHECK(json_array_append_new(contacts, describe(contact)) == 0);
}

json_t *methods_contacts_list(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {.sentence = "this method takes no parameters"};
    const struct methods *m = context;
    const char *texts[TAKES_MAX];
    if (!takes_read(&takes, m, params, texts, error)) {
        return NULL;
    }
    json_t *contacts = json_array();
    wavu_contacts(m->node, add_contact, contacts);
    json_t *result = json_object();
    takes_put(result, "contacts", contacts);
    return result;
}

/* What is known of the person of that key, at least that nothing is. */
static json_t *contact_of(const struct methods *m, const char *key)
{
    struct wavu_contact contact = {.mark = "unverified"};
    if (wavu_contact(m->node, key, &contact) < 0) {
        (void)snprintf(contact.key, sizeof contact.key, "%s", key);
    }
    return describe(&contact);
}

json_t *methods_contacts_find(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"who", "network"},
        .count = 2,
        .needed = 1,
        .sentence = "this method takes {\"who\": a name, id or key, \"network\": optional}"};
    struct methods *m = context;
    const char *texts[TAKES_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    return read_who(m, params, &takes, texts, key, error) ? contact_of(m, key) : NULL;
}

/* ---- The safety number ---- */

static const struct takes_meaning number_meanings[] = {
    {WAVU_ERR_EXISTS, "that is the person of this node; a safety number is of two"},
    {WAVU_ERR_NOT_FOUND, "this node has no person yet; 'wavu create' or 'wavu join' makes one"},
    {0, NULL}};

json_t *methods_contacts_number(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"who", "network"},
        .count = 2,
        .needed = 1,
        .sentence = "this method takes {\"who\": a name, id or key, \"network\": optional}"};
    struct methods *m = context;
    struct wavu_safety safety;
    const char *texts[TAKES_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    if (!read_who(m, params, &takes, texts, key, error)) {
        return NULL;
    }
    int rc = wavu_safety_number(m->node, key, &safety);
    if (rc < 0) {
        return takes_fail(error, rc, number_meanings);
    }
    json_t *result = contact_of(m, key);
    takes_put(result, "digits", json_string(safety.digits));
    takes_put(result, "qr", json_string(safety.qr));
    takes_put(result, "print", json_string(safety.print));
    return result;
}

json_t *methods_contacts_verify(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"who", "network", "scanned"},
        .count = 3,
        .needed = 1,
        .sentence = "this method takes {\"who\": a name, id or key, \"network\": optional, "
                    "\"scanned\": a QR's text, or \"verified\": true or false}"};
    struct methods *m = context;
    const json_t *verified = json_object_get(params, "verified");
    const char *explain = NULL;
    const char *texts[TAKES_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    if (!read_who(m, params, &takes, texts, key, error)) {
        return NULL;
    }
    if ((texts[2] == NULL) != json_is_boolean(verified)) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, takes.sentence};
        return NULL;
    }
    int rc = texts[2] == NULL ? 0 : wavu_safety_check(m->node, key, texts[2], &explain);
    if (rc < 0) {
        const struct takes_meaning scanned[] = {{rc, explain}, {0, NULL}};
        return takes_fail(error, rc, explain != NULL ? scanned : number_meanings);
    }
    rc = wavu_contact_verify(m->node, key, texts[2] != NULL || json_is_true(verified));
    return rc < 0 ? takes_fail(error, rc, meanings) : contact_of(m, key);
}

/* ---- Wishes ---- */

json_t *methods_contacts_name(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"who", "network", "name"},
        .count = 3,
        .needed = 1,
        .sentence = "this method takes {\"who\": a name, id or key, \"network\": optional, "
                    "\"name\": what to call that person, or null}"};
    struct methods *m = context;
    const char *texts[TAKES_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    if (!read_who(m, params, &takes, texts, key, error)) {
        return NULL;
    }
    const char *name = texts[2] != NULL ? texts[2] : "";
    int rc = wavu_contact_name(m->node, key, name);
    if (rc == WAVU_ERR_INVALID) {
        const struct takes_meaning own[] = {{rc, name_explain(name_check(span_from_text(name)))},
                                            {0, NULL}};
        return takes_fail(error, rc, own);
    }
    return rc < 0 ? takes_fail(error, rc, meanings) : contact_of(m, key);
}

json_t *methods_contacts_block(void *context, const json_t *params, struct jsonrpc_error *error)
{
    static const struct takes takes = {
        .names = {"who", "network"},
        .count = 2,
        .needed = 1,
        .sentence = "this method takes {\"who\": a name, id or key, \"network\": optional, "
                    "\"blocked\": true or false}"};
    struct methods *m = context;
    const json_t *blocked = json_object_get(params, "blocked");
    const char *texts[TAKES_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    if (!json_is_boolean(blocked)) {
        *error = (struct jsonrpc_error){JSONRPC_INVALID_PARAMS, takes.sentence};
        return NULL;
    }
    if (!read_who(m, params, &takes, texts, key, error)) {
        return NULL;
    }
    int rc = wavu_contact_block(m->node, key, json_is_true(blocked));
    return rc < 0 ? takes_fail(error, rc, meanings) : contact_of(m, key);
}
