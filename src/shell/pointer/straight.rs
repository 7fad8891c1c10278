//! Colours that are not multiplied by alpha.

/// Divides by alpha what is multiplied by it.
pub(super) fn straight(premultiplied: &[u8]) -> Vec<u8> {
    let divided = |value: u8, alpha: u8| {
        let alpha = u16::from(alpha);
        u8::try_from((u16::from(value) * 255 + alpha / 2) / alpha).unwrap_or(u8::MAX)
    };
    premultiplied
        .chunks_exact(4)
        .flat_map(|rgba| match rgba[3] {
            0 => [0; 4],
            alpha => [divided(rgba[0], alpha), divided(rgba[1], alpha), divided(rgba[2], alpha), alpha],
        })
        .collect()
}
