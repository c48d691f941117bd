/*
 * A table of pages behind libwebsockets, which reads and writes HTTP on the node's loop.
 */
#include "apps/daemon/web_server.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#ifndef WAVU_HAS_WEB

int web_server_open(struct wavu_os *os, const struct web_address *address,
                    const struct web_pages *pages, struct web_server **out)
{
    (void)os;
    (void)address;
    (void)pages;
    *out = NULL;
    return WAVU_ERR_UNSUPPORTED;
}

void web_server_close(struct web_server *server)
{
    (void)server;
}

const char *web_server_url(const struct web_server *server, const char *path,
                           char out[WEB_SERVER_URL_MAX])
{
    (void)server;
    (void)path;
    out[0] = '\0';
    return out;
}

#else

#include <arpa/inet.h>
#include <errno.h>
#include <libwebsockets.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/wavu_os.h"

#define WEB_SERVER_PIECE 16384   /* bytes handed to the socket at once */
#define WEB_SERVER_HEAD_MAX 1024 /* bytes of an answer's head */
#define WEB_SERVER_STEPS 8       /* turns of the loop to close everything: it takes two */

struct web_server {
    struct wavu_os *os;
    struct web_address address;
    struct web_pages pages;
    struct lws_context *context; /* NULL once it is destroyed */
    struct lws_vhost *vhost;     /* the context's */
    uint16_t port;
    size_t clients;
};

/* One request: libwebsockets' memory, zeroed. */
struct web_request {
    struct buf page; /* behind LWS_PRE bytes; empty: nothing to send */
    size_t sent;     /* of them, LWS_PRE included */
};

static struct web_server *web_server_of(struct lws *wsi)
{
    const struct lws_vhost *vhost = lws_get_vhost(wsi);
    return vhost == NULL ? NULL : lws_vhost_user((struct lws_vhost *)(uintptr_t)vhost);
}

static const struct web_page *web_server_find(const struct web_server *s, const char *path)
{
    for (size_t i = 0; i < s->pages.count; i++) {
        if (strcmp(path, s->pages.pages[i].path) == 0) {
            return &s->pages.pages[i];
        }
    }
    return NULL;
}

/* A short answer without a page. Returns what the callback returns. */
static int web_server_refuse(struct lws *wsi, unsigned status)
{
    if (lws_return_http_status(wsi, status, NULL) != 0) {
        return -1;
    }
    return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

/* 0, or the status that a request is refused with. */
static unsigned web_server_judge(struct lws *wsi)
{
    char host[WEB_ADDRESS_HOST_MAX + 8];
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0 &&
        lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) == 0) {
        return HTTP_STATUS_METHOD_NOT_ALLOWED;
    }
    int len = lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST);
    if (len <= 0 || !web_address_is_own(host, (size_t)len)) {
        return HTTP_STATUS_FORBIDDEN;
    }
    return 0;
}

/* The page into `r`, behind its head room. False when it cannot be rendered. */
static bool web_server_render(const struct web_server *s, const struct web_page *page,
                              struct web_request *r)
{
    static const uint8_t room[LWS_PRE];
    buf_clear(&r->page);
    buf_init(&r->page, LWS_PRE + WEB_SERVER_ANSWER_MAX);
    r->sent = LWS_PRE;
    wavu_os_enter(s->os);
    return buf_append(&r->page, span_of(room, sizeof room)) == 0 &&
           page->render(s->pages.context, &r->page) == 0;
}

/* The head leaves at once, the page when the socket takes it. */
static int web_server_answer(struct lws *wsi, struct web_request *r, const char *path)
{
    const struct web_server *s = web_server_of(wsi);
    uint8_t head[LWS_PRE + WEB_SERVER_HEAD_MAX];
    uint8_t *start = head + LWS_PRE;
    uint8_t *at = start;
    uint8_t *end = head + sizeof head - 1;
    unsigned status = web_server_judge(wsi);
    if (status != 0) {
        return web_server_refuse(wsi, status);
    }
    const struct web_page *page = web_server_find(s, path);
    if (page == NULL) {
        return web_server_refuse(wsi, HTTP_STATUS_NOT_FOUND);
    }
    if (!web_server_render(s, page, r)) {
        buf_clear(&r->page);
        return web_server_refuse(wsi, HTTP_STATUS_SERVICE_UNAVAILABLE);
    }
    bool is_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, page->type, r->page.len - LWS_PRE, &at,
                                    end) != 0 ||
        lws_finalize_write_http_header(wsi, start, &at, end) != 0) {
        return -1;
    }
    if (is_head) {
        buf_clear(&r->page);
        return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
    }
    return lws_callback_on_writable(wsi) < 0 ? -1 : 0;
}

/* The socket takes more. */
static int web_server_write(struct lws *wsi, struct web_request *r)
{
    size_t left = r->page.len - r->sent;
    size_t piece = left < WEB_SERVER_PIECE ? left : WEB_SERVER_PIECE;
    if (left == 0) {
        return 0;
    }
    bool is_last = piece == left;
    if (lws_write(wsi, r->page.ptr + r->sent, piece,
                  is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) != (int)piece) {
        return -1;
    }
    r->sent += piece;
    if (!is_last) {
        return lws_callback_on_writable(wsi) < 0 ? -1 : 0;
    }
    buf_clear(&r->page);
    r->sent = 0;
    return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

/* Nobody else can reach a loopback address; seen again here, because it matters. */
static bool web_server_is_here(const struct sockaddr_storage *from)
{
    const struct sockaddr_in *ip4 = (const struct sockaddr_in *)(const void *)from;
    const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)(const void *)from;
    if (from->ss_family == AF_INET) {
        return ntohl(ip4->sin_addr.s_addr) >> 24 == 127;
    }
    return from->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&ip6->sin6_addr);
}

/* One more may come; through a unix socket only this user and root, whatever mode its file had a
 * moment ago. */
static bool web_server_welcomes(const struct web_server *s,
                                const struct lws_filter_network_conn_args *from)
{
    struct ucred other = {.uid = (uid_t)-1};
    socklen_t len = sizeof other;
    if (s->clients >= WEB_SERVER_CLIENTS_MAX) {
        return false;
    }
    if (!s->address.is_unix) {
        return web_server_is_here(&from->cli_addr);
    }
    return getsockopt(from->accept_fd, SOL_SOCKET, SO_PEERCRED, &other, &len) == 0 &&
           (other.uid == 0 || other.uid == geteuid());
}

static int web_server_on(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                         size_t len)
{
    struct web_request *r = user;
    struct web_server *s = wsi == NULL ? NULL : web_server_of(wsi);
    (void)len;
    switch ((int)reason) { /* it has a hundred of them */
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return s != NULL && web_server_welcomes(s, user) ? 0 : 1;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        if (s != NULL) {
            s->clients++;
        }
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if (s != NULL && s->clients > 0) {
            s->clients--;
        }
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: /* no web sockets, no HTTP/2 */
    case LWS_CALLBACK_HTTP_BODY:            /* nobody who may ask has one */
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return -1;
    case LWS_CALLBACK_HTTP:
        return web_server_answer(wsi, r, in);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return r == NULL ? 0 : web_server_write(wsi, r);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP:
        if (r != NULL) {
            buf_clear(&r->page);
        }
        return 0;
    default:
        return 0;
    }
}

/* ---- Opening ---- */

/* A socket's file that nobody listens at is what a killed node left, and goes. */
static int web_server_free_path(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct stat info;
    if (lstat(path, &info) != 0) {
        return errno == ENOENT ? 0 : errno == EACCES ? WAVU_ERR_DENIED : WAVU_ERR_INVALID;
    }
    if (!S_ISSOCK(info.st_mode)) {
        return WAVU_ERR_EXISTS;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return WAVU_ERR_LIMIT;
    }
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    bool is_used = connect(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    (void)close(fd);
    if (is_used) {
        return WAVU_ERR_IN_USE;
    }
    return unlink(path) == 0 ? 0 : WAVU_ERR_DENIED;
}

/* Why nobody could listen there: asked of the system, since libwebsockets does not tell. */
static int web_server_why(const struct web_address *address)
{
    struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
    bool is_ip6 = inet_pton(AF_INET6, address->host, &ip6.sin6_addr) == 1;
    if (address->is_unix || (!is_ip6 && inet_pton(AF_INET, address->host, &ip4.sin_addr) != 1)) {
        return WAVU_ERR_DENIED;
    }
    int fd = socket(is_ip6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return WAVU_ERR_INVALID;
    }
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int rc = is_ip6 ? bind(fd, (const struct sockaddr *)&ip6, sizeof ip6)
                    : bind(fd, (const struct sockaddr *)&ip4, sizeof ip4);
    int why = rc == 0               ? WAVU_ERR_IO
              : errno == EADDRINUSE ? WAVU_ERR_IN_USE
              : errno == EACCES     ? WAVU_ERR_DENIED
                                    : WAVU_ERR_INVALID;
    if (rc == 0 && listen(fd, 1) != 0) {
        why = WAVU_ERR_IN_USE;
    }
    (void)close(fd);
    return why;
}

static const struct lws_protocols web_server_protocols[] = {
    {.name = "http",
     .callback = web_server_on,
     .per_session_data_size = sizeof(struct web_request)},
    {.name = NULL},
};

/* What libwebsockets is told of both, context and vhost. */
static struct lws_context_creation_info web_server_info(struct web_server *s, void **loops)
{
    bool is_ip6 = strchr(s->address.host, ':') != NULL && !s->address.is_unix;
    return (struct lws_context_creation_info){
        .port = s->address.port,
        .iface = s->address.host,
        .protocols = web_server_protocols,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE |
                   (s->address.is_unix ? LWS_SERVER_OPTION_UNIX_SOCK : 0) |
                   /* with IPv6 on, it takes 127.0.0.1 for all addresses */
                   (is_ip6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
        .server_string = "wavu",
        .vhost_name = "wavu",
        .foreign_loops = loops,
        .pcontext = &s->context,
        .user = s,
        .gid = -1,
        .uid = -1,
        .count_threads = 1,
        .fd_limit_per_thread = WEB_SERVER_CLIENTS_MAX * 2 + 8, /* its own are few */
        .max_http_header_data = WEB_SERVER_HEADER_MAX,
        .max_http_header_pool = WEB_SERVER_CLIENTS_MAX,
        .timeout_secs = WEB_SERVER_SECONDS,
        .keepalive_timeout = WEB_SERVER_IDLE_SECONDS,
    };
}

static int web_server_listen(struct web_server *s)
{
    void *loops[1] = {wavu_os_foreign(s->os)};
    struct lws_context_creation_info info = web_server_info(s, loops);
    lws_set_log_level(0, NULL);
    s->context = lws_create_context(&info);
    if (s->context == NULL) {
        return WAVU_ERR_UNSUPPORTED; /* its part for libuv is a package of its own */
    }
    mode_t mask = umask(0177); /* a socket's file is this user's alone */
    s->vhost = lws_create_vhost(s->context, &info);
    (void)umask(mask);
    if (s->vhost == NULL) {
        return web_server_why(&s->address);
    }
    if (s->address.is_unix && chmod(s->address.host, 0600) != 0) { /* 0660 is its own choice */
        return WAVU_ERR_DENIED;
    }
    s->port = (uint16_t)lws_get_vhost_listen_port(s->vhost);
    return 0;
}

int web_server_open(struct wavu_os *os, const struct web_address *address,
                    const struct web_pages *pages, struct web_server **out)
{
    *out = NULL;
    int rc = address->is_unix ? web_server_free_path(address->host) : 0;
    if (rc < 0) {
        return rc;
    }
    struct web_server *s = mem_new(sizeof *s);
    *s = (struct web_server){.os = os, .address = *address, .pages = *pages};
    rc = web_server_listen(s);
    if (rc < 0) {
        s->address.is_unix = false; /* whose file is there is not known */
        web_server_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

void web_server_close(struct web_server *s)
{
    if (s == NULL) {
        return;
    }
    /* Its handles are closed in turns of the loop, connections before the rest; only then may the
     * second call free them. */
    lws_context_destroy(s->context);
    for (int i = 0; i < WEB_SERVER_STEPS; i++) {
        wavu_os_process(s->os);
    }
    lws_context_destroy(s->context);
    if (s->address.is_unix) {
        (void)unlink(s->address.host);
    }
    mem_free(s);
}

const char *web_server_url(const struct web_server *s, const char *path,
                           char out[WEB_SERVER_URL_MAX])
{
    bool is_ip6 = strchr(s->address.host, ':') != NULL;
    if (s->address.is_unix) {
        (void)snprintf(out, WEB_SERVER_URL_MAX, "%s", s->address.host);
    } else {
        (void)snprintf(out, WEB_SERVER_URL_MAX, "http://%s%s%s:%u%s", is_ip6 ? "[" : "",
                       s->address.host, is_ip6 ? "]" : "", (unsigned)s->port, path);
    }
    return out;
}

#endif
