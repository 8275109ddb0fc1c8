//! A project's API keys, in both formats, and what a gateway makes of them.
//!
//! A legacy key is a JSON Web Token that names a role; it is signed with the project's secret, and
//! so is the token of a signed-in user. A key of the newer format is an opaque text, and no token.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::scratch;

/// Two hundred weeks, in seconds: a key outlives every test.
const HOLDS: u64 = 120_960_000;

/// Which key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Key {
    Anon,
    ServiceRole,
    Publishable,
    Secret,
}

impl Key {
    const ALL: [Key; 4] = [Key::Anon, Key::ServiceRole, Key::Publishable, Key::Secret];

    /// The database role that a request with this key acts as.
    pub(crate) fn role(self) -> &'static str {
        match self {
            Key::Anon | Key::Publishable => "anon",
            Key::ServiceRole | Key::Secret => "service_role",
        }
    }

    /// Whether it is a JSON Web Token, to be sent as the bearer too.
    pub(crate) fn is_legacy(self) -> bool {
        matches!(self, Key::Anon | Key::ServiceRole)
    }
}

/// Why a token is not accepted, in the words of the storage server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Refusal(pub(crate) &'static str);

/// The keys of one project, and the secret behind them.
#[derive(Clone)]
pub(crate) struct Keys {
    secret: String,
    values: [String; 4],
}

impl Keys {
    pub(crate) fn create() -> Result<Keys, String> {
        let secret = scratch::random_hex()?;
        let reference = &scratch::random_hex()?[..20];
        let token = |role: &str| {
            let now = now();
            let claims = json!({ "iss": "supabase", "ref": reference, "role": role, "iat": now, "exp": now + HOLDS });
            sign(&secret, &claims)
        };
        let values = [
            token("anon"),
            token("service_role"),
            format!("sb_publishable_{}", &scratch::random_hex()?[..22]),
            format!("sb_secret_{}", &scratch::random_hex()?[..22]),
        ];
        Ok(Keys { secret, values })
    }

    pub(crate) fn of(&self, key: Key) -> &str {
        let [anon, service_role, publishable, secret] = &self.values;
        match key {
            Key::Anon => anon,
            Key::ServiceRole => service_role,
            Key::Publishable => publishable,
            Key::Secret => secret,
        }
    }

    /// What tokens are signed with.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Which of the project's keys a text is.
    pub(crate) fn find(&self, text: &str) -> Option<Key> {
        Key::ALL.into_iter().find(|key| self.of(*key) == text)
    }

    /// The role that a token names, if the token is one of this project and still holds.
    pub(crate) fn role_of(&self, token: &str) -> Result<String, Refusal> {
        let malformed = Refusal("Invalid Compact JWS");
        let (signed, signature) = token.rsplit_once('.').ok_or(malformed)?;
        let (_, claims) = signed.split_once('.').ok_or(malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| malformed)?;
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| malformed)?;
        let claims: Value = serde_json::from_slice(&claims).map_err(|_| malformed)?;
        if mac(&self.secret, signed).verify_slice(&signature).is_err() {
            return Err(Refusal("signature verification failed"));
        }
        if claims["exp"].as_u64().is_some_and(|end| end < now()) {
            return Err(Refusal("\"exp\" claim timestamp check failed"));
        }
        Ok(claims["role"].as_str().unwrap_or("anon").to_owned())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(***)")
    }
}

/// A token over the claims, as the platform signs it.
pub(crate) fn sign(secret: &str, claims: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(mac(secret, &signed).finalize().into_bytes());
    format!("{signed}.{signature}")
}

fn mac(secret: &str, text: &str) -> Hmac<Sha256> {
    // A key of up to one block is taken as it is: the secret has half of that, so this never hashes.
    let mut block = [0_u8; 64];
    for (place, byte) in block.iter_mut().zip(secret.bytes()) {
        *place = byte;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(text.as_bytes());
    mac
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Engine, Key, Keys, Mac, Refusal, URL_SAFE_NO_PAD, mac, now, sign};

    #[test]
    fn a_token_is_signed_as_others_sign_it() {
        // The example that libraries for such tokens are tested with.
        let signed = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ";
        let signature = mac("your-256-bit-secret", signed).finalize().into_bytes();
        let signature = URL_SAFE_NO_PAD.encode(signature);
        assert_eq!(signature, "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c");
        let token = sign("secret", &json!({ "a": 1 }));
        assert!(token.starts_with("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ."), "{token}");
    }

    #[test]
    fn a_token_is_refused_for_what_is_wrong_with_it() {
        let keys = Keys::create().unwrap();
        assert_eq!(keys.role_of(keys.of(Key::ServiceRole)), Ok("service_role".to_owned()));
        let old = sign(keys.secret(), &json!({ "role": "service_role", "exp": now() - 1 }));
        assert_eq!(keys.role_of(&old), Err(Refusal("\"exp\" claim timestamp check failed")));
        let foreign = sign("another secret", &json!({ "role": "service_role" }));
        assert_eq!(keys.role_of(&foreign), Err(Refusal("signature verification failed")));
        assert_eq!(keys.role_of(keys.of(Key::Secret)), Err(Refusal("Invalid Compact JWS")));
    }
}
