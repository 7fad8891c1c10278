//! A logo out of a PNG file.

use std::io::Cursor;

use lotse_protocol::brand::Logo;
use lotse_protocol::brand::colours::Colour;
use lotse_protocol::brand::logo::{LogoError, fitting, scaled};
use png::{ColorType, DecodingError, Limits, Transformations};

/// Longest file, bytes.
pub const LARGEST: usize = 4 * 1024 * 1024;
/// Longest side of the picture in it, pixels; it is made smaller then.
pub const SIDE: u32 = 4096;

/// What a decoder may take, bytes: such a picture, and rows of it.
const MEMORY: usize = 80 * 1024 * 1024;

/// What stands out from white by less is hardly seen.
const SEEN: f64 = 1.5;
/// One pixel in so many has to be seen.
const OF: usize = 40;

/// Why a file gives no logo.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Too long a file.
    #[error("the file has {0} bytes; {LARGEST} are the most")]
    Long(usize),
    /// Not a PNG, or a broken one.
    #[error("it is no PNG file that could be read: {0}")]
    NotPng(#[from] DecodingError),
    /// Too many pixels.
    #[error("it is {0} × {1} pixels; {SIDE} × {SIDE} are the most")]
    Large(u32, u32),
    /// Nothing of it can be seen in a light window.
    #[error(
        "it cannot be seen in a light window: take the form of your logo that is meant for light backgrounds; \
         dark windows put it on white"
    )]
    Unseen,
    /// Not a logo all the same.
    #[error(transparent)]
    Logo(#[from] LogoError),
}

/// Reads a PNG file, and makes it as small as it has to be.
///
/// # Errors
/// [`PictureError`].
pub fn logo(file: &[u8]) -> Result<Logo, PictureError> {
    if file.len() > LARGEST {
        return Err(PictureError::Long(file.len()));
    }
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), Limits { bytes: MEMORY });
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let info = decoder.read_header_info()?;
    let (width, height) = (info.width, info.height);
    if width > SIDE || height > SIDE {
        return Err(PictureError::Large(width, height));
    }
    let mut reader = decoder.read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or(DecodingError::LimitsExceeded)?];
    let frame = reader.next_frame(&mut pixels)?;
    pixels.truncate(frame.buffer_size());
    let rgba = match frame.color_type {
        ColorType::Rgba => pixels,
        ColorType::Rgb => pixels.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], u8::MAX]).collect(),
        ColorType::GrayscaleAlpha => pixels.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect(),
        ColorType::Grayscale | ColorType::Indexed => pixels.iter().flat_map(|p| [*p, *p, *p, u8::MAX]).collect(),
    };
    let size = fitting(width, height);
    let rgba = if size == (width, height) { rgba } else { scaled(&rgba, (width, height), size) };
    if !is_seen(&rgba) {
        return Err(PictureError::Unseen);
    }
    Ok(Logo::new(size.0, size.1, &rgba)?)
}

/// Of what is there, does enough stand out from a white page?
fn is_seen(rgba: &[u8]) -> bool {
    let white = Colour([u8::MAX; 3]);
    let there: Vec<_> = rgba.chunks_exact(4).filter(|pixel| pixel[3] >= 128).collect();
    let seen = there.iter().filter(|pixel| Colour([pixel[0], pixel[1], pixel[2]]).contrast(white) >= SEEN).count();
    seen > 0 && seen * OF >= there.len()
}

#[cfg(test)]
mod tests {
    use png::{BitDepth, ColorType};
    use proptest::prelude::*;

    use super::{LARGEST, PictureError, logo};

    fn png(colour: ColorType, (width, height): (u32, u32), pixel: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(colour);
        encoder.set_depth(BitDepth::Eight);
        if colour == ColorType::Indexed {
            encoder.set_palette(vec![0x7a, 0x1f, 0x4b]);
        }
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&pixel.repeat((width * height) as usize)).expect("an image");
        writer.finish().expect("an end");
        file
    }

    #[test]
    fn every_kind_of_pixel_is_read() {
        for (colour, pixel, seen) in [
            (ColorType::Rgba, [0x7a, 0x1f, 0x4b, 200].as_slice(), [0x7a, 0x1f, 0x4b, 200]),
            (ColorType::Rgb, &[0x7a, 0x1f, 0x4b], [0x7a, 0x1f, 0x4b, 255]),
            (ColorType::Grayscale, &[0x20], [0x20, 0x20, 0x20, 255]),
            (ColorType::GrayscaleAlpha, &[0x20, 150], [0x20, 0x20, 0x20, 150]),
            (ColorType::Indexed, &[0], [0x7a, 0x1f, 0x4b, 255]),
        ] {
            let read = logo(&png(colour, (6, 4), pixel)).expect("a logo");
            assert_eq!((read.width(), read.height()), (6, 4));
            assert_eq!(read.rgba(), seen.repeat(24), "{colour:?}");
        }
    }

    #[test]
    fn a_large_picture_is_made_smaller() {
        let read = logo(&png(ColorType::Rgb, (1200, 400), &[0x7a, 0x1f, 0x4b])).expect("a logo");
        assert_eq!((read.width(), read.height()), (192, 64));
        assert!(read.rgba().chunks_exact(4).all(|pixel| pixel == [0x7a, 0x1f, 0x4b, 255]));
    }

    #[test]
    fn what_nobody_would_see_is_refused() {
        let white = png(ColorType::Rgb, (20, 20), &[255, 255, 255]);
        assert!(matches!(logo(&white), Err(PictureError::Unseen)));
        let clear = png(ColorType::Rgba, (20, 20), &[0, 0, 0, 0]);
        assert!(matches!(logo(&clear), Err(PictureError::Unseen)));
    }

    #[test]
    fn what_is_no_png_or_too_large_is_refused() {
        assert!(matches!(logo(b"GIF89a"), Err(PictureError::NotPng(_))));
        assert!(matches!(logo(&vec![0; LARGEST + 1]), Err(PictureError::Long(_))));
        let wide = png(ColorType::Grayscale, (4097, 1), &[0]);
        assert!(matches!(logo(&wide), Err(PictureError::Large(4097, 1))));
    }

    proptest! {
        #[test]
        fn any_file_is_a_logo_or_an_error(at in 0..120_usize, value: u8, cut in 0..200_usize) {
            let mut file = png(ColorType::Rgb, (9, 7), &[0x7a, 0x1f, 0x4b]);
            let at = at % file.len();
            file[at] = value;
            let _ = logo(&file);
            file.truncate(cut);
            let _ = logo(&file);
        }
    }
}
