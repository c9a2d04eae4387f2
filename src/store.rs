//! The SQLite store: append-only attempts, labels and gold, one writer.
