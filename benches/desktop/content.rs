//! What the workloads show: made once, under `target/bench/desktop/content`, out of photographs that a Debian package
//! has and words that are put together here.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::machine::run;

/// Where `mate-backgrounds` has its photographs.
const PHOTOGRAPHS: &str = "/usr/share/backgrounds/mate/nature";
/// Those of the page, and then those of the film.
const ON_THE_PAGE: &[&str] = &["Garden", "Storm", "FreshFlower", "Wood", "TwoWings", "GreenMeadow", "Aqua"];
const IN_THE_FILM: &[&str] = &["Dune", "LadyBird", "RainDrops", "YellowFlower"];

/// Pixels of the film, and its pictures a second.
pub(crate) const FILM: (u16, u16) = (1024, 576);
pub(crate) const FILM_FPS: u32 = 25;
/// Every picture's number, of its lowest bits, is in two corners in squares of so many pixels.
pub(crate) const NUMBER_BITS: u16 = 3;
pub(crate) const SQUARE: u16 = 16;
/// Of each photograph in the film, and of the film.
const SHOT_SECONDS: u32 = 6;
/// How long two shots are seen through each other.
const FADE_SECONDS: u32 = 1;

/// Files, all of them there.
pub(crate) struct Content {
    folder: PathBuf,
}

impl Content {
    /// Makes what is missing in `folder`: half a minute, once.
    pub(crate) fn in_folder(folder: PathBuf) -> Result<Self> {
        let content = Self { folder };
        // Counted up with what is made.
        let complete = content.folder.join("complete-2");
        if !complete.exists() {
            eprintln!("making pages and a film …");
            fs::create_dir_all(&content.folder)?;
            ensure!(Path::new(PHOTOGRAPHS).exists(), "{PHOTOGRAPHS} is missing: apt-get install mate-backgrounds");
            content.make_pictures()?;
            fs::write(content.page(), page())?;
            fs::write(content.log(), log())?;
            fs::write(content.letter(), letter())?;
            content.make_film()?;
            fs::write(complete, "")?;
        }
        Ok(content)
    }

    /// What the desktop has behind its windows.
    pub(crate) fn wallpaper(&self) -> PathBuf {
        self.folder.join("wallpaper.png")
    }

    /// An article with photographs, long enough for a minute.
    pub(crate) fn page(&self) -> PathBuf {
        self.folder.join("page.html")
    }

    /// What a build prints, in colours.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("build.log")
    }

    /// A page of plain text.
    pub(crate) fn letter(&self) -> PathBuf {
        self.folder.join("letter.txt")
    }

    /// Without sound, in the size [`FILM`].
    pub(crate) fn film(&self) -> PathBuf {
        self.folder.join("film.mp4")
    }

    fn make_pictures(&self) -> Result<()> {
        let wallpaper = self.wallpaper();
        run("convert", ["-size", "1920x1080", "gradient:#5b3a58-#d9916b", &text(&wallpaper)])?;
        for name in ON_THE_PAGE {
            let (from, to) = (photograph(name), self.folder.join(format!("{name}.jpg")));
            run(
                "convert",
                [&from, "-resize", "760x480^", "-gravity", "center", "-extent", "760x480", "-quality", "85"]
                    .into_iter()
                    .chain([text(&to).as_str()]),
            )?;
        }
        Ok(())
    }

    /// Slow ways over photographs, faded into each other, with the grain of a camera, a line of text below, and each picture's
    /// number; itself compressed as films are.
    fn make_film(&self) -> Result<()> {
        let (width, height) = FILM;
        let frames = SHOT_SECONDS * FILM_FPS;
        let ways = [
            ("1.15+0.0012*on", "(iw-iw/zoom)*on", "(ih-ih/zoom)/2"),
            ("1.5-0.0015*on", "(iw-iw/zoom)/2", "(ih-ih/zoom)*on"),
            ("1.3", "(iw-iw/zoom)*(1-on)", "(ih-ih/zoom)*on"),
            ("1.1+0.002*on", "(iw-iw/zoom)/3", "(ih-ih/zoom)*(1-on)"),
        ];
        let mut arguments: Vec<String> = ["-y", "-v", "error", "-nostdin"].map(str::to_owned).to_vec();
        let mut filter = String::new();
        for (number, (name, (zoom, x, y))) in IN_THE_FILM.iter().zip(ways).enumerate() {
            arguments.extend(["-i".to_owned(), photograph(name)]);
            // `on` counts pictures; as a place on the way it goes from 0 to 1.
            let way = |along: &str| along.replace("on", &format!("on/{frames}"));
            write!(
                filter,
                "[{number}]scale=2560:1440:force_original_aspect_ratio=increase,crop=2560:1440,\
                 zoompan=z='{zoom}':x='{}':y='{}':d={frames}:s={width}x{height}:fps={FILM_FPS},setsar=1[{number}s];",
                way(x),
                way(y)
            )?;
        }
        let mut last = "0s".to_owned();
        for number in 1..IN_THE_FILM.len() {
            let offset = u32::try_from(number)? * (SHOT_SECONDS - FADE_SECONDS);
            write!(filter, "[{last}][{number}s]xfade=duration={FADE_SECONDS}:offset={offset}[{number}x];")?;
            last = format!("{number}x");
        }
        write!(
            filter,
            "[{last}]noise=alls=7:allf=t:all_seed=11,drawtext=fontsize=26:fontcolor=white:borderw=2:x=(w-tw)/2:y=h-60:\
             fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:\
             text='Im Herbst ziehen sie weiter, bis ans Meer.':enable='lt(mod(t,5),3)'"
        )?;
        for (corner, bit) in Corner::BOTH.into_iter().flat_map(|corner| (0..NUMBER_BITS).map(move |bit| (corner, bit)))
        {
            let (x, y) = corner.square(bit);
            let square = format!("drawbox=x={x}:y={y}:w={SQUARE}:h={SQUARE}:t=fill");
            write!(filter, ",{square}:color=black,{square}:color=white:enable='mod(floor(n/{}),2)'", 1 << bit)?;
        }
        let film = text(&self.film());
        let encoder = ["-filter_complex", &filter, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-crf", "20", &film];
        arguments.extend(encoder.map(str::to_owned));
        run("ffmpeg", arguments.iter().map(String::as_str))
    }
}

/// Of the film, where each picture has its number.
#[derive(Clone, Copy)]
pub(crate) enum Corner {
    First,
    Last,
}

impl Corner {
    pub(crate) const BOTH: [Self; 2] = [Self::First, Self::Last];

    /// Where the square is that is white for this bit of the number, pixels of the film.
    pub(crate) fn square(self, bit: u16) -> (u16, u16) {
        match self {
            Self::First => (bit * SQUARE, 0),
            Self::Last => (FILM.0 - (NUMBER_BITS - bit) * SQUARE, FILM.1 - SQUARE),
        }
    }
}

fn photograph(name: &str) -> String {
    format!("{PHOTOGRAPHS}/{name}.jpg")
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Sentences out of a small stock of words; the same for the same `seed`.
pub(crate) fn sentences(seed: u64, words: usize) -> String {
    const WORDS: &[&str] = &[
        "Fenster",
        "garden",
        "morning",
        "Schlüssel",
        "the",
        "between",
        "Straße",
        "paper",
        "über",
        "number",
        "window",
        "quiet",
        "river",
        "and",
        "Bäume",
        "machine",
        "letter",
        "of",
        "with",
        "Rechner",
        "station",
        "winter",
        "answer",
        "under",
        "carry",
        "green",
        "Umlaut",
        "a",
        "question",
        "careful",
        "street",
        "light",
        "nobody",
        "Zeitung",
    ];
    let mut chance = Chance(seed);
    let mut text = String::new();
    let mut begins = true;
    for number in 0..words {
        let word = WORDS[chance.below(WORDS.len())];
        if number > 0 {
            text.push(' ');
        }
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if begins => text.extend(first.to_uppercase().chain(letters)),
            _ => text.push_str(word),
        }
        begins = chance.below(9) == 0;
        if begins {
            text.push('.');
        }
    }
    text
}

fn page() -> String {
    let mut page = String::from(
        "<!doctype html><meta charset=utf-8><title>benchmark page</title><style>\
         body{margin:0;background:#1f2126;color:#d5d8de;font:16px/1.6 'DejaVu Serif',serif}\
         header{position:fixed;top:0;left:0;right:0;height:64px;background:#2f5d50;color:#fff;\
         font:bold 22px/64px 'DejaVu Sans',sans-serif;padding:0 40px}\
         main{display:grid;grid-template-columns:760px 520px;gap:48px;width:1328px;margin:100px auto}\
         h2{color:#e8b86d;font-family:'DejaVu Sans',sans-serif;margin:8px 0}img{display:block;border-radius:6px}\
         aside{background:#2a2d34;padding:16px;border-left:4px solid #e8b86d;font-size:14px}\
         td{padding:3px 14px;border-bottom:1px solid #454a55;font:13px 'DejaVu Sans Mono',monospace}</style>\
         <header>Tageblatt · Reisen · Technik · Garten</header><main>",
    );
    for part in 0..28_u64 {
        let photo = ON_THE_PAGE[usize::try_from(part).unwrap_or(0) % ON_THE_PAGE.len()];
        let rows: String = (0..9)
            .map(|row| {
                let number = (part * 7919 + row * 104_729) % 100_003;
                format!("<tr><td>{}<td>{}<td>{number}", part * 9 + row, sentences(part * 50 + row, 2))
            })
            .collect();
        page.push_str(&format!(
            "<article><h2>{}</h2><img src={photo}.jpg width=760 height=480><p>{}</p></article>\
             <aside><p>{}</p><table>{rows}</table></aside>",
            sentences(part, 4),
            sentences(part + 100, 90),
            sentences(part + 200, 60),
        ));
    }
    page + "</main>"
}

fn log() -> String {
    let mut chance = Chance(3);
    let mut log = String::new();
    for line in 0..6000_u64 {
        let name = format!("{}-{}", sentences(line, 1).to_lowercase(), chance.below(40));
        let written = match chance.below(12) {
            0 => writeln!(log, "\u{1b}[33mwarning\u{1b}[0m: unused {name}: {}", sentences(line + 9000, 7)),
            1 => writeln!(
                log,
                "   \u{1b}[36m-->\u{1b}[0m src/{name}/{}.rs:{}:{}",
                chance.below(99),
                chance.below(900),
                chance.below(80)
            ),
            _ => writeln!(
                log,
                "   \u{1b}[1;32mCompiling\u{1b}[0m {name} v{}.{}.{} (/home/build/{:08x})",
                chance.below(9),
                chance.below(40),
                chance.below(20),
                chance.below(1 << 32)
            ),
        };
        written.expect("a string takes what is written");
    }
    log
}

fn letter() -> String {
    (0..14).map(|paragraph| sentences(paragraph + 700, 45) + "\n\n").collect()
}

/// A linear congruential generator (Knuth's MMIX): the same everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).map_or(0, |value| value % limit)
    }
}
