//! `lotse-relay brand`: an institution's own copy of the program, and how to sign it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context;
use lotse_protocol::brand::{Brand, Found, Language};
use lotse_relay::brand::description::{Corrected, Description, TermsFiles};
use lotse_relay::brand::executable::System;
use lotse_relay::brand::{show, write};
use sha2::{Digest, Sha256};

use crate::arguments::BrandArguments;

pub(crate) fn run(arguments: BrandArguments) -> anyhow::Result<()> {
    let from = arguments.executable.clone();
    let Some(output) = arguments.output.clone() else {
        let (found, _) = show(&from)?;
        match found {
            Found::Empty => println!("{} belongs to nobody yet.", from.display()),
            Found::Brand(brand) => print!("{}", describe(&brand)),
        }
        return Ok(());
    };
    let file = arguments.from.as_deref().map(Description::read).transpose()?.unwrap_or_default();
    let (brand, corrected) = file.under(options(arguments)).brand()?;
    for corrected in corrected {
        eprintln!("{}", correction(&corrected));
    }
    let system = write(&brand, &from, &output)?;
    let bytes = fs::read(&output).with_context(|| format!("cannot read {}", output.display()))?;
    let sum = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    println!("{}: {} bytes, SHA-256 {sum}", output.display(), bytes.len());
    print!("{}", describe(&brand));
    println!();
    print!("{}", signing(system, &brand.name, &output));
    Ok(())
}

fn options(arguments: BrandArguments) -> Description {
    let BrandArguments { name, relay, relay_key, languages, accent, accent_dark, logo, terms_en, terms_de, .. } =
        arguments;
    let terms = TermsFiles { en: terms_en, de: terms_de };
    Description { name, relay, relay_key, languages, accent, accent_dark, logo, terms }
}

/// What stands in a block, a line for each.
fn describe(brand: &Brand) -> String {
    let tags: Vec<_> = brand.languages.list().into_iter().map(Language::tag).collect();
    let terms = match &brand.terms {
        None => "Lotse's own".to_owned(),
        Some(terms) => {
            let length =
                |language: &Language| format!("{} bytes ({})", terms.in_language(*language).len(), language.tag());
            brand.languages.list().iter().map(length).collect::<Vec<_>>().join(", ")
        }
    };
    let accent = brand
        .accents
        .map_or("Lotse's own".to_owned(), |accents| format!("{}, in dark windows {}", accents.light(), accents.dark()));
    let logo = brand.logo.as_ref().map_or("none".to_owned(), |logo| format!("{} × {}", logo.width(), logo.height()));
    let mut lines = String::new();
    for (what, is) in [
        ("name", brand.name.as_str()),
        ("relay", &brand.relay.to_string()),
        ("relay key", &brand.pins.to_string()),
        ("languages", &tags.join(", ")),
        ("terms", &terms),
        ("accent", &accent),
        ("logo", &logo),
    ] {
        // Cannot fail: a string grows.
        let _ = writeln!(lines, "  {what:<10} {is}");
    }
    lines
}

fn correction(corrected: &Corrected) -> String {
    let Corrected { theme, given, taken, contrast } = corrected;
    format!(
        "The accent {given} could not be read in a {theme} window: its contrast is {contrast:.1} to 1, and 4.5 is needed \
         (WCAG 2.1, AA). {taken} is taken instead."
    )
}

/// The commands that sign the new file and look at the signature, each on a line of its own.
fn signing(system: System, name: &str, output: &Path) -> String {
    let file = quoted(&output.to_string_lossy());
    match system {
        System::Windows => {
            let signed = output.with_file_name(format!("{}-signed.exe", stem(output)));
            let signed = quoted(&signed.to_string_lossy());
            format!(
                "It is not signed yet. With your certificate for code and its key:\n\n  \
                 osslsigncode sign -h sha256 -certs certificate.pem -key key.pem -n {} -in {file} -out {signed}\n  \
                 osslsigncode verify -CAfile ca.pem -in {signed}\n\n\
                 Add \"-ts URL\" with the time stamp service of your certificate authority to the first: without it the \
                 signature ends with the certificate.\n",
                quoted(name),
            )
        }
        System::Linux => {
            let signature = quoted(&format!("{}.sig", output.to_string_lossy()));
            format!(
                "It is not signed yet. With your key, the signature in a file beside it:\n\n  \
                 openssl dgst -sha256 -sign key.pem -out {signature} {file}\n  \
                 openssl x509 -in certificate.pem -noout -pubkey -out public.pem\n  \
                 openssl dgst -sha256 -verify public.pem -signature {signature} {file}\n",
            )
        }
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+:@".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use lotse_relay::brand::executable::System;

    use super::{quoted, signing};

    #[test]
    fn a_shell_gets_each_word_as_it_is() {
        for (word, shown) in
            [("lotse-uni.exe", "lotse-uni.exe"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("", "''"), ("-x", "'-x'")]
        {
            assert_eq!(quoted(word), shown);
            let printed = std::process::Command::new("sh").args(["-c", &format!("printf %s {shown}")]).output();
            assert_eq!(printed.expect("a shell").stdout, word.as_bytes());
        }
    }

    #[test]
    fn the_signed_file_has_a_name_of_its_own() {
        let said = signing(System::Windows, "A & B", Path::new("out/uni.exe"));
        assert!(said.contains("-n 'A & B' -in out/uni.exe -out out/uni-signed.exe\n"), "{said}");
        let said = signing(System::Linux, "A & B", Path::new("out/uni"));
        assert!(said.contains("-sign key.pem -out out/uni.sig out/uni\n"), "{said}");
    }
}
