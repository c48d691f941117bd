/*
 * Names in a text are looked up at the running node, which knows whom they can mean; nobody is
 * guessed.
 */
#include "apps/wavu/cmd_mention.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/mention.h"
#include "apps/wavu/cmd_ask.h"
#include "apps/wavu/cmd_people.h"
#include "apps/term/say.h"
#include "wavu/rooms.h"

/* What is looked up of one text. */
struct mention {
    const struct call *call;
    char network[WAVU_KEY_TEXT_MAX]; /* "": none is meant, or several are */
    json_t *seen;                    /* names that were looked up, as keys */
    json_t *ids;
};

/* Which network it is said in, when that is clear; what is not clear the node says later. */
static int cmd_mention_network(struct mention *m)
{
    const char *name = args_value(&m->call->args, "network");
    json_t *result = NULL;
    size_t count = 0;
    int code = cmd_ask(m->call, "network.list", NULL, &result);
    const json_t *networks = json_object_get(result, "networks");

    for (size_t i = 0; i < json_array_size(networks); i++) {
        const json_t *network = json_array_get(networks, i);
        const char *id = cmd_ask_text(network, "id");

        if (json_is_true(json_object_get(network, "isMember")) &&
            (name == NULL || strcmp(name, id) == 0 ||
             strcmp(name, cmd_ask_text(network, "name")) == 0)) {
            (void)snprintf(m->network, sizeof m->network, "%s", id);
            count++;
        }
    }
    if (count != 1) {
        m->network[0] = '\0';
    }
    json_decref(result);
    return code;
}

/* Mention that one, if it still belongs. */
static void cmd_mention_add(struct mention *m, const json_t *member)
{
    const char *standing = cmd_ask_text(member, "standing");
    json_t *id = json_object_get(member, "id");

    if (strcmp(standing, "put out") == 0 || strcmp(standing, "left") == 0) {
        return;
    }
    for (size_t i = 0; i < json_array_size(m->ids); i++) {
        if (json_equal(json_array_get(m->ids, i), id)) {
            return;
        }
    }
    (void)json_array_append(m->ids, id);
}

/* Look `name` up; `*count` gets how many members it can mean. */
static int cmd_mention_look(struct mention *m, const char *name, size_t *count)
{
    json_t *members = NULL;
    int code = cmd_people_meant(m->call, m->network, name, &members);

    *count = json_array_size(members);
    if (code == 0 && *count == 1) {
        cmd_mention_add(m, json_array_get(members, 0));
    } else if (code == 0 && *count > 1) {
        char names[CMD_PEOPLE_LIST_MAX];
        char clean[SAY_CLEAN_MAX];

        cmd_people_list(members, names);
        say_warning("'@%s' can mean %zu members: %s; it mentions nobody: write @ and the name as "
                    "shown, or the beginning of an id",
                    say_clean(name, clean), *count, names);
    }
    json_decref(members);
    return code;
}

/* The whole word first: a name may end so. */
static int cmd_mention_try(struct mention *m, struct span name)
{
    char text[WAVU_SHOWN_MAX];
    const struct span bare = mention_bare(name);
    size_t count = 0;

    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    if (json_object_get(m->seen, text) != NULL ||
        json_object_set_new(m->seen, text, json_true()) < 0) {
        return 0;
    }
    int code = cmd_mention_look(m, text, &count);

    if (code == 0 && count == 0 && bare.len > 0 && bare.len < name.len) {
        text[bare.len] = '\0';
        if (json_object_get(m->seen, text) == NULL) {
            (void)json_object_set_new(m->seen, text, json_true());
            code = cmd_mention_look(m, text, &count);
        }
    }
    return code;
}

int cmd_mention_put(const struct call *call, struct span text, json_t *params)
{
    struct mention m = {.call = call};
    struct span name;
    size_t at = 0;

    if (!mention_next(text, &at, &name)) {
        return 0;
    }
    m.seen = json_object();
    m.ids = json_array();
    int code = cmd_mention_network(&m);
    bool is_more = code == 0 && m.network[0] != '\0';

    while (code == 0 && is_more && json_object_size(m.seen) < MENTION_NAMES_MAX &&
           json_array_size(m.ids) < WAVU_MENTIONS_MAX) {
        code = cmd_mention_try(&m, name);
        is_more = mention_next(text, &at, &name);
    }
    if (code == 0 && is_more) {
        say_warning("a message mentions %d members at most, of %d names that are looked up; what "
                    "stands behind a later @ stays text",
                    WAVU_MENTIONS_MAX, MENTION_NAMES_MAX);
    }
    if (code == 0 && json_array_size(m.ids) > 0) {
        (void)json_object_set(params, "mentions", m.ids);
    }
    json_decref(m.seen);
    json_decref(m.ids);
    return code;
}
