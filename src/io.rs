//! Files and streams become core values and back.
