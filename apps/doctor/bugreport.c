/*
 * Sections of a bug report, one after the other.
 */
#include "apps/doctor/bugreport.h"

#include <errno.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "apps/term/say.h"
#include "base/page.h"
#include "wavu/version.h"

static unsigned long long bugreport_number(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (unsigned long long)value : 0;
}

/* ---- Program and system ---- */

static void bugreport_put_program(struct page *p)
{
    page_print(p, "\n[program]\nversion %s\ncompiler %s\n", wavu_version(),
#if defined(__clang__)
               "clang " __clang_version__
#else
               "gcc " __VERSION__
#endif
    );
}

/* The distribution's own words for itself. */
static void bugreport_put_distribution(struct page *p)
{
    static const char key[] = "PRETTY_NAME=";
    char line[256];
    char clean[SAY_CLEAN_MAX];
    FILE *file = fopen("/etc/os-release", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, key, sizeof key - 1) == 0) {
            char *from = line + sizeof key - 1;
            from += strspn(from, "\"'");
            from[strcspn(from, "\"'\n")] = '\0';
            page_print(p, "distribution %s\n", say_clean(from, clean));
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

static void bugreport_put_system(struct page *p, const struct doctor_world *w)
{
    struct utsname system;
    char clean[SAY_CLEAN_MAX];
    page_print(p, "\n[system]\n");
    if (uname(&system) == 0) { /* its nodename is left out */
        page_print(p, "kernel %s %s\n", system.sysname, say_clean(system.release, clean));
        page_print(p, "machine %s\n", system.machine);
    }
#ifdef __GLIBC__
    page_print(p, "libc glibc %s\n", gnu_get_libc_version());
#else
    page_print(p, "libc another than glibc\n");
#endif
    bugreport_put_distribution(p);
    page_print(p, "processors %ld\nmemory free %llu MiB\nopen files max %llu\nroot %s\n",
               sysconf(_SC_NPROCESSORS_ONLN), (unsigned long long)(w->memory_free >> 20),
               (unsigned long long)w->fds_max, geteuid() == 0 ? "yes" : "no");
}

/* ---- Settings ---- */

static void bugreport_put_settings(struct page *p, const struct settings *s)
{
    char value[SETTINGS_VALUE_MAX];
    page_print(p, "\n[settings]\n");
    for (size_t i = 0; settings_name(i) != NULL; i++) {
        bool is_set = strcmp(settings_origin(s, i), "default") != 0;
        if (settings_is_private(i)) {
            page_print(p, "%s %s\n", settings_name(i), is_set ? "(set)" : "(not set)");
        } else {
            page_print(p, "%s %s (%s)\n", settings_name(i), settings_show(s, i, value),
                       is_set ? "set" : "default");
        }
    }
}

/* ---- The doctor ---- */

static void bugreport_put_doctor(struct page *p, const struct doctor_world *w)
{
    static const char *const words[] = {"ok", "warn", "fail"};
    page_print(p, "\n[doctor]\n");
    for (size_t i = 0; i < doctor_count(); i++) {
        struct doctor_finding f;
        doctor_check(i, w, &f);
        page_print(p, "%-4s  %-10s %s\n", words[f.state], f.name, f.brief);
    }
}

/* ---- The node ---- */

/* Numbers and switches of `object` that stand in `keys`. */
static void bugreport_put_keys(struct page *p, const json_t *object, const char *const *keys,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, keys[i]);
        if (json_is_integer(value)) {
            page_print(p, "%s %llu\n", keys[i], bugreport_number(object, keys[i]));
        } else if (json_is_boolean(value)) {
            page_print(p, "%s %s\n", keys[i], json_is_true(value) ? "true" : "false");
        }
    }
}

/* How each seed stands, without saying which: `states` are the program's own words. */
static void bugreport_put_seeds(struct page *p, const json_t *seeds)
{
    char clean[SAY_CLEAN_MAX];
    page_print(p, "seeds %zu\n", json_array_size(seeds));
    for (size_t i = 0; i < json_array_size(seeds); i++) {
        const char *state = json_string_value(json_object_get(json_array_get(seeds, i), "state"));
        page_print(p, "seed %s\n", say_clean(state != NULL ? state : "", clean));
    }
}

static void bugreport_put_node(struct page *p, const struct doctor_world *w)
{
    static const char *const keys[] = {"uptimeMs",         "peers",         "connections",
                                       "handshakes",       "bytesReceived", "bytesSent",
                                       "wakeupsPerMinute", "isPrivate"};
    static const char *const mesh_keys[] = {"members", "reachable", "neighbours", "barred",
                                            "isOffline"};
    const json_t *mesh = json_object_get(w->status, "mesh");
    page_print(p, "\n[node]\n");
    if (w->status == NULL) {
        page_print(p, "not asked: no node is open\n");
        return;
    }
    bugreport_put_keys(p, w->status, keys, sizeof keys / sizeof keys[0]);
    page_print(p, "mesh %s\n", json_is_object(mesh) ? "on" : "off");
    bugreport_put_keys(p, mesh, mesh_keys, sizeof mesh_keys / sizeof mesh_keys[0]);
    bugreport_put_seeds(p, json_object_get(mesh, "seeds"));
}

/* A counter's name is the node's own; held to that. */
static bool bugreport_is_name(const char *name)
{
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0' && strlen(name) < 64;
}

static void bugreport_put_counters(struct page *p, const json_t *metrics)
{
    const char *name = NULL;
    json_t *value = NULL;
    page_print(p, "\n[counters]\n");
    if (metrics == NULL) {
        page_print(p, "not asked: no node is open\n");
    }
    json_object_foreach(json_object_get(metrics, "counters"), name, value)
    {
        if (bugreport_is_name(name) && json_is_integer(value)) {
            page_print(p, "%s %lld\n", name, (long long)json_integer_value(value));
        }
    }
}

/* ---- What is stored ---- */

static void bugreport_put_count(struct page *p, const char *what, const json_t *answer,
                                const char *key)
{
    if (answer != NULL) {
        page_print(p, "%s %zu\n", what, json_array_size(json_object_get(answer, key)));
    }
}

static void bugreport_put_store(struct page *p, const struct doctor_world *w,
                                const struct bugreport_answers *a)
{
    unsigned long long members = 0;
    unsigned long long messages = 0;
    const json_t *networks = json_object_get(w->networks, "networks");
    const json_t *chats = json_object_get(a->chats, "chats");
    const json_t *rooms = json_object_get(a->rooms, "rooms");
    page_print(p, "\n[store]\n");
    page_print(p, "store.db %s, %llu bytes\n", w->store.error == 0 ? "there" : "not there",
               (unsigned long long)w->store.bytes);
    page_print(p, "disk free %llu MiB\npassphrase %s\n", (unsigned long long)(w->disk_free >> 20),
               json_is_true(json_object_get(w->vault, "hasPassphrase")) ? "yes"
               : w->vault == NULL                                       ? "not asked"
                                                                        : "no");
    bugreport_put_count(p, "networks", w->networks, "networks");
    for (size_t i = 0; i < json_array_size(networks); i++) {
        members += bugreport_number(json_array_get(networks, i), "members");
    }
    for (size_t i = 0; i < json_array_size(chats); i++) {
        messages += bugreport_number(json_array_get(chats, i), "messages");
    }
    for (size_t i = 0; i < json_array_size(rooms); i++) {
        messages += bugreport_number(json_array_get(rooms, i), "entries");
    }
    page_print(p, "members %llu\n", members);
    bugreport_put_count(p, "rooms", a->rooms, "rooms");
    bugreport_put_count(p, "direct chats", a->chats, "chats");
    page_print(p, "messages and entries %llu\n", messages);
    bugreport_put_count(p, "contacts", a->contacts, "contacts");
    bugreport_put_count(p, "files", a->files, "files");
}

int bugreport_write(const struct doctor_world *w, const struct bugreport_answers *answers,
                    struct buf *out)
{
    struct page p = {.out = out};
    page_print(&p, "Bug report of wavu\n\n%s\n%s\n", BUGREPORT_HOLDS, BUGREPORT_HOLDS_NOT);
    bugreport_put_program(&p);
    bugreport_put_system(&p, w);
    bugreport_put_settings(&p, &w->settings);
    bugreport_put_doctor(&p, w);
    bugreport_put_node(&p, w);
    bugreport_put_counters(&p, answers->metrics);
    bugreport_put_store(&p, w, answers);
    page_print(&p, "\n[log]\nA node keeps no log in files; what it says goes to whoever started "
                   "it.\n");
    return p.rc;
}
