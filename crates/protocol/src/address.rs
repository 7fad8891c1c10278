//! How a relay's place is written.

use std::fmt;
use std::str::FromStr;

/// Port where none is said, UDP and TCP.
const PORT: u16 = 443;
/// Longest name, as DNS has it.
const HOST: usize = 253;

/// Where a relay is: `HOST[:PORT]`, an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RelayAddress {
    /// Name or address, without brackets.
    pub host: String,
    /// UDP and TCP.
    pub port: u16,
}

/// Why something is no [`RelayAddress`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AddressError {
    /// No name, or none that could be one.
    #[error("a relay is written HOST or HOST:PORT, an IPv6 address in brackets")]
    Host,
    /// Not a port.
    #[error("a port is a number from 1 to 65535")]
    Port,
}

impl FromStr for RelayAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']').ok_or(AddressError::Host)?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| AddressError::Host)?;
            match rest {
                "" => (host, None),
                rest => (host, Some(rest.strip_prefix(':').ok_or(AddressError::Port)?)),
            }
        } else {
            match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            }
        };
        let plausible = |c: char| !c.is_whitespace() && !c.is_control() && !"/@?#[]:%".contains(c);
        let bracketed = text.starts_with('[');
        if host.is_empty() || host.len() > HOST || !(bracketed || host.chars().all(plausible)) {
            return Err(AddressError::Host);
        }
        let port = match port {
            None => PORT,
            Some(port) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
                port.parse().map_err(|_| AddressError::Port)?
            }
            Some(_) => return Err(AddressError::Port),
        };
        if port == 0 {
            return Err(AddressError::Port);
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') { write!(f, "[{}]", self.host) } else { f.write_str(&self.host) }?;
        if self.port == PORT { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{AddressError, RelayAddress};

    fn parts(text: &str) -> Result<(String, u16), AddressError> {
        text.parse::<RelayAddress>().map(|address| (address.host, address.port))
    }

    #[test]
    fn the_ways_to_write_it() {
        assert_eq!(parts("relay.example.edu"), Ok(("relay.example.edu".into(), 443)));
        assert_eq!(parts(" relay.example.edu:4433\n"), Ok(("relay.example.edu".into(), 4433)));
        assert_eq!(parts("192.0.2.1:1"), Ok(("192.0.2.1".into(), 1)));
        assert_eq!(parts("[2001:db8::1]"), Ok(("2001:db8::1".into(), 443)));
        assert_eq!(parts("[2001:db8::1]:4433"), Ok(("2001:db8::1".into(), 4433)));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", ":443", "https://relay", "a b", "[relay]", "[::1", "2001:db8::1", "user@relay"] {
            assert!(parts(text).is_err(), "{text}");
        }
        for text in ["relay:", "relay:x", "relay:0", "relay:65536", "relay:-1", "relay:+1", "[::1]443"] {
            assert_eq!(parts(text).err(), Some(AddressError::Port), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read(text: String, port in 1u16..) {
            for text in [text, format!("relay.example.edu:{port}"), format!("[::1]:{port}")] {
                if let Ok(address) = text.parse::<RelayAddress>() {
                    prop_assert_eq!(address.to_string().parse(), Ok(address));
                }
            }
        }
    }
}
