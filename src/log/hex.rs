//! A hex dump by rows of 16 bytes: each row is made when it is asked for, so that 16 MiB scroll like 16 bytes.

use std::fmt;

use crate::log::format::UNSEEN;

/// Bytes in a row.
pub const ROW: usize = 16;

/// One row of a hex dump. Its [`fmt::Display`] is the whole row: `0000  48 65 … 0a  Hello·`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HexRow<'a> {
    /// Where the row starts in the data.
    pub offset: usize,
    /// 16 bytes, in the last row perhaps fewer.
    pub bytes: &'a [u8],
}

/// How many rows data of this length has.
#[must_use]
pub fn row_count(len: usize) -> usize {
    len.div_ceil(ROW)
}

/// The row with this index, from 0.
#[must_use]
pub fn row(data: &[u8], index: usize) -> Option<HexRow<'_>> {
    let offset = index.checked_mul(ROW)?;
    let rest = data.get(offset..).filter(|rest| !rest.is_empty())?;
    Some(HexRow { offset, bytes: &rest[..rest.len().min(ROW)] })
}

/// All rows, each made as the iterator gets there.
#[must_use]
pub fn rows(data: &[u8]) -> impl ExactSizeIterator<Item = HexRow<'_>> {
    data.chunks(ROW).enumerate().map(|(index, bytes)| HexRow { offset: index * ROW, bytes })
}

impl HexRow<'_> {
    /// The offset, hexadecimal, with at least four digits.
    #[must_use]
    pub fn offset_text(&self) -> String {
        format!("{:04x}", self.offset)
    }

    /// The bytes as hexadecimal digits, without padding.
    #[must_use]
    pub fn hex(&self) -> String {
        crate::log::format::hex(self.bytes)
    }

    /// The bytes as printable ASCII, `·` for all else: one character for each byte.
    #[must_use]
    pub fn text(&self) -> String {
        let picture = |&byte: &u8| if matches!(byte, 0x20..=0x7e) { char::from(byte) } else { UNSEEN };
        self.bytes.iter().map(picture).collect()
    }
}

impl fmt::Display for HexRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}  {:<47}  {}", self.offset, self.hex(), self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_by_index_are_the_rows_in_order() {
        let data: Vec<u8> = (0..=40).collect();
        assert_eq!(row_count(data.len()), 3);
        let by_index: Vec<_> = (0..3).filter_map(|index| row(&data, index)).collect();
        assert_eq!(by_index, rows(&data).collect::<Vec<_>>());
        assert_eq!((by_index[2].offset, by_index[2].bytes.len()), (32, 9));
        assert!(row(&data, 3).is_none() && row(&data, usize::MAX).is_none() && row(b"", 0).is_none());
        assert!(row(&data[..32], 2).is_none());
    }

    #[test]
    fn a_row_is_aligned() {
        let short = row(b"Hello\n", 0).unwrap().to_string();
        assert_eq!(short, format!("0000  48 65 6c 6c 6f 0a{}  Hello·", " ".repeat(30)));
        assert_eq!(row(&vec![0xff; 70_000], 4096).unwrap().offset_text(), "10000");
    }
}
