//! What the settings promise.
