//! Which of a cluster's 16384 slots a key is in.

/// The slot of a key: the CRC16 of what stands between its first `{` and the next `}`, if that is anything, else of all of it.
pub(super) fn of(key: &[u8]) -> u16 {
    let tag = key.iter().position(|byte| *byte == b'{').and_then(|open| {
        let rest = key.get(open + 1..)?;
        rest.get(..rest.iter().position(|byte| *byte == b'}')?)
    });
    crc16(tag.filter(|tag| !tag.is_empty()).unwrap_or(key)) % 16_384
}

/// CRC-16/XMODEM: polynomial 0x1021, from nought, not reflected.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(
            crc ^ (u16::from(*byte) << 8),
            |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_that_the_server_computes() {
        // The check value of CRC-16/XMODEM, and slots as `CLUSTER KEYSLOT` gives them.
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!([of(b"foo"), of(b"bar"), of(b"p:s:{foo}")], [12_182, 5_061, 12_182]);
        assert_eq!(of(b"{}foo"), crc16(b"{}foo") % 16_384, "an empty tag is none");
    }
}
