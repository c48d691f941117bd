/*
 * Multiaddrs: binary input that decodes is byte-identical, has a text, and that text parses to the
 * same bytes. Text input that parses has a canonical text which is a fixed point. Every operation
 * on a valid address leaves a valid one.
 */
#include "base/multiaddr.h"

#include <string.h>

#include "base/check.h"
#include "wavu/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_texts(const struct multiaddr *a)
{
    char text[MULTIADDR_TEXT_MAX];
    struct multiaddr back;
    CHECK(multiaddr_format(a, text, sizeof text) == 0);
    for (size_t i = 0; text[i] != '\0'; i++)
        CHECK((uint8_t)text[i] >= 0x20 && text[i] != 0x7f);
    CHECK(multiaddr_parse(&back, span_from_text(text)) == 0);
    CHECK(multiaddr_is_equal(a, &back));
    CHECK(multiaddr_parse_any(&back, span_from_text(text)) == 0);
    CHECK(memcmp(a, &back, sizeof back) == 0); /* no leftovers behind len */
    size_t text_len = strlen(text);
    CHECK(multiaddr_format(a, text, text_len) == WAVU_ERR_LIMIT && text[0] == '\0');
}

static void check_parts(const struct multiaddr *a)
{
    struct multiaddr rebuilt = {.len = 0};
    struct multiaddr_part part;
    struct multiaddr_part first;
    size_t at = 0;
    size_t count = 0;
    while (multiaddr_next(a, &at, &part)) {
        CHECK(multiaddr_append(&rebuilt, part.code, part.value) == 0);
        CHECK(multiaddr_find(a, part.code, &first) && first.code == part.code);
        CHECK(first.value.len == 0 || first.value.ptr <= part.value.ptr);
        count++;
    }
    CHECK(at == a->len && count >= 1 && count <= MULTIADDR_PARTS_MAX);
    CHECK(memcmp(a, &rebuilt, sizeof rebuilt) == 0);
}

static void check_peer(const struct multiaddr *a)
{
    struct multiaddr rest = *a;
    uint8_t id[MULTIADDR_PEER_SIZE_MAX];
    size_t id_len = sizeof id;
    if (!multiaddr_pop_peer(&rest, id, &id_len)) {
        CHECK(multiaddr_is_equal(a, &rest));
        return;
    }
    CHECK(id_len >= 3 && id_len <= sizeof id);
    struct multiaddr again = rest;
    CHECK(multiaddr_append(&again, MULTIADDR_P2P, span_of(id, id_len)) == 0);
    CHECK(memcmp(a, &again, sizeof again) == 0);
    if (rest.len > 0)
        check_texts(&rest);
}

static void check_ip(const struct multiaddr *a, uint64_t code)
{
    struct multiaddr_ip ip;
    struct multiaddr back;
    if (multiaddr_to_ip(a, code, &ip) != 0)
        return;
    CHECK(!(multiaddr_ip_is_loopback(&ip) && multiaddr_ip_is_unspecified(&ip)));
    CHECK(!(multiaddr_ip_is_private(&ip) && multiaddr_ip_is_loopback(&ip)));
    multiaddr_from_ip(&back, &ip, code);
    struct multiaddr_ip second;
    CHECK(multiaddr_to_ip(&back, code, &second) == 0);
    CHECK(second.port == ip.port && second.zone == ip.zone && second.ip_len == ip.ip_len);
    CHECK(memcmp(second.ip, ip.ip, sizeof ip.ip) == 0);
}

static void check_valid(const struct multiaddr *a)
{
    struct multiaddr back;
    CHECK(a->len > 0);
    CHECK(multiaddr_decode(&back, multiaddr_span(a)) == 0);
    CHECK(memcmp(a, &back, sizeof back) == 0);
    check_texts(a);
    check_parts(a);
    check_peer(a);
    check_ip(a, MULTIADDR_TCP);
    check_ip(a, MULTIADDR_UDP);
}

static void check_result(const struct multiaddr *a, int rc)
{
    if (rc == 0) {
        check_valid(a);
        return;
    }
    CHECK(rc == WAVU_ERR_INVALID || rc == WAVU_ERR_UNSUPPORTED || rc == WAVU_ERR_LIMIT);
    CHECK(a->len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct multiaddr a;
    struct span in = span_of(data, len);
    int rc = multiaddr_decode(&a, in);
    check_result(&a, rc);
    CHECK(rc != 0 || span_is_equal(multiaddr_span(&a), in));
    rc = multiaddr_parse(&a, in);
    check_result(&a, rc);
    rc = multiaddr_parse_any(&a, in);
    check_result(&a, rc);
    return 0;
}
