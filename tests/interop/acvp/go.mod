module wavu/acvp

go 1.22

// For its testdata: NIST's vectors (tests/crypto/mlkem_acvp_test.py).
require github.com/cloudflare/circl v1.6.5
