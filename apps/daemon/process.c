/*
 * /proc/self, read for the metrics of a process that Prometheus has names for.
 */
#include "apps/daemon/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PROCESS_STAT_MAX 1024

/* The `n`th word of `text` (the first is 0) as a number; 0 where there is none. */
static uint64_t process_word(const char *text, int n)
{
    const char *at = text + strspn(text, " ");
    for (int i = 0; i < n && *at != '\0'; i++) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return strtoull(at, NULL, 10);
}

bool process_parse(const char *stat, uint64_t page_size, uint64_t ticks,
                   struct process_figures *out, uint64_t *out_start_ms)
{
    const char *after = strrchr(stat, ')'); /* the program's name before it may hold anything */
    if (after == NULL || ticks == 0) {
        return false;
    }
    /* proc(5) counts from 1; behind the name stands field 3. */
    out->cpu_ms =
        (process_word(after + 1, 14 - 3) + process_word(after + 1, 15 - 3)) * 1000 / ticks;
    *out_start_ms = process_word(after + 1, 22 - 3) * 1000 / ticks;
    out->virtual_bytes = process_word(after + 1, 23 - 3);
    out->resident_bytes = process_word(after + 1, 24 - 3) * page_size;
    return true;
}

static uint64_t process_clock_ms(clockid_t id)
{
    struct timespec t = {.tv_sec = 0};
    (void)clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t process_count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;
    if (folder == NULL) {
        return 0;
    }
    for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        count += e->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(folder);
    return count > 0 ? count - 1 : 0; /* the folder's own */
}

void process_read(struct process_figures *out)
{
    char stat[PROCESS_STAT_MAX] = "";
    uint64_t start_ms = 0;
    struct rlimit limit;
    *out = (struct process_figures){.cpu_ms = 0};
    FILE *file = fopen("/proc/self/stat", "re");
    if (file != NULL) {
        size_t len = fread(stat, 1, sizeof stat - 1, file);
        stat[len] = '\0';
        (void)fclose(file);
    }
    if (process_parse(stat, (uint64_t)sysconf(_SC_PAGESIZE), (uint64_t)sysconf(_SC_CLK_TCK), out,
                      &start_ms)) {
        uint64_t age_ms = process_clock_ms(CLOCK_BOOTTIME) - start_ms;
        out->start_unix_ms = process_clock_ms(CLOCK_REALTIME) - age_ms;
    }
    out->open_fds = process_count_fds();
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        out->fds_max = limit.rlim_cur;
    }
}
