//! What must not leave the program: secrets, and the personal data of other people.
//!
//! Two kinds of text are hidden in two ways.
//!
//! - A **secret** is known by its value: credentials and captured tokens are *learned* by a
//!   [`Redactor`] as soon as they are read, and every text that leaves the program goes through
//!   [`Redactor::secrets`], which replaces them by `***` in each form that they may have taken on
//!   the way (`forms`): as they stand, in base64, URL-encoded, escaped for JSON or HTML.
//! - **Personal data** of an answer is known by its shape (`shapes`: e-mail addresses, telephone
//!   numbers, tokens) and by the name of the key or column that leads to it (`names`).
//!
//! ```text
//! {"email":"jane@example.org","note":"call +49 170 1234567","attempts":3}
//! {"email":"[personal]","note":"call [phone]","attempts":3}
//! ```
//!
//! When in doubt, both hide too much rather than too little.

mod entry;
mod forms;
mod names;
mod needles;
mod redactor;
mod shapes;

pub(crate) use forms::of as forms;
pub(crate) use names::{is_secret_name, sensitive_header, words};
pub(crate) use needles::Needles;
pub(crate) use redactor::Redactor;
pub(crate) use shapes::hide as hide_shapes;
