/*
 * Where web pages are served, and whose Host a request names: what is taken is this machine's.
 */
#include "apps/daemon/web_address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512];
    struct web_address a;
    struct in_addr ip4;
    size_t len = size < sizeof text - 1 ? size : sizeof text - 1;
    memcpy(text, data, len);
    text[len] = '\0';
    if (web_address_read(text, &a) && a.host[0] != '\0') {
        bool is_ip4 = inet_pton(AF_INET, a.host, &ip4) == 1;
        CHECK(a.is_unix == (a.host[0] == '/'));
        CHECK(a.is_unix || (is_ip4 ? ntohl(ip4.s_addr) >> 24 == 127 : strchr(a.host, ':') != NULL));
        CHECK(a.is_unix || web_address_is_own(text, strlen(text)));
    }
    if (web_address_is_own((const char *)data, size)) {
        CHECK(memchr(data, '\0', size) == NULL && memchr(data, '/', size) == NULL);
    }
    return 0;
}
