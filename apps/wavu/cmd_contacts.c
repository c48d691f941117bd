/*
 * Contacts, by questions to the running node; who is meant is resolved there.
 */
#include "apps/wavu/cmd_contacts.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_network.h"
#include "apps/term/say.h"

/* "on 2026-11-22", by this machine's clock and place; "" for no date. */
static const char *cmd_contacts_date(uint64_t unix_ms, char *out, size_t size)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm when;
    if (unix_ms == 0 || localtime_r(&seconds, &when) == NULL ||
        strftime(out, size, "%Y-%m-%d", &when) == 0) {
        out[0] = '\0';
    }
    return out;
}

/* How sure it is that this key is that person's. */
static void cmd_contacts_print_mark(const json_t *contact)
{
    char date[32];
    char clean[SAY_CLEAN_MAX];
    const char *mark = cmd_ask_text(contact, "mark");
    (void)cmd_contacts_date(cmd_ask_count(contact, "verifiedUnixMs"), date, sizeof date);
    if (strcmp(mark, "changed") == 0) {
        say_out(date[0] != '\0' ? tongue("KEY CHANGED, was verified on %s")
                                : tongue("KEY CHANGED, was verified"),
                date);
    } else if (strcmp(mark, "verified") == 0) {
        say_out(date[0] != '\0' ? tongue("verified on %s") : tongue("verified"), date);
    } else {
        say_out("%s", tongue(say_clean(mark, clean)));
    }
    say_out("%s\n", json_is_true(json_object_get(contact, "isBlocked")) ? tongue(", blocked") : "");
}

/* All members of the networks that this node is in, the caller's; what cannot be asked is left
 * out. */
static json_t *cmd_contacts_people(const struct call *call)
{
    json_t *people = json_array();
    json_t *result = NULL;
    int code = cmd_ask(call, "network.list", NULL, &result);
    const json_t *networks = json_object_get(result, "networks");
    for (size_t i = 0; code == 0 && i < json_array_size(networks); i++) {
        const json_t *network = json_array_get(networks, i);
        json_t *found = NULL;
        json_t *params = json_pack("{s:O*}", "network", json_object_get(network, "id"));
        if (json_is_true(json_object_get(network, "isMember"))) {
            code = cmd_ask(call, "network.members", params, &found);
            (void)json_array_extend(people, json_object_get(found, "members"));
        }
        json_decref(params);
        json_decref(found);
    }
    json_decref(result);
    return people;
}

/* The first digits of the id by which 'wavu members' lists that person, who is called `name` there;
 * of who is in no network of ours those of the key, called so, and "". */
static void cmd_contacts_id(const json_t *people, const json_t *contact, char *out, size_t size,
                            const char **name)
{
    *name = "";
    (void)snprintf(out, size, tongue("key %s"), cmd_network_short(contact, "key"));
    for (size_t i = 0; i < json_array_size(people); i++) {
        const json_t *one = json_array_get(people, i);
        if (strcmp(cmd_ask_text(one, "key"), cmd_ask_text(contact, "key")) == 0 &&
            strcmp(cmd_ask_text(one, "standing"), "member") == 0) {
            (void)snprintf(out, size, "%s", cmd_network_short(one, "id"));
            *name = cmd_ask_text(one, "nick")[0] != '\0' ? cmd_ask_text(one, "shown") : "";
            return;
        }
    }
}

/* "Mama (0a1b2c3d)", by our own name or else its own; or the first digits alone. */
static void cmd_contacts_print_one(const json_t *people, const json_t *contact)
{
    char clean[SAY_CLEAN_MAX];
    char id[32];
    const char *own = cmd_ask_text(contact, "name");
    const char *name = NULL;
    cmd_contacts_id(people, contact, id, sizeof id, &name);
    name = own[0] != '\0' ? own : name;
    say_out(name[0] != '\0' ? "%s (%s): " : "%s%s: ", say_clean(name, clean), id);
    cmd_contacts_print_mark(contact);
}

int cmd_contacts_run(struct call *call)
{
    json_t *result = NULL;
    int code = cmd_ask(call, "contact.list", NULL, &result);
    const json_t *contacts = json_object_get(result, "contacts");
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0 && json_array_size(contacts) == 0) {
        say_out("no contacts yet; 'wavu verify WHO' and 'wavu contact name WHO NAME' make some\n");
    }
    json_t *people = code == 0 && !call->is_json ? cmd_contacts_people(call) : NULL;
    for (size_t i = 0; people != NULL && i < json_array_size(contacts); i++) {
        cmd_contacts_print_one(people, json_array_get(contacts, i));
    }
    json_decref(people);
    json_decref(result);
    return code;
}

/* ---- One of them ---- */

/* Ask, and say how it stands now. Takes `params`. */
static int cmd_contacts_wish(const struct call *call, const char *method, json_t *params)
{
    json_t *result = NULL;
    if (params == NULL) {
        return say_problem(SAY_USAGE, "a name is text in UTF-8");
    }
    int code = cmd_ask(call, method, params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        json_t *people = cmd_contacts_people(call);
        cmd_contacts_print_one(people, result);
        json_decref(people);
    }
    json_decref(params);
    json_decref(result);
    return code;
}

int cmd_contacts_one_run(struct call *call)
{
    const char *wish = call->args.words[0];
    const char *who = call->args.words[1];
    const char *network = args_value(&call->args, "network");
    bool has_name = call->args.word_count > 2;
    if (strcmp(wish, "name") == 0) {
        json_t *params = json_pack("{s:s,s:s*,s:s*}", "who", who, "network", network, "name",
                                   has_name ? call->args.words[2] : NULL);
        return cmd_contacts_wish(call, "contact.name", params);
    }
    bool is_block = strcmp(wish, "block") == 0;
    if (has_name || (!is_block && strcmp(wish, "unblock") != 0 && strcmp(wish, "show") != 0)) {
        return say_problem(SAY_USAGE, "it is: wavu contact name WHO [NAME], or contact show, block "
                                      "or unblock WHO");
    }
    if (strcmp(wish, "show") == 0) {
        return cmd_contacts_wish(call, "contact.find",
                                 json_pack("{s:s,s:s*}", "who", who, "network", network));
    }
    return cmd_contacts_wish(
        call, "contact.block",
        json_pack("{s:s,s:s*,s:b}", "who", who, "network", network, "blocked", is_block));
}

/* ---- The safety number ---- */

/* Of whom a person typed as `who`: it is not yet called so when nobody has named that contact. */
static void cmd_contacts_print_number(const json_t *result, const char *who)
{
    char clean[SAY_CLEAN_MAX];
    say_out("The safety number of you and %s (key %s):\n\n", say_clean(who, clean),
            cmd_network_short(result, "key"));
    const char *digits = say_clean(cmd_ask_text(result, "digits"), clean);
    for (size_t i = 0; digits[i] != '\0'; i += 24) { /* four groups of five a line */
        say_out("    %.23s\n", digits + i);
        if (strlen(digits + i) < 24) {
            break;
        }
    }
    say_out("\nWhat a QR shows:\n%s\n\n", say_clean(cmd_ask_text(result, "qr"), clean));
    say_out("now: ");
    cmd_contacts_print_mark(result);
    say_wrapped(0, 0,
                "Compare it side by side, or by a voice that you know: both have to see the same. "
                "Then mark it with 'wavu verify WHO --yes'. Other numbers mean that somebody "
                "stands between you.");
}

int cmd_contacts_verify_run(struct call *call)
{
    const char *who = call->args.words[0];
    const char *network = args_value(&call->args, "network");
    const char *scanned = args_value(&call->args, "scanned");
    bool is_yes = args_has(&call->args, "yes");
    bool is_no = args_has(&call->args, "no");
    json_t *result = NULL;
    if ((scanned != NULL) + is_yes + is_no > 1) {
        return say_problem(SAY_USAGE, "say one of --yes, --no and --scanned TEXT");
    }
    if (scanned != NULL) {
        return cmd_contacts_wish(
            call, "contact.verify",
            json_pack("{s:s,s:s*,s:s}", "who", who, "network", network, "scanned", scanned));
    }
    if (is_yes || is_no) {
        return cmd_contacts_wish(
            call, "contact.verify",
            json_pack("{s:s,s:s*,s:b}", "who", who, "network", network, "verified", is_yes));
    }
    json_t *params = json_pack("{s:s,s:s*}", "who", who, "network", network);
    if (params == NULL) {
        return say_problem(SAY_USAGE, "a name is text in UTF-8");
    }
    int code = cmd_ask(call, "contact.number", params, &result);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        cmd_contacts_print_number(result, who);
    }
    json_decref(params);
    json_decref(result);
    return code;
}
