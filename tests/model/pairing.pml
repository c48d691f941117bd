/*
 * Who gets in with a join code, and how often somebody without its words may try: docs/protocol/pairing.md.
 *
 * One inviter H with one code and two runs; two joiners who were told the words, of a try each; or four runs and one
 * joiner (MANY_RUNS); or one run and a joiner who would try five times (MANY_TRIES); and a third, who has not the words, opens links in his own name, carries every message of every link, may
 * change, swallow, mix and invent them, and has as many sources as there are. A link tells each end whom it is with
 * and has a session of its own; that is all that the protocol takes from it. The PAKE is perfect: two have one key when
 * each has the other's share and both put the same into it (number, who with whom, session); the third has a key
 * of a run in which he took part when his guess of the words is right, which it never is here: his guesses are counted
 * instead. A guess is a tag that he gets, or is told the fate of, in a run with a share of his own.
 *
 * Claims:
 *   authentication  who H lets in is a joiner who has the words, on a link with H, in this same run; and whom a joiner takes
 *                   for the inviter is H, who has let in just this one
 *   single use      H lets in one
 *   tries           the third has three guesses of H, two of one source, which cannot close the code alone; and of a joiner
 *                   as many as that one makes tries, three at most
 *
 * holds: pairing
 * holds: many runs -DMANY_RUNS
 * holds: many runs, and all that the third does comes from one source -DMANY_RUNS -DONE_SOURCE
 * holds: one joiner who tries again and again -DMANY_TRIES
 * holds: who with whom is not in the PAKE, but in the identities -DNO_CHANNEL
 * holds: identities are not checked, but who with whom is in the PAKE -DNO_IDENTITY
 * fails: neither is -DNO_CHANNEL -DNO_IDENTITY
 * fails: failures are not counted -DMANY_RUNS -DNO_COUNT
 * fails: the inviter proves first -DMANY_RUNS -DHOST_FIRST
 * fails: nobody closes a code that was used -DNO_USE
 * fails: sources are not counted -DMANY_RUNS -DNO_SOURCE -DONE_SOURCE
 * fails: a joiner counts no tries -DMANY_TRIES -DNO_GUEST_COUNT
 * fails: nobody gets in -DREACH_JOIN
 * fails: the code is never closed by guesses -DMANY_RUNS -DREACH_CLOSED
 */

#if defined(MANY_RUNS)
#define RUNS 4
#define JOINERS 1
#define TRIES 1
#elif defined(MANY_TRIES)
#define RUNS 1
#define JOINERS 1
#define TRIES 5
#else
#define RUNS 2
#define JOINERS 2
#define TRIES 1
#endif
#define CODES (JOINERS * TRIES)
#define THIRD 15 /* in the place of a run, a try, a peer */
#define NONE 14
#define H 13

/* Each joiner's try has a number: joiner * TRIES + try. It is its share, and the session of the link it is on. */
#define JOINER(t) ((t) / TRIES)

byte try_with[CODES] = NONE;    /* whom that link is with: H or THIRD */
byte try_share[CODES] = NONE;   /* the share that it got: a run's, or THIRD */
bool try_proved[CODES];         /* it has sent its PROOF */

byte run_with[RUNS] = NONE;     /* the peer of the link: a joiner, or THIRD */
byte run_link[RUNS] = NONE;     /* its session: a try's, or THIRD */
byte run_share[RUNS] = NONE;    /* the share that it got: a try's, or THIRD */
byte run_let_in[RUNS] = NONE;   /* whose PROOF was taken */

bool is_open = true;
byte failures;
byte failures_of[2];
byte let_in;                    /* how many */
byte guesses;                   /* of the third, about H's code by H's answers */
byte guesses_of[2];
byte guesses_joiner[JOINERS];

/* Both put the same into the PAKE. */
#ifdef NO_CHANNEL
#define SAME_CHANNEL(r, t) true
#else
#define SAME_CHANNEL(r, t) (run_with[r] == JOINER(t) && try_with[t] == H && run_link[r] == t)
#endif
#define SAME_KEY(r, t) (run_share[r] == t && try_share[t] == r && SAME_CHANNEL(r, t))

/* The identity in a PROOF is that of its joiner; it is the link's peer, or the run is refused. */
#ifdef NO_IDENTITY
#define IDENTITY_FITS(r, t) true
#define MEANS(t) true
#else
#define IDENTITY_FITS(r, t) (run_with[r] == JOINER(t))
#define MEANS(t) (try_with[t] == H)
#endif

#ifdef NO_SOURCE
#define MAY_TRY(source) (is_open)
#else
#define MAY_TRY(source) (is_open && failures_of[source] < 2)
#endif

byte i; /* scratch */

/* The third's PROOF was looked at: he knows now whether this guess was right. */
inline count_guess(source)
{
    guesses++;
    guesses_of[source]++;
    assert(guesses <= 3);
    assert(guesses_of[source] <= 2)
}

inline count_failure(source)
{
#ifndef NO_COUNT
    failures++;
    failures_of[source]++;
    if
    :: failures == 3 -> is_open = false
    :: else -> skip
    fi
#else
    skip
#endif
}

proctype inviter(byte r)
{
    byte source = 0;
    atomic { /* a link, and HELLO on it: any share that was ever sent */
        (r == 0 || run_with[r - 1] != NONE);
        if
        :: run_with[r] = THIRD; run_link[r] = THIRD
        :: i = 0;
           do
           :: i < CODES - 1 -> i++
           :: break
           od;
           if
           :: try_with[i] == H -> run_with[r] = JOINER(i); run_link[r] = i
           :: else -> run_with[r] = THIRD; run_link[r] = THIRD
           fi
        fi;
#ifndef ONE_SOURCE
        if
        :: source = 0
        :: source = 1
        fi;
#endif
        if
        :: run_share[r] = THIRD
        :: i = 0;
           do
           :: i < CODES - 1 -> i++
           :: break
           od;
           if
           :: try_with[i] != NONE -> run_share[r] = i
           :: else -> run_share[r] = THIRD
           fi
        fi;
        i = 0;
#ifdef HOST_FIRST
        if /* its tag comes with its share: he tests a guess on it and goes away, uncounted */
        :: run_share[r] == THIRD && MAY_TRY(source) -> count_guess(source)
        :: else -> skip
        fi
#endif
    }
    atomic { /* PROOF comes: the third's, which is a guess, or one that a joiner made */
        if
        :: !MAY_TRY(source) -> skip /* refused unseen */
        :: MAY_TRY(source) ->
            i = run_share[r];
            if
            :: i != THIRD && try_proved[i] && SAME_KEY(r, i) && IDENTITY_FITS(r, i) ->
                run_let_in[r] = i;
                let_in++;
                assert(let_in == 1);
                assert(run_with[r] == JOINER(i) && try_with[i] == H && run_link[r] == i);
#ifndef NO_USE
                is_open = false;
#endif
#ifdef REACH_JOIN
                assert(false)
#else
                skip
#endif
            :: true -> /* something else: refused, and counted */
                if
                :: run_share[r] == THIRD -> count_guess(source)
                :: else -> skip /* with another's share he has no key for any guess */
                fi;
                count_failure(source);
#ifdef REACH_CLOSED
                assert(is_open);
#endif
#ifdef ONE_SOURCE
                assert(is_open)
#else
                skip
#endif
            fi
        fi;
        i = 0
    }
}

proctype joiner(byte j)
{
    byte t = j * TRIES;
    byte proofs = 0;
    bool is_done = false;
    do
    :: (is_done || t == (j + 1) * TRIES) -> break
    :: else ->
        atomic { /* a link, and HELLO */
            if
            :: try_with[t] = H
            :: try_with[t] = THIRD
            fi
        }
        atomic { /* a share comes: any run's, or the third's; PROOF leaves */
            if
            :: try_share[t] = THIRD
            :: run_share[0] != NONE -> try_share[t] = 0
#if RUNS > 1
            :: run_share[1] != NONE -> try_share[t] = 1
#endif
#if RUNS > 2
            :: run_share[2] != NONE -> try_share[t] = 2
            :: run_share[3] != NONE -> try_share[t] = 3
#endif
            fi;
            try_proved[t] = true;
#ifndef NO_GUEST_COUNT
            proofs++;
#endif
            if
            :: try_share[t] == THIRD ->
                guesses_joiner[j]++;
                assert(guesses_joiner[j] <= 3)
            :: else -> skip
            fi
        }
        atomic { /* CONFIRM comes, or something else, or nothing */
            i = try_share[t];
            if
            :: i != THIRD && run_let_in[i] == t && SAME_KEY(i, t) && MEANS(t) ->
                is_done = true;
                assert(try_with[t] == H && run_with[i] == j && run_link[i] == t)
            :: true -> skip
            fi;
            i = 0;
            t++;
            if
            :: proofs == 3 -> is_done = true
            :: else -> skip
            fi
        }
    od
}

init
{
    atomic {
        run inviter(0);
#if RUNS > 1
        run inviter(1);
#endif
#if RUNS > 2
        run inviter(2);
        run inviter(3);
#endif
#if JOINERS > 1
        run joiner(1);
#endif
        run joiner(0)
    }
}
