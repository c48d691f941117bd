/*
 * Values from text. No locale has a say in any of them.
 */
#include "apps/wavu/settings_value.h"

#include <stdio.h>
#include <string.h>

#include "apps/daemon/web_address.h"
#include "base/duration.h"
#include "base/multiaddr.h"
#include "base/toml.h"

/* Digits at the start of `text`; `*end` is behind them. False without any, or beyond 2^63. */
static bool read_digits(const char *text, uint64_t *value, const char **end)
{
    *value = 0;
    *end = text;
    while (**end >= '0' && **end <= '9' && *value < UINT64_C(1) << 59) {
        *value = *value * 10 + (uint64_t)(**end - '0');
        (*end)++;
    }
    return *end > text && (**end < '0' || **end > '9');
}

const char *settings_value_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    const char *end = NULL;
    uint64_t value = 0;
    if (!read_digits(text, &value, &end) || *end != '\0' || value < min || value > max) {
        return "a whole number";
    }
    *out = value;
    return NULL;
}

const char *settings_value_duration(const char *text, uint64_t min, uint64_t max, uint64_t *out_ms)
{
    uint64_t ms = 0;
    if (duration_parse(text, &ms) < 0 || ms < min || ms > max) {
        return DURATION_WANTED;
    }
    *out_ms = ms;
    return NULL;
}

/* A number with a point, by the reader of the file: no locale has a say in it. */
const char *settings_value_real(const char *text, uint64_t min, uint64_t max, double *out)
{
    char line[64];
    struct toml *t = NULL;
    struct toml_error error;
    (void)snprintf(line, sizeof line, "x=%.48s", text);
    if (toml_parse(span_from_text(line), &t, &error) < 0) {
        return "a number";
    }
    const struct toml_value *v = &toml_entry(t, 0)->value;
    bool is_good = (v->kind == TOML_FLOAT || v->kind == TOML_INTEGER) && v->real >= (double)min &&
                   v->real <= (double)max;
    *out = is_good ? v->real : *out;
    toml_free(t);
    return is_good ? NULL : "a number";
}

const char *settings_value_word(const char *text, const char *yes, const char *no, bool *out)
{
    if (strcmp(text, yes) != 0 && strcmp(text, no) != 0) {
        return strcmp(yes, "true") == 0  ? "true or false"
               : strcmp(yes, "low") == 0 ? "normal or low"
                                         : "text or json";
    }
    *out = strcmp(text, yes) == 0;
    return NULL;
}

const char *settings_value_levels(const char *text, struct log_levels *out)
{
    struct log_levels fresh;
    log_levels_init(&fresh, LOG_WARN);
    if (log_levels_parse(&fresh, text) < 0) {
        return LOG_LEVELS_WANTED;
    }
    *out = fresh;
    return NULL;
}

const char *settings_value_name(const char *text, char out[SETTINGS_NETWORK_MAX])
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
    if (len == 0 || text[len] != '\0' || len >= SETTINGS_NETWORK_MAX) {
        return "a name of 1 to 64 of a-z, 0-9, '.', '-' and '_'";
    }
    memcpy(out, text, len + 1);
    return NULL;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
    return at == NULL ? -1 : (int)(at - digits);
}

const char *settings_value_hex(const char *text, uint8_t *out, size_t size)
{
    bool is_good = strlen(text) == 2 * size;
    for (size_t i = 0; is_good && i < 2 * size; i++) {
        is_good = hex_digit(text[i]) >= 0;
    }
    for (size_t i = 0; is_good && i < size; i++) {
        out[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    }
    return is_good ? NULL : "64 hexadecimal digits";
}

const char *settings_value_address(const char *text, char out[SETTINGS_ADDRESS_MAX])
{
    struct multiaddr parsed;
    if (strlen(text) >= SETTINGS_ADDRESS_MAX ||
        multiaddr_parse_any(&parsed, span_from_text(text)) < 0) {
        return "an address: host:port, or a multiaddr such as /ip4/192.0.2.7/tcp/9000";
    }
    (void)snprintf(out, SETTINGS_ADDRESS_MAX, "%s", text);
    return NULL;
}

const char *settings_value_local(const char *text, char out[SETTINGS_ADDRESS_MAX])
{
    struct web_address address;
    if (!web_address_read(text, &address)) {
        return WEB_ADDRESS_WANTED;
    }
    (void)snprintf(out, SETTINGS_ADDRESS_MAX, "%s", text);
    return NULL;
}
