/*
 * Pairing (docs/protocol/pairing.md) with an attacker M who owns every wire but the inside of the
 * authenticated link between A and B, has links of its own to both, and guesses words.
 *
 * Host runs (B) and guest runs (A) take whatever M can make of what it saw. Symbols: a share is
 * known by the run that made it, or is M's for one guess of the words; a key is (share of A, share
 * of B, context), and M knows it when one share is its own, made with the right words and context.
 * A context is the link's handshake hash, both device keys and the number, so each link has one.
 *
 * holds: pairing
 * holds(long): pairing with three tries -DTRIES_MAX=3
 * fails: contexts are all the same, identities do not say for which link -DWEAK_CONTEXT
 * fails: the host proves first, so a guess is seen to be right or wrong uncounted -DWEAK_ORDER
 * fails: refused proofs are not counted -DWEAK_COUNT
 * fails: a code that served stays open -DWEAK_ONCE
 */
#ifndef TRIES_MAX
#define TRIES_MAX 2 /* three in the protocol: one fewer keeps the search small */
#endif
#define HOSTS (TRIES_MAX + 1)   /* runs of B: one more than it has tries */
#define GUESTS 2  /* runs of A */
#define WORDS 2   /* guesses: 0 is right, 1 stands for all others */
#define RIGHT 0
#define SOURCES 2 /* addresses that M has; A has its own */

#define TRIES_OF_SOURCE_MAX (TRIES_MAX - 1)

/* Peers and what a share is: */
#define NOBODY 0
#define HONEST 1
#define ATTACKER 2
#define NONE 255
#define GUESS 100 /* GUESS + words: M's share */

/* Guest run i: */
bool g_direct[GUESTS];   /* its link leads to B; else to M, whom it takes for an inviter */
byte g_share[GUESTS];    /* what came as B's: a host run, or M's guess; NONE */
byte g_accepts[GUESTS];

/* Host run j: */
byte h_peer[HOSTS];      /* guest run + 1 at the other end of a direct link; 0: M */
byte h_source[HOSTS];    /* SOURCES: A's own */
byte h_share[HOSTS];     /* what came as A's: a guest run, or M's guess; NONE */
bool h_proved[HOSTS];    /* PROOF came and was judged */
byte h_accepts[HOSTS];

byte guests = 0; /* runs begun: HELLO is out */
byte hosts = 0;
byte tries = 0;
byte tries_of[SOURCES + 1];
byte served = 0;
byte tested = 0;         /* guesses of which M learned at B whether they were right */
bool is_guessed = false; /* one was right */
bool is_lured = false;   /* A spoke to M itself, and the guess there was right */

#ifdef WEAK_CONTEXT
#define SAME_CONTEXT(i, j) true
#else
#define SAME_CONTEXT(i, j) (h_peer[j] == i + 1)
#endif

/* Guest run i and host run j have one key. */
#define SAME_KEY(i, j) (g_share[i] == j && h_share[j] == i && SAME_CONTEXT(i, j))
#define M_KNOWS_G(i) (g_share[i] == GUESS + RIGHT)
#define M_KNOWS_H(j) (h_share[j] == GUESS + RIGHT)
#ifdef WEAK_ONCE
#define IS_OPEN (tries < TRIES_MAX)
#else
#define IS_OPEN (tries < TRIES_MAX && served == 0)
#endif

inline judge(j, is_right, who)
{
    h_proved[j] = true;
    assert(tested <= TRIES_MAX);
    if
    :: is_right ->
        h_accepts[j] = who;
        served++;
        assert(served == 1);
        /* What the inviter believes is true, or M guessed within the tries. */
        assert(who != HONEST || h_peer[j] != 0);
        assert(who != ATTACKER || is_guessed);
    :: else ->
#ifndef WEAK_COUNT
        tries++;
        tries_of[h_source[j]]++;
#endif
        skip;
    fi
}

/* B takes a HELLO: on A's direct link what A sent, on M's links anything M has. */
inline host_begins(source, peer, share)
{
    h_source[hosts] = source;
    h_peer[hosts] = peer;
    h_share[hosts] = share;
#ifdef WEAK_ORDER
    if
    :: share >= GUESS ->
        tested++;
        is_guessed = is_guessed || share == GUESS + RIGHT;
        assert(tested <= TRIES_MAX)
    :: else
    fi;
#endif
    hosts++;
}

/* Choices are no part of a state. */
#define FORGET i = 0; j = 0; w = 0; s = 0

active proctype world()
{
    byte i, j, w, s;

    for (i : 0 .. GUESTS - 1) { g_share[i] = NONE; }
    for (j : 0 .. HOSTS - 1) { h_share[j] = NONE; }
    FORGET;

end:
    do
    /* A begins a run: with B, or with M in B's place. */
    :: atomic { guests < GUESTS ->
        if :: g_direct[guests] = true :: g_direct[guests] = false fi;
        guests++ }

    /* B takes A's HELLO from the link between them. */
    :: atomic { hosts < HOSTS && IS_OPEN -> select(i : 0 .. GUESTS - 1);
        if
        :: i < guests && g_direct[i] ->
            host_begins(SOURCES, i + 1, i)
        :: else
        fi; FORGET }

    /* B takes a HELLO from M: a share of A's, relayed, or M's own for a guess. */
    :: atomic { hosts < HOSTS && IS_OPEN ->
        select(s : 0 .. SOURCES - 1); select(w : 0 .. WORDS - 1); select(i : 0 .. GUESTS - 1);
        if
        :: tries_of[s] < TRIES_OF_SOURCE_MAX ->
            if
            :: i < guests -> host_begins(s, 0, i)
            :: host_begins(s, 0, GUESS + w)
            fi
        :: else
        fi; FORGET }

    /* A takes a SHARE: on the direct link B's answer, else what M has. */
    :: atomic { g_share[0] == NONE || g_share[1] == NONE ->
        select(i : 0 .. GUESTS - 1); select(j : 0 .. HOSTS - 1); select(w : 0 .. WORDS - 1);
        if
        :: i < guests && g_share[i] == NONE && g_direct[i] && j < hosts && h_peer[j] == i + 1 ->
            g_share[i] = j
        :: i < guests && g_share[i] == NONE && !g_direct[i] && j < hosts -> g_share[i] = j
        :: i < guests && g_share[i] == NONE && !g_direct[i] ->
            g_share[i] = GUESS + w;
            is_lured = is_lured || w == RIGHT
        :: else
        fi; FORGET }

    /* B takes a PROOF: A's, made after its SHARE (on the link between them, or relayed by M), or
     * one that M makes for its own share. */
    :: atomic { hosts > 0 && IS_OPEN ->
        select(j : 0 .. HOSTS - 1); select(i : 0 .. GUESTS - 1);
        if
        :: j < hosts && !h_proved[j] && tries_of[h_source[j]] < TRIES_OF_SOURCE_MAX ->
            if
            :: g_share[i] != NONE && (h_peer[j] == 0 || h_peer[j] == i + 1) ->
                /* Its identity names the device and is signed over the transcript. */
#ifdef WEAK_CONTEXT
                judge(j, SAME_KEY(i, j), HONEST)
#else
                judge(j, SAME_KEY(i, j) && h_peer[j] == i + 1, HONEST)
#endif
            :: h_peer[j] == 0 && h_share[j] >= GUESS ->
#ifndef WEAK_ORDER
                tested++;
#endif
                is_guessed = is_guessed || M_KNOWS_H(j);
                judge(j, M_KNOWS_H(j), ATTACKER)
            :: else
            fi
        :: else
        fi; FORGET }

    /* A takes a CONFIRM: B's, or one that M makes. */
    :: atomic { guests > 0 && (g_accepts[0] == NOBODY || g_accepts[1] == NOBODY) ->
        select(i : 0 .. GUESTS - 1); select(j : 0 .. HOSTS - 1);
        if
        :: g_accepts[i] == NOBODY && j < hosts && h_accepts[j] == HONEST && SAME_KEY(i, j) ->
#ifdef WEAK_CONTEXT
            g_accepts[i] = HONEST;
#else
            if :: g_direct[i] -> g_accepts[i] = HONEST :: else fi;
#endif
            assert(g_accepts[i] != HONEST || g_direct[i])
        :: g_accepts[i] == NOBODY && !g_direct[i] && M_KNOWS_G(i) ->
            g_accepts[i] = ATTACKER;
            assert(is_lured)
        :: else
        fi; FORGET }
    od
}
