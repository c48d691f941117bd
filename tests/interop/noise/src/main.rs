//! Transcripts of Noise XXhfs with ML-KEM-768, by two implementations that are not wavu's: snow walks
//! the pattern, the ml-kem crate encapsulates. Without arguments they go to stdout, in the form of
//! tests/vectors/noise_xxhfs.txt; keys and randomness are fixed, so the output is always the same.

use ml_kem::kem::{Decapsulate, KeyExport, TryKeyInit};
use ml_kem::{DecapsulationKey768, EncapsulationKey768, Seed, B32};
use snow::params::{
    BaseChoice, CipherChoice, DHChoice, HandshakeChoice, HandshakeModifier, HandshakeModifierList,
    HandshakePattern, HashChoice, KemChoice, NoiseParams,
};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::types::{Cipher, Dh, Hash, Kem, Random};

const NAME: &str = "Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256";

/// ML-KEM-768 as snow wants a KEM, with the randomness of one transcript.
#[derive(Clone)]
struct MlKem {
    seed: [u8; 64],
    message: [u8; 32],
    own: Option<DecapsulationKey768>,
    public: Vec<u8>,
}

impl Kem for MlKem {
    fn name(&self) -> &'static str {
        "MLKEM768"
    }

    fn pub_len(&self) -> usize {
        1184
    }

    fn ciphertext_len(&self) -> usize {
        1088
    }

    fn shared_secret_len(&self) -> usize {
        32
    }

    fn generate(&mut self, _: &mut dyn Random) {
        let own = DecapsulationKey768::from_seed(Seed::from(self.seed));
        self.public = own.encapsulation_key().to_bytes().to_vec();
        self.own = Some(own);
    }

    fn pubkey(&self) -> &[u8] {
        &self.public
    }

    fn encapsulate(
        &self,
        public: &[u8],
        shared: &mut [u8],
        ciphertext: &mut [u8],
    ) -> Result<(usize, usize), snow::Error> {
        let key = EncapsulationKey768::new_from_slice(public).map_err(|_| snow::Error::Kem)?;
        let (c, s) = key.encapsulate_deterministic(&B32::from(self.message));
        ciphertext.copy_from_slice(&c);
        shared.copy_from_slice(&s);
        Ok((s.len(), c.len()))
    }

    fn decapsulate(&self, ciphertext: &[u8], shared: &mut [u8]) -> Result<usize, snow::Error> {
        let own = self.own.as_ref().ok_or(snow::Error::Kem)?;
        let s = own
            .decapsulate_slice(ciphertext)
            .map_err(|_| snow::Error::Kem)?;
        shared.copy_from_slice(&s);
        Ok(s.len())
    }
}

/// snow's own primitives, and our KEM.
struct Resolver(MlKem);

impl CryptoResolver for Resolver {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        DefaultResolver.resolve_rng()
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        DefaultResolver.resolve_dh(choice)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }

    fn resolve_kem(&self, _: &KemChoice) -> Option<Box<dyn Kem>> {
        Some(Box::new(self.0.clone()))
    }
}

/// snow knows Kyber1024 by name only; the name that counts is the string.
fn params() -> NoiseParams {
    let modifiers = HandshakeModifierList {
        list: vec![HandshakeModifier::Hfs],
    };
    NoiseParams::new(
        NAME.to_owned(),
        BaseChoice::Noise,
        HandshakeChoice {
            pattern: HandshakePattern::XX,
            modifiers,
        },
        DHChoice::Curve25519,
        Some(KemChoice::Kyber1024),
        CipherChoice::ChaChaPoly,
        HashChoice::SHA256,
    )
}

/// Bytes that look random and are not: a linear congruential generator.
struct Fixed(u64);

impl Fixed {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        for byte in &mut out {
            self.0 = self
                .0
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            *byte = (self.0 >> 56) as u8;
        }
        out
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn transcript(name: &str, seed: u64, prologue: &[u8], payloads: &[&[u8]; 5]) {
    let mut fixed = Fixed(seed);
    let statics: [[u8; 32]; 2] = [fixed.take(), fixed.take()];
    let ephemerals: [[u8; 32]; 2] = [fixed.take(), fixed.take()];
    let kem = MlKem {
        seed: fixed.take(),
        message: fixed.take(),
        own: None,
        public: Vec::new(),
    };
    println!("\nname = {name}");
    println!("prologue = {}", hex(prologue));
    for (i, side) in ["init", "resp"].iter().enumerate() {
        println!("{side}_static = {}", hex(&statics[i]));
        println!("{side}_ephemeral = {}", hex(&ephemerals[i]));
    }
    println!("init_seed = {}", hex(&kem.seed));
    println!("resp_random = {}", hex(&kem.message));
    let mut sides: Vec<_> = (0..2)
        .map(|i| {
            let builder = snow::Builder::with_resolver(params(), Box::new(Resolver(kem.clone())))
                .prologue(prologue)
                .unwrap()
                .local_private_key(&statics[i])
                .unwrap()
                .fixed_ephemeral_key_for_testing_only(&ephemerals[i]);
            if i == 0 {
                builder.build_initiator().unwrap()
            } else {
                builder.build_responder().unwrap()
            }
        })
        .collect();
    let mut message = vec![0; 65535];
    let mut payload = vec![0; 65535];
    for i in 0..3 {
        let len = sides[i % 2]
            .write_message(payloads[i], &mut message)
            .unwrap();
        let read = sides[1 - i % 2]
            .read_message(&message[..len], &mut payload)
            .unwrap();
        assert_eq!(&payload[..read], payloads[i]);
        println!("payload{i} = {}", hex(payloads[i]));
        println!("message{i} = {}", hex(&message[..len]));
    }
    println!("hash = {}", hex(sides[0].get_handshake_hash()));
    let mut sides: Vec<_> = sides
        .into_iter()
        .map(|side| side.into_transport_mode().unwrap())
        .collect();
    for i in 3..5 {
        let len = sides[i % 2]
            .write_message(payloads[i], &mut message)
            .unwrap();
        let read = sides[1 - i % 2]
            .read_message(&message[..len], &mut payload)
            .unwrap();
        assert_eq!(&payload[..read], payloads[i]);
        println!("payload{i} = {}", hex(payloads[i]));
        println!("message{i} = {}", hex(&message[..len]));
    }
}

fn main() {
    println!("# {NAME}. Source: made by tests/interop/noise, that is by the");
    println!(
        "# crates snow 0.10.0 (the pattern) and ml-kem 0.3.4 (the KEM). The last two messages are"
    );
    println!(
        "# transport messages, by responder and initiator. init_seed is d | z of ML-KEM's key"
    );
    println!("# generation, resp_random the m of its encapsulation (FIPS 203).");
    transcript("bare", 1, b"", &[b"", b"", b"", b"one", b"two"]);
    transcript(
        "full",
        2,
        b"a prologue",
        &[
            b"in clear",
            b"from the responder",
            b"from the initiator",
            b"and on",
            b"",
        ],
    );
}
