/*
 * Members as people see them: by the names that they give themselves, and by ids where a name does
 * not tell one from another. Names stand last in a line, so that none can pass for a column.
 */
#include "apps/wavu/cmd_people.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/term/tongue.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_mesh.h"
#include "apps/wavu/cmd_network.h"
#include "apps/term/ask.h"
#include "apps/term/say.h"
#include "wavu/members.h"

/* ---- Members ---- */

static bool cmd_people_is(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

static void cmd_people_print_member(const json_t *member)
{
    char clean[SAY_CLEAN_MAX];
    const char *nick = cmd_ask_text(member, "nick");
    const char *shown = cmd_ask_text(member, "shown"); /* an older node does not say */
    const char *id = cmd_ask_text(member, "id");
    const char *inviter = cmd_ask_text(member, "inviter");
    say_out("%-8s  ", cmd_network_short(member, "id"));
    const char *standing = tongue(say_clean(cmd_ask_text(member, "standing"), clean));
    say_out("%-*s  ", tongue_width(standing, 13), standing);
    const char *online = cmd_people_is(member, "isSelf")     ? tongue("you")
                         : cmd_people_is(member, "isOnline") ? tongue("yes")
                                                             : "-";
    say_out("%-*s  %7llu  ", tongue_width(online, 9), online,
            (unsigned long long)cmd_ask_count(member, "devices"));
    const char *from =
        strcmp(id, inviter) == 0 ? tongue("founder") : cmd_network_short(member, "inviter");
    say_out("%-*s  ", tongue_width(from, 8), from);
    say_out("%s%s\n", nick[0] == '\0' ? "-" : say_clean(shown[0] != '\0' ? shown : nick, clean),
            cmd_people_is(member, "isAmbiguous")
                ? tongue("  (another is called so, or looks like it)")
                : "");
}

static void cmd_people_print_network(const json_t *network, const json_t *members)
{
    char clean[SAY_CLEAN_MAX];
    const unsigned long long count = cmd_ask_count(network, "members");
    say_out(
        cmd_people_is(network, "isMember")
            ? tongue_many("%s: %llu member\n", "%s: %llu members\n", count)
        : cmd_people_is(network, "hasLeft")
            ? tongue_many("%s (you left): %llu member\n", "%s (you left): %llu members\n", count)
            : tongue_many("%s (you were put out): %llu member\n",
                          "%s (you were put out): %llu members\n", count),
        say_clean(cmd_ask_text(network, "name"), clean), count);
    say_out("%-8s  %-13s  %-9s  %7s  %-8s  NAME\n", "ID", "STANDING", "CONNECTED", "DEVICES", "BY");
    for (size_t i = 0; i < json_array_size(members); i++) {
        cmd_people_print_member(json_array_get(members, i));
    }
}

/* Is it one that this node belongs to (or did), and that was meant? `name` may be NULL: all are. */
static bool cmd_people_is_meant(const json_t *network, const char *name, bool is_member)
{
    return cmd_people_is(network, "isMember") == is_member &&
           (name == NULL || strcmp(cmd_ask_text(network, "name"), name) == 0 ||
            strcmp(cmd_ask_text(network, "id"), name) == 0);
}

/* Ask for the members of each network that is meant and keep them in it; others go. Where this node
 * is in none of them, those are meant that it was in, as of rooms and chats. */
static int cmd_people_fill(const struct call *call, json_t *networks)
{
    const char *name = args_value(&call->args, "network");
    bool is_member = false;
    int code = 0;
    size_t i = 0;
    for (size_t k = 0; k < json_array_size(networks); k++) {
        is_member = is_member || cmd_people_is_meant(json_array_get(networks, k), name, true);
    }
    while (code == 0 && i < json_array_size(networks)) {
        json_t *network = json_array_get(networks, i);
        json_t *result = NULL;
        if (!cmd_people_is_meant(network, name, is_member)) {
            (void)json_array_remove(networks, i);
            continue;
        }
        json_t *params = json_pack("{s:O}", "network", json_object_get(network, "id"));
        code = cmd_ask(call, "network.members", params, &result);
        (void)json_object_set(network, "people", json_object_get(result, "members"));
        json_decref(params);
        json_decref(result);
        i++;
    }
    return code;
}

static void cmd_people_print(const json_t *networks)
{
    for (size_t i = 0; i < json_array_size(networks); i++) {
        const json_t *network = json_array_get(networks, i);
        say_out("%s", i > 0 ? "\n" : "");
        cmd_people_print_network(network, json_object_get(network, "people"));
    }
}

int cmd_people_members_run(struct call *call)
{
    const char *name = args_value(&call->args, "network");
    json_t *result = NULL;
    if (args_has(&call->args, "nodes")) {
        return cmd_mesh_members_run(call);
    }
    int code = cmd_ask(call, "network.list", NULL, &result);
    json_t *networks = json_object_get(result, "networks");
    code = code == 0 ? cmd_people_fill(call, networks) : code;
    if (code == 0 && json_array_size(networks) == 0) {
        code = name == NULL
                   ? cmd_mesh_members_run(call)
                   : say_problem(SAY_NOT_FOUND,
                                 "this node is in no network '%s'; 'wavu networks' lists its own",
                                 name);
    } else if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    } else if (code == 0) {
        cmd_people_print(networks);
    }
    json_decref(result);
    return code;
}

/* ---- Putting somebody out ---- */

/* "Baraka (0a1b2c3d)", or the id's first digits alone. */
static void cmd_people_call(const json_t *member, char *out, size_t size)
{
    char clean[SAY_CLEAN_MAX];
    const char *shown = cmd_ask_text(member, "shown"); /* an older node does not say */
    const char *nick = cmd_ask_text(member, "nick");
    const char *name = shown[0] != '\0' ? shown : nick;
    if (nick[0] != '\0' || cmd_ask_text(member, "ownName")[0] != '\0') {
        (void)snprintf(out, size, "%s (%s)", say_clean(name, clean),
                       cmd_network_short(member, "id"));
    } else {
        (void)snprintf(out, size, "%s", cmd_network_short(member, "id"));
    }
}

void cmd_people_list(const json_t *members, char names[CMD_PEOPLE_LIST_MAX])
{
    const size_t size = CMD_PEOPLE_LIST_MAX;
    char clean[SAY_CLEAN_MAX];
    bool is_several = cmd_network_is_several(members);
    size_t count = json_array_size(members);
    size_t used = 0;
    names[0] = '\0';
    for (size_t i = 0; i < count && i < CMD_PEOPLE_NAMED_MAX && used < size; i++) {
        const json_t *member = json_array_get(members, i);
        char name[CMD_PEOPLE_CALL_MAX];
        cmd_people_call(member, name, sizeof name);
        const char *of = say_clean(cmd_ask_text(member, "networkName"), clean);
        int put = snprintf(names + used, size - used, "%s", i > 0 ? ", " : "");
        used += put > 0 ? (size_t)put : 0;
        if (used < size) {
            put = is_several ? snprintf(names + used, size - used, tongue("%s of %s"), name, of)
                             : snprintf(names + used, size - used, "%s", name);
            used += put > 0 ? (size_t)put : 0;
        }
    }
    if (count > CMD_PEOPLE_NAMED_MAX && used < size) {
        (void)snprintf(names + used, size - used, ", ...");
    }
}

int cmd_people_meant(const struct call *call, const char *network, const char *who,
                     json_t **members)
{
    json_t *result = NULL;
    json_t *params = json_pack("{s:s,s:s*}", "who", who, "network", network);
    *members = NULL;
    if (params == NULL) {
        return say_problem(SAY_USAGE, "a name is text in UTF-8");
    }
    int code = cmd_ask(call, "network.find", params, &result);
    *members = json_incref(json_object_get(result, "members"));
    json_decref(params);
    json_decref(result);
    return code;
}

int cmd_people_find(const struct call *call, const char *network, const char *who, json_t **member)
{
    char names[CMD_PEOPLE_LIST_MAX];
    char clean[SAY_CLEAN_MAX];
    json_t *members = NULL;
    int code = cmd_people_meant(call, network, who, &members);
    *member = NULL;
    size_t count = json_array_size(members);
    if (code == 0 && count == 0) {
        code = say_problem(SAY_NOT_FOUND,
                           "no member is called '%s' or has an id or key that begins so, with 8 "
                           "digits or more; 'wavu members' lists them",
                           say_clean(who, clean));
    } else if (code == 0 && count > 1) {
        cmd_people_list(members, names);
        code = cmd_network_is_several(members)
                   ? say_problem(SAY_USAGE,
                                 "'%s' can mean %zu members: %s; say which network (--network N), "
                                 "or type the beginning of an id",
                                 say_clean(who, clean), count, names)
                   : say_problem(SAY_USAGE,
                                 "'%s' can mean %zu members: %s; type the beginning of an id",
                                 say_clean(who, clean), count, names);
    } else if (code == 0) {
        *member = json_incref(json_array_get(members, 0));
    }
    json_decref(members);
    return code;
}

const char *cmd_people_network(const struct call *call, const json_t *member)
{
    const char *network = args_value(&call->args, "network");
    return network != NULL ? network : json_string_value(json_object_get(member, "network"));
}

int cmd_people_hears(const json_t *member)
{
    char name[CMD_PEOPLE_CALL_MAX];
    if (!cmd_people_is(member, "isBlocked")) {
        return 0;
    }
    cmd_people_call(member, name, sizeof name);
    return say_problem(SAY_DENIED,
                       "you have blocked %s, and would not be told of an answer; 'wavu contact "
                       "unblock %s' ends that",
                       name, cmd_network_short(member, "id"));
}

static int cmd_people_revoke(const struct call *call, const json_t *member)
{
    const char *network = cmd_people_network(call, member);
    bool is_subtree = args_has(&call->args, "subtree");
    char name[CMD_PEOPLE_CALL_MAX];
    json_t *result = NULL;
    json_t *params = json_pack("{s:O,s:s*,s:b}", "member", json_object_get(member, "id"), "network",
                               network, "subtree", is_subtree);
    int code = cmd_ask(call, "network.revoke", params, &result);
    cmd_people_call(member, name, sizeof name);
    if (code == 0 && call->is_json) {
        code = cmd_ask_print_json(result);
    }
    if (code == 0 && !cmd_people_is(result, "holds")) {
        code = say_problem(SAY_FAILURE,
                           "it is signed, but %s still belongs: by the network's policy somebody "
                           "else has to revoke as well",
                           name);
    } else if (code == 0 && !call->is_json) {
        say_out(is_subtree ? "%s is put out, with all whom this member has brought in\n"
                           : "%s is put out\n",
                name);
    }
    json_decref(params);
    json_decref(result);
    return code;
}

static bool cmd_people_is_gone(const json_t *member)
{
    const char *standing = cmd_ask_text(member, "standing");
    return strcmp(standing, "put out") == 0 || strcmp(standing, "left") == 0;
}

/* Who would be put out. */
static int cmd_people_rehearse(const struct call *call, const json_t *member)
{
    char name[CMD_PEOPLE_CALL_MAX];
    bool is_subtree = args_has(&call->args, "subtree");
    cmd_people_call(member, name, sizeof name);
    if (!call->is_json) {
        say_out(is_subtree ? "%s would be put out, with all whom this member has brought in\n"
                           : "%s would be put out\n",
                name);
        return SAY_OK;
    }
    json_t *result = json_pack("{s:O,s:b,s:b}", "member", json_object_get(member, "id"), "subtree",
                               is_subtree, "isDryRun", true);
    int code = cmd_ask_print_json(result);
    json_decref(result);
    return code;
}

/* Does a person want it? Returns 0, or an exit code after a sentence. */
static int cmd_people_confirm(const json_t *member)
{
    char clean[SAY_CLEAN_MAX];
    char name[CMD_PEOPLE_CALL_MAX];
    const char *nick = cmd_ask_text(member, "nick");
    if (!ask_is_possible()) {
        return ask_explain();
    }
    cmd_people_call(member, name, sizeof name);
    (void)fprintf(
        stderr,
        tongue("%s will read and say nothing more in this network. It cannot be undone: to\n"
               "come back it takes a new invitation.\n"),
        name);
    return ask_typed(nick[0] != '\0' ? say_clean(nick, clean) : "yes");
}

int cmd_people_revoke_run(struct call *call)
{
    char clean[SAY_CLEAN_MAX];
    json_t *member = NULL;
    int code =
        cmd_people_find(call, args_value(&call->args, "network"), call->args.words[0], &member);
    if (code == 0 && cmd_people_is(member, "isSelf")) {
        code =
            say_problem(SAY_USAGE, "that is the person of this node; only others can put it out");
    } else if (code == 0 && cmd_people_is_gone(member) &&
               strlen(call->args.words[0]) < WAVU_KEY_TEXT_MAX - 1) {
        code = say_problem(SAY_NOT_FOUND,
                           "that is no member any more (%s), and nothing was done; the whole id "
                           "puts it out all the same",
                           tongue(say_clean(cmd_ask_text(member, "standing"), clean)));
    } else if (code == 0 && args_has(&call->args, "dry-run")) {
        code = cmd_people_rehearse(call, member);
    } else if (code == 0) {
        code = args_has(&call->args, "yes") ? 0 : cmd_people_confirm(member);
        code = code == 0 ? cmd_people_revoke(call, member) : code;
    }
    json_decref(member);
    return code;
}
