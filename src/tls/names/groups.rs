//! Key exchange groups by number, as the IANA registry of TLS supported groups writes them, each with its sentence.

/// Number, name and meaning, in the order of numbers.
#[rustfmt::skip]
pub(super) const GROUPS: &[(u16, &str, &str)] = &[
    (0x0001, "sect163k1", RETIRED),
    (0x0003, "sect163r2", RETIRED),
    (0x0006, "sect233k1", RETIRED),
    (0x0007, "sect233r1", RETIRED),
    (0x0009, "sect283k1", RETIRED),
    (0x000a, "sect283r1", RETIRED),
    (0x000b, "sect409k1", RETIRED),
    (0x000c, "sect409r1", RETIRED),
    (0x000d, "sect571k1", RETIRED),
    (0x000e, "sect571r1", RETIRED),
    (0x0010, "secp160r1", RETIRED),
    (0x0012, "secp192k1", RETIRED),
    (0x0013, "secp192r1", RETIRED),
    (0x0014, "secp224k1", RETIRED),
    (0x0015, "secp224r1", RETIRED),
    (0x0016, "secp256k1", "The elliptic curve of Bitcoin, 256 bits; TLS 1.3 does not use it."),
    (0x0017, "secp256r1", "NIST's elliptic curve P-256: fresh keys from a curve of 256 bits."),
    (0x0018, "secp384r1", "NIST's elliptic curve P-384: fresh keys from a curve of 384 bits."),
    (0x0019, "secp521r1", "NIST's elliptic curve P-521: fresh keys from a curve of 521 bits."),
    (0x001a, "brainpoolP256r1", BRAINPOOL),
    (0x001b, "brainpoolP384r1", BRAINPOOL),
    (0x001c, "brainpoolP512r1", BRAINPOOL),
    (0x001d, "x25519", "Curve25519: fresh keys from a fast elliptic curve of 255 bits."),
    (0x001e, "x448", "Curve448: fresh keys from an elliptic curve of 448 bits."),
    (0x001f, "brainpoolP256r1tls13", BRAINPOOL),
    (0x0020, "brainpoolP384r1tls13", BRAINPOOL),
    (0x0021, "brainpoolP512r1tls13", BRAINPOOL),
    (0x0029, "curveSM2", "China's elliptic curve SM2, 256 bits."),
    (0x0100, "ffdhe2048", FINITE),
    (0x0101, "ffdhe3072", FINITE),
    (0x0102, "ffdhe4096", FINITE),
    (0x0103, "ffdhe6144", FINITE),
    (0x0104, "ffdhe8192", FINITE),
    (0x0200, "MLKEM512", "Post-quantum alone: ML-KEM-512, with no older method beside it."),
    (0x0201, "MLKEM768", "Post-quantum alone: ML-KEM-768, with no older method beside it."),
    (0x0202, "MLKEM1024", "Post-quantum alone: ML-KEM-1024, with no older method beside it."),
    (0x11eb, "SecP256r1MLKEM768", "Hybrid post-quantum: P-256 and ML-KEM-768 together; safe as long as one of the two is."),
    (0x11ec, "X25519MLKEM768", "Hybrid post-quantum: Curve25519 and ML-KEM-768 together; safe as long as one of the two is."),
    (0x11ed, "SecP384r1MLKEM1024", "Hybrid post-quantum: P-384 and ML-KEM-1024 together; safe as long as one of the two is."),
    (0x6399, "X25519Kyber768Draft00", "Hybrid post-quantum in an early draft: Curve25519 and Kyber, which became ML-KEM."),
    (0xff01, "arbitrary_explicit_prime_curves", RETIRED),
    (0xff02, "arbitrary_explicit_char2_curves", RETIRED),
];

const RETIRED: &str = "An elliptic curve of older TLS, retired in TLS 1.3.";
const BRAINPOOL: &str = "A Brainpool elliptic curve, used mostly in Germany.";
const FINITE: &str = "Diffie-Hellman without curves, in one of the fixed groups of RFC 7919: safe but slow.";
