//! Writes captures in the pcapng format (draft-ietf-opsawg-pcapng), which knows several segments in one file.

use std::io::{self, Write};

/// The type of a block that describes an interface.
const INTERFACE_DESCRIPTION: u32 = 1;
/// The type of a block with a packet.
const ENHANCED_PACKET: u32 = 6;
/// The type of the block that a file starts with.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
/// `LINKTYPE_ETHERNET`
const ETHERNET: u16 = 1;
/// The option with the name of an interface.
const IF_NAME: u16 = 2;
/// The longest frame that is kept; no frame here is longer.
const SNAPLEN: u32 = 65_535;

/// Writes Ethernet frames of one or more segments. Times are microseconds, the resolution where nothing else is said.
#[derive(Debug)]
pub struct CaptureWriter<W: Write> {
    out: W,
}

impl<W: Write> CaptureWriter<W> {
    /// Starts a capture with these segments, which packets name by their position.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn new(out: W, segments: &[String]) -> io::Result<Self> {
        let mut writer = Self { out };
        let mut section = Vec::new();
        section.extend(0x1a2b_3c4d_u32.to_le_bytes());
        section.extend(1_u16.to_le_bytes());
        section.extend(0_u16.to_le_bytes());
        // The length of the section is not known beforehand.
        section.extend(u64::MAX.to_le_bytes());
        writer.block(SECTION_HEADER, &section)?;
        for segment in segments {
            let name = &segment.as_bytes()[..segment.len().min(usize::from(u16::MAX))];
            let mut description = Vec::new();
            description.extend(ETHERNET.to_le_bytes());
            description.extend(0_u16.to_le_bytes());
            description.extend(SNAPLEN.to_le_bytes());
            description.extend(IF_NAME.to_le_bytes());
            description.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
            description.extend(name);
            pad(&mut description);
            // The end of the options.
            description.extend(0_u32.to_le_bytes());
            writer.block(INTERFACE_DESCRIPTION, &description)?;
        }
        Ok(writer)
    }

    /// Writes a frame, from its Ethernet header on, as seen on a segment at a time in microseconds.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn frame(&mut self, segment: u32, t_us: u64, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
        let [high, low] = [t_us >> 32, t_us & 0xffff_ffff];
        let mut packet = Vec::with_capacity(20 + bytes.len() + 3);
        packet.extend(segment.to_le_bytes());
        packet.extend(u32::try_from(high).unwrap_or(u32::MAX).to_le_bytes());
        packet.extend(u32::try_from(low).unwrap_or(u32::MAX).to_le_bytes());
        packet.extend(length);
        packet.extend(length);
        packet.extend(bytes);
        pad(&mut packet);
        self.block(ENHANCED_PACKET, &packet)
    }

    /// Ends the capture and gives back what it was written to.
    ///
    /// # Errors
    ///
    /// Those of writing.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    /// A block: type, length, body, length again.
    fn block(&mut self, kind: u32, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len() + 12)
            .unwrap_or(u32::MAX)
            .to_le_bytes();
        self.out.write_all(&kind.to_le_bytes())?;
        self.out.write_all(&length)?;
        self.out.write_all(body)?;
        self.out.write_all(&length)
    }
}

/// Fills up to a multiple of four bytes.
fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_framed_by_their_length() {
        let mut capture =
            CaptureWriter::new(Vec::new(), &["lan".to_owned(), "w".to_owned()]).unwrap();
        capture.frame(1, (1 << 32) + 5, &[1, 2, 3]).unwrap();
        let bytes = capture.finish().unwrap();
        let mut rest = &bytes[..];
        let mut kinds = Vec::new();
        while !rest.is_empty() {
            let number = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
            let length = number(4) as usize;
            assert_eq!(length % 4, 0);
            assert_eq!(number(length - 4) as usize, length);
            kinds.push(number(0));
            rest = &rest[length..];
        }
        assert_eq!(
            kinds,
            [
                SECTION_HEADER,
                INTERFACE_DESCRIPTION,
                INTERFACE_DESCRIPTION,
                ENHANCED_PACKET
            ]
        );
        let packet = &bytes[bytes.len() - 36..];
        assert_eq!(
            packet[8..24],
            [1, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0]
        );
    }
}
