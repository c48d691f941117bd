/*
 * Reading of answers.
 */
#include "apps/talk/talk_json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/term/clean.h"

const char *talk_json_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

uint64_t talk_json_count(const json_t *object, const char *key)
{
    const json_int_t value = json_integer_value(json_object_get(object, key));

    return value > 0 ? (uint64_t)value : 0;
}

uint32_t talk_json_small(const json_t *object, const char *key)
{
    const uint64_t value = talk_json_count(object, key);

    return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

bool talk_json_is(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

void talk_json_copy(char *out, size_t size, const json_t *object, const char *key)
{
    (void)snprintf(out, size, "%s", talk_json_text(object, key));
}

void talk_json_shown(char *out, size_t size, const json_t *object, const char *key)
{
    const char *text = talk_json_text(object, key);

    (void)clean_text(out, size, text, strlen(text), CLEAN_NAME);
}

const char *talk_json_named(const json_t *object, const char *key, const char *nobody,
                            char out[SAY_CLEAN_MAX])
{
    const char *text = talk_json_text(object, key);

    return text[0] != '\0' ? say_name(text, " ", out) : nobody;
}
