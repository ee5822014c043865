//! The reasons for which clients reject a server's certificate, as values.

/// A reason to reject a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Its end is before its begin, so it is never valid.
    ReversedDates,
    /// It has expired.
    Expired,
    /// It isn't valid yet.
    NotValidYet,
    /// Its dates are not in the format of RFC 5280, section 4.1.2.5.
    DateFormat,
    /// It doesn't contain the host.
    WrongName,
    /// It contains the host only in a form that clients don't accept: a wildcard without two labels after it, a final
    /// dot, or an address as host name.
    NameForm,
    /// It contains the host only as common name, where some clients don't look.
    OnlyCommonName,
    /// One of its alternative names is an empty host name.
    EmptyName,
    /// Its extended key usage doesn't allow a TLS server, or servers below a CA.
    WrongPurpose,
    /// It is a CA's, and its key usage allows signing certificates but no handshake.
    CaForSigningOnly,
    /// Its key usage allows no handshake, or none of some clients.
    WrongKeyUsage,
    /// It is of an X.509 version before 3.
    OldVersion,
    /// It is marked as a CA's.
    IsCa,
    /// Its hash algorithm or its key is too weak.
    Weak,
    /// It has a critical extension that clients don't know.
    CriticalExtension,
    /// It has the same extension twice.
    RepeatedExtension,
    /// The value of an extension can't be parsed.
    DamagedExtension,
    /// A name in it has a string type that OpenSSL can't parse.
    NameType,
    /// Its signature has another algorithm than its signed part names.
    OtherAlgorithm,
    /// It names itself as issuer, but another key made its signature.
    OwnSignature,
    /// It demands an OCSP response in the handshake (RFC 7633), which Echoscope doesn't send.
    MustStaple,
    /// It signed another certificate, but isn't marked as a CA's.
    NotCa,
    /// It signed another certificate, but its key usage doesn't allow that.
    MayNotSign,
    /// It allows fewer CAs below it than there are.
    PathLength,
    /// A CA above it may not sign a certificate for this name.
    NameConstraint,
    /// It breaks a rule of RFC 5280 that only strict clients check.
    Strict,
    /// rustls rejects it for another reason.
    BuiltIn,
}
