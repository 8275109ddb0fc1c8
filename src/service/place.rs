//! Where a service is.

use url::Url;

use crate::check::client::is_loopback;
use crate::environment::target::base_url;

/// Reads the address of a service: https, unless it is on this machine.
///
/// # Errors
/// It is none, or it would carry secrets in the clear.
pub(crate) fn place(text: &str) -> Result<Url, String> {
    let url = base_url(text)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address holds no user and no password".to_owned());
    }
    if url.scheme() != "https" && !is_loopback(&url) {
        return Err("secrets would go over the network unencrypted: only https, or http to this \
                    machine itself"
            .to_owned());
    }
    Ok(url)
}

/// The URL of something below an address. Parts are taken as they are: what is special in a path
/// is encoded.
pub(crate) fn below(place: &Url, parts: &[&str]) -> Url {
    let mut url = place.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    url
}
