//! Which URLs and addresses may be reached.
//!
//! Sources of the tables: the IANA registries of special-purpose IPv4 and IPv6 addresses, and the metadata services of
//! the large clouds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pesan_model::Flaw;
use url::{Host, Url};

/// Longest URL that is taken.
const MAX_URL_CHARS: usize = 2000;

/// What requests may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Targets {
    /// The public internet only.
    Public,
    /// This machine and private networks too: for demos and tests.
    PrivateToo,
}

/// Why a URL or an address is not used. Continues a sentence: "the address …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be parsed.
    #[error("is not a valid URL")]
    Invalid,
    /// Too long.
    #[error("is longer than {MAX_URL_CHARS} characters")]
    TooLong,
    /// Neither HTTP nor HTTPS.
    #[error("must start with https:// or http://")]
    Scheme,
    /// It carries a user name or a password.
    #[error("must not contain a user name or a password")]
    Credentials,
    /// It is in a private network, on this machine, or reserved.
    #[error("is in a private or reserved network, which is not allowed")]
    Network,
}

impl From<Refusal> for Flaw {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid => Self::NotAUrl,
            Refusal::TooLong => Self::UrlTooLong { max: MAX_URL_CHARS },
            Refusal::Scheme => Self::WrongUrlScheme,
            Refusal::Credentials => Self::UrlWithPassword,
            Refusal::Network => Self::PrivateNetwork,
        }
    }
}

/// Metadata and host services of clouds, outside the link-local block.
const CLOUD_SERVICES_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(168, 63, 129, 16), Ipv4Addr::new(100, 100, 100, 200)];
/// The same, inside the private block.
const CLOUD_SERVICES_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

/// How far an address is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Public,
    /// This machine or a private network.
    Private,
    /// Reserved, link-local, multicast, a metadata service, or another address in disguise: never right.
    Never,
}

/// The URL, when it may be requested.
pub(super) fn check(text: &str, targets: Targets) -> Result<Url, Refusal> {
    if text.chars().count() > MAX_URL_CHARS {
        return Err(Refusal::TooLong);
    }
    // The parser would take these out and go on, so that a person reads another address than we would use.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(Refusal::Invalid);
    }
    let url = Url::parse(text).map_err(|_| Refusal::Invalid)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Credentials);
    }
    let reach = match url.host().ok_or(Refusal::Invalid)? {
        Host::Ipv4(ip) => reach_v4(ip),
        Host::Ipv6(ip) => reach_v6(ip),
        Host::Domain(name) if is_this_machine(name) => Reach::Private,
        Host::Domain(_) => Reach::Public,
    };
    if url.port() == Some(0) {
        return Err(Refusal::Invalid);
    }
    if !is_reachable(reach, targets) {
        return Err(Refusal::Network);
    }
    Ok(url)
}

/// Whether a connection to this address may be made.
pub(super) fn allows(ip: IpAddr, targets: Targets) -> bool {
    let reach = match ip {
        IpAddr::V4(ip) => reach_v4(ip),
        IpAddr::V6(ip) => reach_v6(ip),
    };
    is_reachable(reach, targets)
}

fn is_reachable(reach: Reach, targets: Targets) -> bool {
    match (reach, targets) {
        (Reach::Public, _) | (Reach::Private, Targets::PrivateToo) => true,
        (Reach::Private, Targets::Public) | (Reach::Never, _) => false,
    }
}

fn is_this_machine(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

fn reach_v4(ip: Ipv4Addr) -> Reach {
    match ip.octets() {
        _ if CLOUD_SERVICES_V4.contains(&ip) => Reach::Never,
        [10 | 127, ..] | [192, 168, ..] | [172, 16..=31, ..] | [100, 64..=127, ..] => Reach::Private,
        // "This network", link-local, protocol assignments, documentation, relays, benchmarks, multicast, reserved.
        [0 | 224..=255, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Reach::Never,
        _ => Reach::Public,
    }
}

fn reach_v6(ip: Ipv6Addr) -> Reach {
    match ip.segments() {
        _ if CLOUD_SERVICES_V6.contains(&ip) => Reach::Never,
        [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] => Reach::Private,
        // Inside global unicast: protocol assignments with Teredo, documentation, 6to4.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => Reach::Never,
        [0x3fff, second, ..] if second < 0x1000 => Reach::Never,
        [first, ..] if first & 0xe000 == 0x2000 && first != 0x2002 => Reach::Public,
        // Everything else: IPv4 in disguise (mapped, compatible, NAT64), link-local, site-local, multicast, unassigned.
        _ => Reach::Never,
    }
}
