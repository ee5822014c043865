//! Signature schemes by number, as the IANA registry of TLS signature schemes writes them, each with its sentence. In
//! TLS 1.2 the same numbers are pairs of a hash and a kind of key (RFC 5246, section 7.4.1.4.1).

/// Number, name and meaning, in the order of numbers.
#[rustfmt::skip]
pub(super) const SCHEMES: &[(u16, &str, &str)] = &[
    (0x0101, "rsa_pkcs1_md5", "RSA with MD5: forged since 2008."),
    (0x0201, "rsa_pkcs1_sha1", "RSA with SHA-1: no longer safe."),
    (0x0202, "dsa_sha1", DSA),
    (0x0203, "ecdsa_sha1", "ECDSA with SHA-1: no longer safe."),
    (0x0301, "rsa_pkcs1_sha224", SHA224),
    (0x0302, "dsa_sha224", DSA),
    (0x0303, "ecdsa_sha224", SHA224),
    (0x0401, "rsa_pkcs1_sha256", "An RSA key signs a SHA-256 hash, in the older way (PKCS#1 v1.5)."),
    (0x0402, "dsa_sha256", DSA),
    (0x0403, "ecdsa_secp256r1_sha256", "An elliptic curve key, P-256, signs a SHA-256 hash."),
    (0x0420, "rsa_pkcs1_sha256_legacy", "For client certificates on old hardware: RSA in the older way, in TLS 1.3."),
    (0x0501, "rsa_pkcs1_sha384", "An RSA key signs a SHA-384 hash, in the older way (PKCS#1 v1.5)."),
    (0x0502, "dsa_sha384", DSA),
    (0x0503, "ecdsa_secp384r1_sha384", "An elliptic curve key, P-384, signs a SHA-384 hash."),
    (0x0601, "rsa_pkcs1_sha512", "An RSA key signs a SHA-512 hash, in the older way (PKCS#1 v1.5)."),
    (0x0602, "dsa_sha512", DSA),
    (0x0603, "ecdsa_secp521r1_sha512", "An elliptic curve key, P-521, signs a SHA-512 hash."),
    (0x0708, "sm2sig_sm3", "China's SM2 elliptic curve key signs an SM3 hash."),
    (0x0804, "rsa_pss_rsae_sha256", "An RSA key signs a SHA-256 hash, in the newer way (PSS)."),
    (0x0805, "rsa_pss_rsae_sha384", "An RSA key signs a SHA-384 hash, in the newer way (PSS)."),
    (0x0806, "rsa_pss_rsae_sha512", "An RSA key signs a SHA-512 hash, in the newer way (PSS)."),
    (0x0807, "ed25519", "An Ed25519 key signs: fast, short, and with no choice of a hash."),
    (0x0808, "ed448", "An Ed448 key signs: like Ed25519 on a larger curve."),
    (0x0809, "rsa_pss_pss_sha256", PSS),
    (0x080a, "rsa_pss_pss_sha384", PSS),
    (0x080b, "rsa_pss_pss_sha512", PSS),
    (0x081a, "ecdsa_brainpoolP256r1tls13_sha256", BRAINPOOL),
    (0x081b, "ecdsa_brainpoolP384r1tls13_sha384", BRAINPOOL),
    (0x081c, "ecdsa_brainpoolP512r1tls13_sha512", BRAINPOOL),
    (0x0904, "mldsa44", MLDSA),
    (0x0905, "mldsa65", MLDSA),
    (0x0906, "mldsa87", MLDSA),
];

const DSA: &str = "DSA: retired in TLS 1.3.";
const SHA224: &str = "A signature over SHA-224: retired in TLS 1.3.";
const PSS: &str = "A key that is for RSA-PSS alone signs.";
const BRAINPOOL: &str = "A Brainpool elliptic curve key signs; used mostly in Germany.";
const MLDSA: &str = "Post-quantum: an ML-DSA key signs.";
