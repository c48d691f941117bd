/*
 * What the system says of clock, memory and files.
 */
#include "apps/doctor/doctor_look.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "apps/term/say.h"
#include "apps/settings/places.h"

#define DOCTOR_LOOK_TRIES 20    /* for a lock that a start holds for a moment */
#define DOCTOR_LOOK_WAIT_MS 25  /* between two */
#define DOCTOR_LOOK_TRIAL 65536 /* bytes that are written to see whether the disk takes any */

void doctor_look_machine(struct doctor_world *w)
{
    char line[128];
    struct timex kept = {.modes = 0};
    struct rlimit limit;
    unsigned long long kib = 0;
    w->now_s = (int64_t)time(NULL);
    w->is_clock_kept = adjtimex(&kept) >= 0 && (kept.status & STA_UNSYNC) == 0;
    FILE *file = fopen("/proc/meminfo", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1) {
            w->memory_free = kib * 1024;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        w->fds_max = limit.rlim_cur;
    }
}

/* `path`, which should be of `kind` (S_IFREG ...). */
static void doctor_look_path(const char *path, mode_t kind, struct doctor_file *out)
{
    struct stat info;
    *out = (struct doctor_file){.error = 0};
    if (stat(path, &info) != 0) {
        out->error = errno == ENOTDIR ? ENOENT : errno;
        return;
    }
    out->mode = info.st_mode & 07777;
    out->is_ours = info.st_uid == geteuid();
    out->is_usable = (info.st_mode & S_IFMT) == kind &&
                     access(path, kind == S_IFDIR ? R_OK | W_OK | X_OK : R_OK) == 0;
    out->changed_s = (int64_t)info.st_mtime;
    out->bytes = (uint64_t)info.st_size;
}

/* Likewise `name` in the home, "" for the home itself. */
static void doctor_look_file(const struct doctor_world *w, const char *name, mode_t kind,
                             struct doctor_file *out)
{
    char path[HOME_PATH_MAX + 32];
    (void)snprintf(path, sizeof path, "%s%s%s", w->home, name[0] != '\0' ? "/" : "", name);
    doctor_look_path(path, kind, out);
}

/* A file without a name, so that nothing is left. 0 or an errno value. */
static int doctor_look_trial(const char *home)
{
    static const char zeros[4096];
    int error_number = 0;
    int fd = open(home, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        /* Some file systems cannot do that; the rights are known by then. */
        return errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT ? 0 : errno;
    }
    for (size_t i = 0; i < DOCTOR_LOOK_TRIAL && error_number == 0; i += sizeof zeros) {
        error_number = write(fd, zeros, sizeof zeros) == (ssize_t)sizeof zeros ? 0
                       : errno != 0                                            ? errno
                                                                               : ENOSPC;
    }
    if (error_number == 0 && fdatasync(fd) != 0) {
        error_number = errno;
    }
    (void)close(fd);
    return error_number;
}

/* True when a process has the lock of `path`, and keeps it. */
static bool doctor_look_is_held(const char *path)
{
    bool is_held = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    for (int i = 0; i < DOCTOR_LOOK_TRIES; i++) {
        is_held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
        if (!is_held) {
            break;
        }
        (void)poll(NULL, 0, DOCTOR_LOOK_WAIT_MS);
    }
    (void)close(fd);
    return is_held;
}

static void doctor_look_disk(struct doctor_world *w)
{
    struct statvfs disk;
    if (statvfs(w->home, &disk) != 0) {
        w->disk_error = errno;
        return;
    }
    w->disk_free = (uint64_t)disk.f_bavail * disk.f_frsize;
    if ((disk.f_flag & ST_RDONLY) != 0) {
        w->disk_error = EROFS;
    } else if (disk.f_files > 0 && disk.f_favail == 0) {
        w->disk_error = ENOSPC;
    } else {
        errno = 0;
        w->disk_error = doctor_look_trial(w->home);
    }
}

static void doctor_look_hear(void *context, bool is_warning, const char *sentence)
{
    struct doctor_world *w = context;
    if (!is_warning && w->settings_problem[0] == '\0') {
        (void)snprintf(w->settings_problem, sizeof w->settings_problem, "%s", sentence);
    }
}

/* As a node would read them; what is wrong is heard by the doctor alone. */
static void doctor_look_settings(struct doctor_world *w)
{
    struct places places;
    settings_init(&w->settings);
    w->config = (struct doctor_file){.error = ENOENT};
    w->settings_code = places_find(&places, w->named, w->home);
    if (w->settings_code != 0) {
        return;
    }
    w->settings_code = settings_read_places(&w->settings, &places);
    if (w->settings_code == 0) {
        w->settings_code = settings_read_environment(&w->settings);
    }
    if (w->settings_code == 0) {
        w->settings_code = settings_check(&w->settings);
    }
    for (size_t i = places.system_count; i < places.count; i++) {
        struct doctor_file one;
        doctor_look_path(places.files[i], S_IFREG, &one);
        if (w->config.error != 0 || (one.mode & 077) > (w->config.mode & 077)) {
            w->config = one;
            (void)snprintf(w->config_path, sizeof w->config_path, "%s", places.files[i]);
        }
    }
}

void doctor_look_home(struct doctor_world *w)
{
    char path[HOME_PATH_MAX + 32];
    struct doctor_file cut[2];
    doctor_look_file(w, "", S_IFDIR, &w->folder);
    doctor_look_file(w, HOME_KEY, S_IFREG, &w->device_key);
    doctor_look_file(w, "identity.key", S_IFREG, &w->identity_key);
    doctor_look_file(w, "store.key", S_IFREG, &w->store_key);
    doctor_look_file(w, "store.db", S_IFREG, &w->store);
    doctor_look_file(w, HOME_CONTROL, S_IFSOCK, &w->control);
    doctor_look_file(w, "restoring", S_IFREG, &cut[0]);
    doctor_look_file(w, "wiping", S_IFREG, &cut[1]);
    w->is_cut = cut[0].error == 0 || cut[1].error == 0;
    if (w->folder.error == 0) {
        doctor_look_disk(w);
        (void)snprintf(path, sizeof path, "%s/store.db", w->home);
        w->is_held = doctor_look_is_held(w->home) || doctor_look_is_held(path);
    }
    struct say_ear before = say_to((struct say_ear){doctor_look_hear, w});
    doctor_look_settings(w);
    (void)say_to(before);
}
