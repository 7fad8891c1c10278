//! Where the block is in an executable: a section of its own, by the section headers of PE (Microsoft, "PE Format") and
//! ELF (System V gABI).

use std::ops::Range;

use lotse_protocol::brand::{BlockError, Found, RESERVED, SECTION, open};
use object::pe::IMAGE_DIRECTORY_ENTRY_SECURITY;
use object::read::elf::ElfFile64;
use object::read::pe::PeFile64;
use object::{Endianness, FileKind, Object, ObjectSection, ObjectSegment};

/// Longest file that is looked at, bytes; `lotse` itself has a fraction of it.
pub const LARGEST: u64 = 256 * 1024 * 1024;

/// `PE\0\0` and the COFF header, before the optional header.
const OPTIONAL_HEADER: usize = 24;
/// `CheckSum` in the optional header.
const CHECKSUM: usize = 64;

/// An executable with a place for the block.
pub struct Executable {
    bytes: Vec<u8>,
    place: Range<usize>,
    format: Format,
}

enum Format {
    Pe {
        /// Where the header's own checksum is.
        checksum: usize,
        signed: Signed,
    },
    Elf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Signed {
    Yes,
    No,
}

/// What an executable runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// Windows.
    Windows,
    /// Linux.
    Linux,
}

/// Why a file is no executable that can be branded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecutableError {
    /// Too large to be ours.
    #[error("this is no executable of Lotse: it is larger than any")]
    Large,
    /// Something else.
    #[error("this is no executable for 64-bit Windows or Linux")]
    Foreign,
    /// Headers that lead nowhere.
    #[error("this executable is not complete: fetch it once more, and compare its checksum")]
    Incomplete,
    /// No section of ours.
    #[error("this executable has no place for an institution: it is no lotse, or was changed by a packer such as UPX")]
    NoPlace,
    /// More than one.
    #[error("this executable has more than one place for an institution, and is none of ours")]
    Places,
    /// Signed.
    #[error(
        "this executable is signed already, and what is written into it now would break the signature: brand the unsigned file, then sign"
    )]
    Signed,
    /// The block is damaged, or of another version.
    #[error("{0}: fetch the executable once more, from the version that this lotse-relay is of")]
    Block(#[from] BlockError),
}

impl Executable {
    /// Finds the block in the bytes of a file.
    ///
    /// # Errors
    /// [`ExecutableError`], but neither [`ExecutableError::Signed`] nor [`ExecutableError::Block`]: those are of what is
    /// done with it.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ExecutableError> {
        if bytes.len() as u64 > LARGEST {
            return Err(ExecutableError::Large);
        }
        let incomplete = |_| ExecutableError::Incomplete;
        let (format, place) = match FileKind::parse(&*bytes) {
            Ok(FileKind::Pe64) => {
                let file = PeFile64::parse(&*bytes).map_err(incomplete)?;
                let signed = match file.data_directory(IMAGE_DIRECTORY_ENTRY_SECURITY) {
                    Some(_) => Signed::Yes,
                    None => Signed::No,
                };
                let header = file.dos_header().nt_headers_offset() as usize;
                (Format::Pe { checksum: header + OPTIONAL_HEADER + CHECKSUM, signed }, place_in(&file, bytes.len())?)
            }
            Ok(FileKind::Elf64) => {
                let file = ElfFile64::<Endianness>::parse(&*bytes).map_err(incomplete)?;
                (Format::Elf, place_in(&file, bytes.len())?)
            }
            _ => return Err(ExecutableError::Foreign),
        };
        Ok(Self { bytes, place, format })
    }

    /// What stands in the block.
    ///
    /// # Errors
    /// [`ExecutableError::Block`].
    pub fn found(&self) -> Result<Found, ExecutableError> {
        Ok(open(&self.bytes[self.place.clone()])?)
    }

    /// Puts another block in the place of the one that is there.
    ///
    /// # Errors
    /// [`ExecutableError::Signed`]; [`ExecutableError::Block`] when what is there is damaged, for then nobody knows what
    /// else is, or when `block` is none.
    pub fn fill(&mut self, block: &[u8]) -> Result<(), ExecutableError> {
        if matches!(self.format, Format::Pe { signed: Signed::Yes, .. }) {
            return Err(ExecutableError::Signed);
        }
        self.found()?;
        open(block)?;
        self.bytes[self.place.clone()].copy_from_slice(block);
        if let Format::Pe { checksum, .. } = self.format {
            let sum = pe_checksum(&self.bytes, checksum);
            self.bytes[checksum..checksum + 4].copy_from_slice(&sum.to_le_bytes());
        }
        Ok(())
    }

    /// The whole file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it runs on.
    #[must_use]
    pub const fn system(&self) -> System {
        match self.format {
            Format::Pe { .. } => System::Windows,
            Format::Elf => System::Linux,
        }
    }
}

/// The one section of our name, in a file all of whose sections and segments are there.
fn place_in<'data>(file: &impl Object<'data>, length: usize) -> Result<Range<usize>, ExecutableError> {
    let within = |(at, size): (u64, u64)| {
        let end = at.checked_add(size).filter(|end| *end <= length as u64)?;
        Some(usize::try_from(at).ok()?..usize::try_from(end).ok()?)
    };
    for segment in file.segments() {
        within(segment.file_range()).ok_or(ExecutableError::Incomplete)?;
    }
    let mut places = Vec::new();
    for section in file.sections() {
        let Some(range) = section.file_range() else { continue };
        let range = within(range).ok_or(ExecutableError::Incomplete)?;
        if section.name_bytes() == Ok(SECTION.as_bytes()) {
            places.push(range);
        }
    }
    match places.as_slice() {
        [] => Err(ExecutableError::NoPlace),
        [place] if place.len() == RESERVED => Ok(place.clone()),
        [place] => Err(BlockError::Size(place.len()).into()),
        _ => Err(ExecutableError::Places),
    }
}

/// The sum that Windows keeps in the header, as `CheckSumMappedFile` computes it: all 16-bit words but those of the sum
/// itself, with carries added again, and the file's length. Only drivers need it right, but some scanners look.
fn pe_checksum(bytes: &[u8], at: usize) -> u32 {
    let mut sum = 0_u32;
    for (number, word) in bytes.chunks(2).enumerate() {
        if (at..at + 4).contains(&(number * 2)) {
            continue;
        }
        let word = u16::from_le_bytes([word[0], word.get(1).copied().unwrap_or(0)]);
        sum += u32::from(word);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // A file has less than LARGEST bytes.
    sum + u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
