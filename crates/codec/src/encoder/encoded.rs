//! What an update has become.

use std::ops::AddAssign;
use std::time::Duration;

use crate::wire::Kind;

/// What [`Encoder::encode`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Length of the update in bytes; 0 when nothing is to be sent.
    pub bytes: usize,
    /// The update stands alone: a decoder and a framebuffer can begin with it. (While damage is pending after it, it
    /// shows a part of the picture on black.)
    pub keyframe: bool,
    /// What it consists of.
    pub operations: Operations,
    /// Is there more?
    pub pending: Pending,
}

/// Does the encoder know of damage that it has not encoded?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// The other side will show exactly the frame, as far as damage was reported.
    Nothing,
    /// The budget was used up: call [`Encoder::encode`] again, with new damage or without.
    More,
    /// Photographs are shown roughly that do not rest yet: call again at this time of [`Budget::time`], if nothing
    /// happens before.
    Later(Duration),
}

/// Operations of updates, counted by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Rectangles of one colour.
    pub solid: u32,
    /// Rectangles of few colours.
    pub palette: u32,
    /// Rectangles of any pixels.
    pub literal: u32,
    /// Rectangles whose pixels were elsewhere before.
    pub copy: u32,
    /// Lines of text, as glyphs.
    pub text: u32,
    /// Runs of tiles that are kept as they were shown.
    pub keep: u32,
    /// Tiles, runs of them, or parts, that were kept and return.
    pub recall: u32,
    /// Rectangles of photographs.
    pub photo: u32,
    /// Pictures that film is predicted from.
    pub reference: u32,
    /// Film, and photographs that become better.
    pub film: u32,
}

impl Operations {
    /// How many kinds there are.
    pub const KINDS: usize = 10;

    /// Kinds by name, with their counts.
    #[must_use]
    pub const fn by_kind(&self) -> [(&'static str, u32); Self::KINDS] {
        // Taken apart here and below, so that none can be forgotten.
        let Self { solid, palette, literal, copy, text, keep, recall, photo, reference, film } = *self;
        [
            ("solid", solid),
            ("palette", palette),
            ("literal", literal),
            ("copy", copy),
            ("text", text),
            ("keep", keep),
            ("recall", recall),
            ("photo", photo),
            ("reference", reference),
            ("film", film),
        ]
    }

    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(super) const fn count(&mut self, kind: Kind) {
        match kind {
            Kind::Solid => self.solid += 1,
            Kind::Palette => self.palette += 1,
            Kind::Literal => self.literal += 1,
            Kind::Copy => self.copy += 1,
            Kind::Text => self.text += 1,
            Kind::Keep => self.keep += 1,
            Kind::Recall | Kind::RecallPart | Kind::RecallLines => self.recall += 1,
            Kind::Photo => self.photo += 1,
            Kind::Reference => self.reference += 1,
            Kind::Film => self.film += 1,
        }
    }
}

impl AddAssign for Operations {
    fn add_assign(&mut self, other: Self) {
        let Self { solid, palette, literal, copy, text, keep, recall, photo, reference, film } = other;
        self.solid += solid;
        self.palette += palette;
        self.literal += literal;
        self.copy += copy;
        self.text += text;
        self.keep += keep;
        self.recall += recall;
        self.photo += photo;
        self.reference += reference;
        self.film += film;
    }
}
