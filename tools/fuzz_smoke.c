/*
 * Stands in for libFuzzer where it is not built in: replays the corpus of a fuzzer, then runs
 * seeded mutations of it.
 *
 * In: the folder FUZZ_CORPUS, WAVU_FUZZ_RUNS and WAVU_FUZZ_SEED from the
 * environment. Out: TAP on stdout, and before dying the seed and the run that did it, with the
 * input in hexadecimal, on stderr.
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX 4096
#define CORPUS_MAX 512
#define RUNS_DEFAULT 4000 /* about a second under the sanitizers for the slowest fuzzer */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

struct input {
    uint8_t *data;
    size_t len;
};

static struct input corpus[CORPUS_MAX];
static size_t corpus_count;
static uint64_t state;
static uint8_t current[INPUT_MAX];
static size_t current_len;
static unsigned long current_run;
static unsigned long seed;

/* splitmix64: one seed gives one sequence on every machine. */
static uint64_t next_random(void)
{
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t below(size_t bound)
{
    return bound == 0 ? 0 : (size_t)(next_random() % bound);
}

static void tell_input(void)
{
    fprintf(stderr, "fuzz %s: seed %lu run %lu, %zu bytes: ", FUZZ_NAME, seed, current_run,
            current_len);
    for (size_t i = 0; i < current_len; i++)
        fprintf(stderr, "%02x", (unsigned)current[i]);
    fputc('\n', stderr);
    fflush(stderr);
}

static void on_signal(int number)
{
    tell_input();
    signal(number, SIG_DFL);
    raise(number);
}

/* The input goes through a block of exactly its size, so that the sanitizer sees the first byte
 * read past it. */
static void run_one(const uint8_t *data, size_t len)
{
    memcpy(current, data, len);
    current_len = len;
    current_run++;
    uint8_t *exact = malloc(len == 0 ? 1 : len);
    if (exact == NULL)
        abort();
    memcpy(exact, data, len);
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

static void load_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || corpus_count == CORPUS_MAX) {
        if (f != NULL)
            fclose(f);
        return;
    }
    uint8_t block[INPUT_MAX];
    size_t len = fread(block, 1, sizeof(block), f);
    fclose(f);
    struct input *in = &corpus[corpus_count++];
    in->data = malloc(len + 1);
    if (in->data == NULL)
        abort();
    memcpy(in->data, block, len);
    in->len = len;
}

/* Names are sorted: the order in which a disk lists its files is not ours. */
static void load_corpus(void)
{
    struct dirent **names = NULL;
    int n = scandir(FUZZ_CORPUS, &names, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (names[i]->d_name[0] != '.') {
            char path[4096];
            snprintf(path, sizeof(path), "%s/%s", FUZZ_CORPUS, names[i]->d_name);
            load_file(path);
        }
        free(names[i]);
    }
    free(names);
}

/* Change `len` bytes of `data` at one place; return the new length. */
static size_t mutate_once(uint8_t *data, size_t len)
{
    static const uint8_t edges[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0xfe, 0x40};
    size_t at = below(len + 1);
    switch (below(6)) {
    case 0: /* flip a bit */
        if (at < len)
            data[at] ^= (uint8_t)(1u << below(8));
        return len;
    case 1: /* an edge value */
        if (at < len)
            data[at] = edges[below(sizeof(edges))];
        return len;
    case 2: /* cut the end off */
        return at;
    case 3: /* append a random byte */
        if (len < INPUT_MAX)
            data[len++] = (uint8_t)next_random();
        return len;
    case 4: { /* remove a few bytes */
        size_t n = below(8);
        if (at + n >= len)
            return len;
        memmove(data + at, data + at + n, len - at - n);
        return len - n;
    }
    default: { /* repeat a piece */
        size_t n = below(32);
        if (at + n > len || len + n > INPUT_MAX)
            return len;
        memmove(data + at + n, data + at, len - at);
        return len + n;
    }
    }
}

static void run_mutation(void)
{
    uint8_t data[INPUT_MAX];
    size_t len;
    if (corpus_count == 0 || below(16) == 0) {
        len = below(below(8) == 0 ? INPUT_MAX : 128);
        for (size_t i = 0; i < len; i++)
            data[i] = (uint8_t)next_random();
    } else {
        const struct input *in = &corpus[below(corpus_count)];
        memcpy(data, in->data, in->len);
        len = in->len;
    }
    for (size_t n = below(8); n > 0; n--)
        len = mutate_once(data, len);
    run_one(data, len);
}

static unsigned long number_from(const char *variable, unsigned long otherwise)
{
    const char *text = getenv(variable);
    return text == NULL || *text == '\0' ? otherwise : strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
    if (LLVMFuzzerInitialize != NULL)
        LLVMFuzzerInitialize(&argc, &argv);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(tell_input);
    signal(SIGABRT, on_signal);
    signal(SIGSEGV, on_signal);
    signal(SIGBUS, on_signal);
    signal(SIGFPE, on_signal);
    seed = number_from("WAVU_FUZZ_SEED", 1);
    state = seed;
    unsigned long runs = number_from("WAVU_FUZZ_RUNS", RUNS_DEFAULT);

    load_corpus();
    if (corpus_count == 0) { /* random bytes alone reach little of a parser */
        printf("1..1\nnot ok 1 - fuzz " FUZZ_NAME ": its corpus is empty\n");
        return 1;
    }
    for (size_t i = 0; i < corpus_count; i++)
        run_one(corpus[i].data, corpus[i].len);
    for (unsigned long i = 0; i < runs; i++)
        run_mutation();
    for (size_t i = 0; i < corpus_count; i++)
        free(corpus[i].data);
    printf("1..1\nok 1 - fuzz %s: %zu corpus files, %lu mutations, seed %lu\n", FUZZ_NAME,
           corpus_count, runs, seed);
    return 0;
}
