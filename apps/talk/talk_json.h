/*
 * Fields of what the node answers, read without trust: what is missing is "" or 0.
 */
#ifndef APPS_TALK_TALK_JSON_H
#define APPS_TALK_TALK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "apps/term/say.h"
#include "wavu/api.h"

struct json_t;

/** The text at `key`, borrowed; "" when there is none. */
const char *talk_json_text(const struct json_t *object, const char *key);

/** The number at `key`, 0 when there is none or it is below 0. */
uint64_t talk_json_count(const struct json_t *object, const char *key);

/** The same as far as 32 bits go. */
uint32_t talk_json_small(const struct json_t *object, const char *key);

bool talk_json_is(const struct json_t *object, const char *key);

/** Copy the text at `key`, cut to `size` bytes with NUL. */
void talk_json_copy(char *out, size_t size, const struct json_t *object, const char *key);

/** The same, a name, as it may be shown (CLEAN_NAME of apps/term/clean.h). */
void talk_json_shown(char *out, size_t size, const struct json_t *object, const char *key);

/** The name at `key` among words of a line, which cannot be read as some of them (say_name).
 * Returns `out`, or `nobody` when there is none. */
const char *talk_json_named(const struct json_t *object, const char *key, const char *nobody,
                            char out[SAY_CLEAN_MAX]);

#endif
