//! Arguments become one operation, its text or JSON, and an exit code.
