//! The reader of tokens, through its public interface. A test's name carries the requirement that it proves.

#[cfg(test)]
mod claims;
#[cfg(test)]
mod form;
#[cfg(test)]
mod header;
#[cfg(test)]
mod json;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod private;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod sets;
#[cfg(test)]
mod support;
#[cfg(test)]
mod vectors;
