/*
 * Names behind an @, looked up among the members that are known.
 */
#include "apps/talk/talk_mention.h"

#include <jansson.h>
#include <string.h>

#include "apps/talk/mention.h"
#include "apps/talk/talk_people.h"

/* Mention whom `name` means; false: nobody, or several. */
static bool talk_mention_add(const struct talk_network *network, const char *name, json_t *ids)
{
    const struct talk_member *m = NULL;

    if (talk_people_meant(network, name, &m, 1) != 1) {
        return false;
    }
    for (size_t i = 0; i < json_array_size(ids); i++) {
        if (strcmp(json_string_value(json_array_get(ids, i)), m->id) == 0) {
            return true;
        }
    }
    if (m->is_member || strcmp(m->standing, "invited") == 0) {
        (void)json_array_append_new(ids, json_string(m->id));
    }
    return true;
}

/* The whole word first: a name may end so. */
static void talk_mention_try(const struct talk_network *network, struct span name, json_t *ids)
{
    char text[WAVU_SHOWN_MAX];
    const struct span bare = mention_bare(name);

    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    if (!talk_mention_add(network, text, ids) && bare.len > 0 && bare.len < name.len) {
        text[bare.len] = '\0';
        (void)talk_mention_add(network, text, ids);
    }
}

void talk_mention_put(const struct talk_network *network, const char *text, json_t *params)
{
    json_t *ids = json_array();
    struct span name;
    size_t at = 0;
    size_t names = 0;

    while (names < MENTION_NAMES_MAX && json_array_size(ids) < WAVU_MENTIONS_MAX &&
           mention_next(span_from_text(text), &at, &name)) {
        talk_mention_try(network, name, ids);
        names++;
    }
    if (json_array_size(ids) > 0) {
        (void)json_object_set(params, "mentions", ids);
    }
    json_decref(ids);
}
