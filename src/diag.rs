//! Say what is wrong in the user's text: place, code, message, hint, snippet.

#![deny(clippy::disallowed_methods)]
