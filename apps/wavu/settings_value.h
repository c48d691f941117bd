/*
 * One value of a setting from text, as the file has it between its quotes and as options have it.
 *
 * Each returns NULL, or what it takes instead, for a sentence ("a whole number"); then nothing
 * changed.
 */
#ifndef APPS_WAVU_SETTINGS_VALUE_H
#define APPS_WAVU_SETTINGS_VALUE_H

#include <stdbool.h>

#include "apps/wavu/settings.h"

/** A whole number from `min` to `max`. */
const char *settings_value_number(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/** A time, in ms. */
const char *settings_value_duration(const char *text, uint64_t min, uint64_t max, uint64_t *out_ms);

/** A number with a point or without. */
const char *settings_value_real(const char *text, uint64_t min, uint64_t max, double *out);

/** One of the words true and false (`*out` true, false), low and normal, json and text. */
const char *settings_value_word(const char *text, const char *yes, const char *no, bool *out);

/** Levels of the log; they stand in place of all of an earlier text. */
const char *settings_value_levels(const char *text, struct log_levels *out);

/** A network's name. */
const char *settings_value_name(const char *text, char out[SETTINGS_NETWORK_MAX]);

/** 64 hexadecimal digits; `size` is 32. */
const char *settings_value_hex(const char *text, uint8_t *out, size_t size);

/** An address of a peer, or to listen at. */
const char *settings_value_address(const char *text, char out[SETTINGS_ADDRESS_MAX]);

/** Where this machine alone is served (apps/daemon/web_address.h). */
const char *settings_value_local(const char *text, char out[SETTINGS_ADDRESS_MAX]);

#endif
