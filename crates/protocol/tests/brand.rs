//! An institution's block: what is sealed is what is found, and whatever else stands there is an error of its own.

use data_encoding::HEXLOWER;
use lotse_protocol::brand::block::{BODY, MAGIC, SealError, empty, with_body};
use lotse_protocol::brand::colours::Colour;
use lotse_protocol::brand::{
    Accents, BlockError, Brand, BrandError, Found, Language, Languages, Logo, RESERVED, TERMS, Terms, logo, open, seal,
};
use lotse_protocol::keys::{RelayPins, SigningKey};
use proptest::prelude::*;
use zeroize::Zeroizing;

/// Bytes of its body.
const LENGTH: usize = 186;

fn brand() -> Brand {
    let key = |seed| SigningKey::from_bytes(&Zeroizing::new([seed; 32])).public();
    Brand {
        name: "University of Example".to_owned(),
        relay: "support.example.edu".parse().expect("an address"),
        pins: RelayPins { transport: key(1), cards: key(2) },
        languages: Languages::First(Language::German),
        terms: Some(Terms { english: "# Who\n\nWe do.".to_owned(), german: "# Wer\n\nWir tun’s.".to_owned() }),
        accents: Some(Accents::nearest(Colour([0x7a, 0x1f, 0x4b]), Colour([0x7a, 0x1f, 0x4b]))),
        logo: Some(Logo::new(2, 1, &[1, 2, 3, 4, 5, 6, 7, 8]).expect("a logo")),
    }
}

fn found(block: &[u8]) -> Brand {
    match open(block) {
        Ok(Found::Brand(brand)) => *brand,
        other => panic!("{other:?}"),
    }
}

/// What an executable of today carries must be understood by the relay of tomorrow, and the other way round.
#[test]
fn the_bytes_are_frozen() {
    let block = seal(&brand()).expect("it fits");
    let sum = &block[24..56];
    assert_eq!(block[..16], MAGIC);
    assert_eq!(block[16..24], [1, 0, 0, 0, 186, 0, 0, 0]);
    assert_eq!(HEXLOWER.encode(sum), "34254422812da5bd3aa05d8c4b31d16a3596cc66632fcb7392cfa14dd2394f67");
    assert_eq!(
        HEXLOWER.encode(&block[56..56 + LENGTH]),
        "0a15556e6976657273697479206f66204578616d706c651213737570706f72742e6578616d706c652e6564751a208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c22208139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b3942a190a026465121323205765720a0a5769722074756ee28099732e2a130a02656e120d232057686f0a0a576520646f2e30cbbee80338a39bee05420e080210011a080102030405060708"
    );
    assert!(block[56 + LENGTH..].iter().all(|byte| *byte == 0));
}

#[test]
fn an_empty_block_belongs_to_nobody() {
    assert_eq!(open(&empty()), Ok(Found::Empty));
    let mut block = empty();
    block[RESERVED - 1] = 1;
    assert_eq!(open(&block), Err(BlockError::NotEmpty));
}

#[test]
fn what_is_sealed_is_found() {
    let full = brand();
    assert_eq!(found(&seal(&full).expect("it fits")), full);
    let bare = Brand { terms: None, accents: None, logo: None, languages: Languages::Only(Language::English), ..full };
    assert_eq!(found(&seal(&bare).expect("it fits")), bare);
}

#[test]
fn the_largest_of_everything_fits() {
    let rgba = vec![7; logo::PIXELS as usize * 4];
    let largest = Brand {
        name: "ä".repeat(200),
        relay: "r".repeat(253).parse().expect("a long name"),
        terms: Some(Terms { english: "e".repeat(TERMS), german: "d".repeat(TERMS) }),
        logo: Some(Logo::new(192, 64, &rgba).expect("the largest")),
        ..brand()
    };
    assert_eq!(found(&seal(&largest).expect("there is room")), largest);
    const { assert!(2 * TERMS + logo::PIXELS as usize * 4 + 4096 < BODY) }
}

#[test]
fn what_nobody_could_read_is_not_sealed() {
    let refused = |change: fn(&mut Brand)| {
        let mut brand = brand();
        change(&mut brand);
        match seal(&brand) {
            Err(SealError::Unfit(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(|brand| brand.name = " ".to_owned()), BrandError::Name);
    assert_eq!(refused(|brand| brand.name = "moc.elpmaxe\u{202e}".to_owned()), BrandError::Name);
    assert_eq!(refused(|brand| brand.name = "x".repeat(201)), BrandError::Name);
    let german = Language::German;
    assert_eq!(refused(|brand| terms(brand).german = "\n".to_owned()), BrandError::NoTerms(german));
    assert_eq!(refused(|brand| brand.languages = Languages::Only(Language::English)), BrandError::TermsTooMany(german));
    assert_eq!(
        refused(|brand| terms(brand).german = "x".repeat(TERMS + 1)),
        BrandError::LongTerms { language: german, length: TERMS + 1 }
    );
    assert_eq!(
        refused(|brand| terms(brand).german = "a\tb".to_owned()),
        BrandError::TermsText { language: german, character: '\t' }
    );
}

fn terms(brand: &mut Brand) -> &mut Terms {
    brand.terms.as_mut().expect("it has terms")
}

/// Every single bit, for a header and the body behind it.
#[test]
fn every_bit_is_looked_at() {
    let good = seal(&brand()).expect("it fits");
    let mut block = good.clone();
    for at in (0..600).chain(RESERVED - 64..RESERVED) {
        for bit in 0..8 {
            block[at] ^= 1 << bit;
            let opened = open(&block);
            assert!(opened.is_err(), "byte {at}, bit {bit}: {opened:?}");
            block[at] = good[at];
        }
    }
}

#[test]
fn another_layout_is_told_from_damage() {
    let mut block = seal(&brand()).expect("it fits");
    block[16] = 2;
    assert_eq!(open(&block), Err(BlockError::Layout(2)));
    block[16] = 1;
    block[23] = 1;
    assert!(matches!(open(&block), Err(BlockError::Length(_))));
    assert_eq!(open(&block[..100]), Err(BlockError::Size(100)));
}

proptest! {
    #[test]
    fn any_bytes_are_a_block_or_an_error(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open(&bytes).is_err());
        bytes.resize(RESERVED, 0);
        prop_assert_eq!(open(&bytes).err(), Some(BlockError::Magic));
        bytes[..MAGIC.len()].copy_from_slice(&MAGIC);
        prop_assert!(open(&bytes).is_ok_and(|found| found == Found::Empty) || open(&bytes).is_err());
    }

    #[test]
    fn any_body_is_a_brand_or_an_error(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = open(&with_body(&body).expect("short"));
    }

    /// Damage inside a message that is otherwise whole, with a checksum that fits.
    #[test]
    fn what_is_found_could_have_been_sealed(at in 0..LENGTH, value: u8) {
        let block = seal(&brand()).expect("it fits");
        let mut body = block[56..56 + LENGTH].to_vec();
        body[at] = value;
        if let Ok(Found::Brand(brand)) = open(&with_body(&body).expect("short")) {
            prop_assert!(seal(&brand).is_ok());
        }
    }

    #[test]
    fn a_brand_survives_its_block(
        name in "[a-zA-Zäöüß ]{0,50}x",
        english in "[ -~\n]{1,300}x",
        german in "[ -~äöüß„“–\n]{1,300}x",
        light: [u8; 3],
        dark: [u8; 3],
        size in (1..64_u32, 1..64_u32),
        pixel: [u8; 4],
    ) {
        let rgba = pixel.repeat((size.0 * size.1) as usize);
        let brand = Brand {
            name,
            terms: Some(Terms { english, german }),
            accents: Some(Accents::nearest(Colour(light), Colour(dark))),
            logo: Some(Logo::new(size.0, size.1, &rgba).expect("small")),
            ..brand()
        };
        prop_assert_eq!(found(&seal(&brand).expect("it fits")), brand);
    }
}
