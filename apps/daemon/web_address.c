/*
 * Addresses as a person types them, and as a browser says them.
 */
#include "apps/daemon/web_address.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

/* "0" to "65535", and nothing behind it. */
static bool web_address_read_port(const char *text, uint16_t *out)
{
    uint32_t value = 0;
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 5 || text[len] != '\0') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        value = value * 10 + (uint32_t)(text[i] - '0');
    }
    *out = (uint16_t)value;
    return value <= UINT16_MAX;
}

/* Any of 127.0.0.0/8, or ::1. */
static bool web_address_is_loopback(const char *host)
{
    struct in_addr ip4;
    struct in6_addr ip6;
    if (inet_pton(AF_INET, host, &ip4) == 1) {
        return ntohl(ip4.s_addr) >> 24 == 127;
    }
    return inet_pton(AF_INET6, host, &ip6) == 1 && memcmp(&ip6, &in6addr_loopback, sizeof ip6) == 0;
}

/* The host of "host:port", "[host]:port" or "host" into `out`; what stands behind it into `rest`.
 */
static bool web_address_split(const char *text, char out[WEB_ADDRESS_HOST_MAX], const char **rest)
{
    bool is_bracketed = text[0] == '[';
    const char *from = text + (is_bracketed ? 1 : 0);
    size_t len = strcspn(from, is_bracketed ? "]" : ":");
    if (len == 0 || len >= WEB_ADDRESS_HOST_MAX || (is_bracketed && from[len] != ']')) {
        return false;
    }
    memcpy(out, from, len);
    out[len] = '\0';
    *rest = from + len + (is_bracketed ? 1 : 0);
    return is_bracketed == (strchr(out, ':') != NULL);
}

bool web_address_read(const char *text, struct web_address *out)
{
    struct web_address read = {.is_unix = text[0] == '/'};
    const char *rest = "";
    if (strcmp(text, "off") == 0) {
        *out = read;
        return true;
    }
    if (read.is_unix) {
        size_t len = strlen(text);
        if (len >= sizeof read.host || text[len - 1] == '/') {
            return false;
        }
        memcpy(read.host, text, len + 1);
        *out = read;
        return true;
    }
    if (!web_address_split(text, read.host, &rest) || rest[0] != ':' ||
        !web_address_read_port(rest + 1, &read.port)) {
        return false;
    }
    if (strcmp(read.host, "localhost") == 0) {
        memcpy(read.host, "127.0.0.1", sizeof "127.0.0.1");
    }
    if (!web_address_is_loopback(read.host)) {
        return false;
    }
    *out = read;
    return true;
}

bool web_address_is_own(const char *host, size_t len)
{
    char text[WEB_ADDRESS_HOST_MAX + 8];
    char name[WEB_ADDRESS_HOST_MAX];
    const char *rest = "";
    uint16_t port = 0;
    if (len == 0 || len >= sizeof text || memchr(host, '\0', len) != NULL) {
        return false;
    }
    memcpy(text, host, len);
    text[len] = '\0';
    if (!web_address_split(text, name, &rest) ||
        (rest[0] != '\0' && (rest[0] != ':' || !web_address_read_port(rest + 1, &port)))) {
        return false;
    }
    return strcasecmp(name, "localhost") == 0 || web_address_is_loopback(name);
}
