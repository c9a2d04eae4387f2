//! Results become Markdown, HTML and SVG text; computes no number.

#![deny(clippy::disallowed_methods)]
