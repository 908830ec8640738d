//! What can break.
