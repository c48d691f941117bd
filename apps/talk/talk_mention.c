/*
 * Names behind an @, looked up among the members that are known.
 */
#include "apps/talk/talk_mention.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/talk/talk_people.h"

#define TALK_MENTION_NAMES_MAX 128 /* of one text that are looked up */

/* What may stand behind a name, and before an @ that is none of a mention. */
static const char talk_mention_ends[] = ".,;:!?)]}'\"";
static const char talk_mention_joins[] = "._%+-@/=";

static bool talk_mention_is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr(talk_mention_joins, c) != NULL);
}

/* The name that begins at `text`: its bytes, and where it really begins. */
static size_t talk_mention_name(const char *text, const char **name)
{
    size_t len = 0;

    *name = text;
    if (*text == '"') {
        (*name)++;
        len = strcspn(*name, "\"\n");
        return (*name)[len] == '"' ? len : 0;
    }
    while ((unsigned char)text[len] > ' ') {
        len++;
    }
    return len;
}

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
static void talk_mention_try(const struct talk_network *network, const char *name, size_t len,
                             json_t *ids)
{
    char text[WAVU_SHOWN_MAX];

    memcpy(text, name, len);
    text[len] = '\0';
    if (talk_mention_add(network, text, ids)) {
        return;
    }
    while (len > 0 && strchr(talk_mention_ends, text[len - 1]) != NULL) {
        text[--len] = '\0';
    }
    if (len > 0) {
        (void)talk_mention_add(network, text, ids);
    }
}

void talk_mention_put(const struct talk_network *network, const char *text, json_t *params)
{
    json_t *ids = json_array();
    size_t names = 0;

    for (const char *at = strchr(text, '@');
         at != NULL && names < TALK_MENTION_NAMES_MAX && json_array_size(ids) < WAVU_MENTIONS_MAX;
         at = strchr(at + 1, '@')) {
        const char *name = NULL;
        const size_t len = talk_mention_name(at + 1, &name);

        if ((at == text || !talk_mention_is_word(at[-1])) && len > 0 && len < WAVU_SHOWN_MAX) {
            talk_mention_try(network, name, len, ids);
            names++;
        }
    }
    if (json_array_size(ids) > 0) {
        (void)json_object_set(params, "mentions", ids);
    }
    json_decref(ids);
}
