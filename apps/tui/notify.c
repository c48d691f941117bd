/*
 * Notes on the desktop, by sd-bus.
 */
#include "apps/tui/notify.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "apps/term/say.h"
#include "base/mem.h"

#ifdef WAVU_HAS_SYSTEMD
#include <systemd/sd-bus.h>

struct notify {
    sd_bus *bus;
    uint32_t id; /* of the last note; 0: none */
};
#endif

bool notify_is_wanted(bool ssh, const char *bus)
{
    return !ssh && bus != NULL && bus[0] != '\0';
}

void notify_escape(char out[NOTIFY_TEXT_MAX], const char *text)
{
    char clean[SAY_CLEAN_MAX];
    size_t used = 0;
    for (const char *at = say_clean(text, clean); *at != '\0'; at++) {
        const char *word =
            *at == '&' ? "&amp;" : (*at == '<' ? "&lt;" : (*at == '>' ? "&gt;" : ""));
        size_t len = word[0] != '\0' ? strlen(word) : 1;
        bool is_start = ((unsigned char)*at & 0xc0) != 0x80;
        if (used + len + (is_start ? 3 : 0) >= NOTIFY_TEXT_MAX) {
            break;
        }
        memcpy(out + used, word[0] != '\0' ? word : at, len);
        used += len;
    }
    out[used] = '\0';
}

#ifdef WAVU_HAS_SYSTEMD

static bool env_is(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

struct notify *notify_open(void)
{
    bool ssh = env_is("SSH_CONNECTION") || env_is("SSH_CLIENT") || env_is("SSH_TTY");
    sd_bus *bus = NULL;
    if (!notify_is_wanted(ssh, getenv("DBUS_SESSION_BUS_ADDRESS")) || sd_bus_open_user(&bus) < 0) {
        return NULL;
    }
    struct notify *n = mem_new(sizeof *n);
    n->bus = bus;
    return n;
}

void notify_close(struct notify *n)
{
    if (n != NULL) {
        (void)sd_bus_flush_close_unref(n->bus);
        mem_free(n);
    }
}

int notify_fd(const struct notify *n)
{
    return n != NULL ? sd_bus_get_fd(n->bus) : -1;
}

void notify_pump(struct notify *n)
{
    for (int i = 0; n != NULL && i < 32 && sd_bus_process(n->bus, NULL) > 0; i++) {
    }
}

/* The desktop says which number the note has, so that the next one takes its place. */
static int shown(sd_bus_message *answer, void *context, sd_bus_error *error)
{
    struct notify *n = context;
    uint32_t id = 0;
    (void)error;
    if (!sd_bus_message_is_method_error(answer, NULL) &&
        sd_bus_message_read(answer, "u", &id) >= 0) {
        n->id = id;
    }
    return 0;
}

void notify_show(struct notify *n, const char *title, const char *body)
{
    char safe_title[NOTIFY_TEXT_MAX];
    char safe_body[NOTIFY_TEXT_MAX];
    if (n == NULL) {
        return;
    }
    notify_escape(safe_title, title);
    notify_escape(safe_body, body);
    (void)sd_bus_call_method_async(
        n->bus, NULL, "org.freedesktop.Notifications", "/org/freedesktop/Notifications",
        "org.freedesktop.Notifications", "Notify", shown, n, "susssasa{sv}i", "wavu", n->id, "",
        safe_title, safe_body, 0, 0, -1);
    notify_pump(n);
}

#else

struct notify *notify_open(void)
{
    return NULL;
}

void notify_close(struct notify *n)
{
    (void)n;
}

int notify_fd(const struct notify *n)
{
    (void)n;
    return -1;
}

void notify_pump(struct notify *n)
{
    (void)n;
}

void notify_show(struct notify *n, const char *title, const char *body)
{
    (void)n;
    (void)title;
    (void)body;
}

#endif
