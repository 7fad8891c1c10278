//! The file `lotse.exe` itself, and what is handed out with it: what Windows reads before the program runs, symbols, a
//! checksum, a list of what is inside.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use object::LittleEndian as LE;
use object::pe::{
    IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA,
    IMAGE_DLLCHARACTERISTICS_NX_COMPAT, IMAGE_SUBSYSTEM_WINDOWS_GUI, RT_GROUP_ICON, RT_MANIFEST, RT_VERSION,
};
use object::read::pe::{ImageNtHeaders as _, ImageOptionalHeader as _, PeFile64};
use serde_json::Value;

use crate::planted::{KNOWN, listed};

/// LOAD_LIBRARY_SEARCH_SYSTEM32.
const SYSTEM32: u16 = 0x800;

/// Where the linker puts the program, and what addresses in its symbols are relative to.
pub(crate) const IMAGE: u64 = 0x1_4000_0000;

#[test]
#[ignore = "needs lotse.exe: ./dev windows test"]
fn only_known_libraries_are_loaded_at_the_start() {
    let bytes = fs::read(product("lotse.exe")).expect("it was just built");
    let file = PeFile64::parse(&*bytes).expect("an executable for 64-bit Windows");
    let known: BTreeSet<String> = listed(KNOWN).collect();
    let imports = imports(&file);
    assert!(imports.contains("kernel32.dll"), "the imports were read: {imports:?}");
    let unknown: Vec<_> = imports.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");

    let lists =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/windows/delayed")).expect("they are there");
    let names = lists.filter_map(|list| Some(list.ok()?.path().file_stem()?.to_str()?.to_owned()));
    assert_eq!(later(&file), names.map(|name| format!("{name}.dll")).collect());

    let configuration = file.data_directory(IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG).expect("there is one");
    let configuration = configuration.data(&*bytes, &file.section_table()).expect("it is in the file");
    assert_eq!(configuration[..4], 0x70_u32.to_le_bytes());
    assert_eq!(configuration[0x4e..0x50], SYSTEM32.to_le_bytes());

    let header = file.nt_headers().optional_header();
    assert_eq!(header.subsystem(), IMAGE_SUBSYSTEM_WINDOWS_GUI);
    let safe = IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE
        | IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA
        | IMAGE_DLLCHARACTERISTICS_NX_COMPAT;
    assert_eq!(header.dll_characteristics() & safe, safe);
    assert_eq!(header.image_base(), IMAGE);
}

/// "No entry in the registry" for good, and not only in the sessions that are tested: nothing in the program is called as what
/// writes one, neither in its imports nor where functions are looked up by name at run time.
#[test]
#[ignore = "needs lotse.exe: ./dev windows test"]
fn it_has_no_function_that_writes_to_the_registry() {
    let bytes = fs::read(product("lotse.exe")).expect("it was just built");
    let names = |name: &&str| bytes.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes()));
    assert!(names(&"SendInput"), "functions are found by their names");
    let writing = [
        "RegSetValue",
        "RegSetKeyValue",
        "RegCreateKey",
        "RegDelete",
        "RegLoadKey",
        "SHSetValue",
        "SHRegSet",
        "NtSetValueKey",
        "NtCreateKey\0",
        "WriteProfile",
        "WritePrivateProfile",
    ];
    let found: Vec<_> = writing.iter().filter(|name| names(name)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
#[ignore = "needs lotse.exe: ./dev windows test"]
fn windows_finds_manifest_icon_and_version() {
    let bytes = fs::read(product("lotse.exe")).expect("it was just built");
    let file = PeFile64::parse(&*bytes).expect("an executable for 64-bit Windows");
    let manifest = String::from_utf8(resource(&file, RT_MANIFEST)).expect("UTF-8");
    for setting in [
        r#"<requestedExecutionLevel level="asInvoker" uiAccess="false"/>"#,
        ">PerMonitorV2, PerMonitor</dpiAwareness>",
        ">true</longPathAware>",
        ">UTF-8</activeCodePage>",
        // Windows 10 and 11.
        r#"<supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/>"#,
    ] {
        assert!(manifest.contains(setting), "{setting} is missing in {manifest}");
    }
    // As many pictures as the file of the icon has.
    let icon = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/icon/lotse.ico")).expect("it is there");
    assert_eq!(resource(&file, RT_GROUP_ICON)[4..6], icon[4..6]);
    let version = String::from_utf16_lossy(
        &resource(&file, RT_VERSION)
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect::<Vec<_>>(),
    );
    for (name, is) in [
        ("FileDescription", "Lotse"),
        ("ProductName", "Lotse"),
        ("OriginalFilename", "lotse.exe"),
        ("FileVersion", env!("CARGO_PKG_VERSION")),
        ("ProductVersion", env!("CARGO_PKG_VERSION")),
    ] {
        let after = version.split(&format!("{name}\0")).nth(1).unwrap_or_default().trim_start_matches('\0');
        assert!(after.starts_with(&format!("{is}\0")), "{name} in {version:?}");
    }
}

#[test]
#[ignore = "needs lotse.exe: ./dev windows test"]
fn the_checksum_is_that_of_the_file() {
    let checked =
        Command::new("sha256sum").args(["--check", "--strict", "lotse.exe.sha256"]).current_dir(product("")).output();
    let checked = checked.expect("coreutils are there");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    assert_eq!(checked.stdout, b"lotse.exe: OK\n");
}

/// Everything that the schema of CycloneDX 1.6 asks for of what is used of it, and everything that cargo links.
#[test]
#[ignore = "needs lotse.exe: ./dev windows test"]
fn the_list_of_what_is_inside_is_whole() {
    let text = fs::read_to_string(product("lotse.cdx.json")).expect("it was just made");
    let list: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        (&list["bomFormat"], &list["specVersion"], &list["version"]),
        (&"CycloneDX".into(), &"1.6".into(), &1.into())
    );
    let root = &list["metadata"]["component"];
    assert_eq!(
        (&root["type"], &root["name"], &root["version"]),
        (&"application".into(), &"lotse".into(), &env!("CARGO_PKG_VERSION").into())
    );
    let components = list["components"].as_array().expect("a list");
    let mut references = BTreeSet::from([root["bom-ref"].as_str().expect("a text")]);
    let mut no_crates = Vec::new();
    for component in components {
        let text = |name: &str| {
            component[name].as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("{name} of {component}"))
        };
        assert_eq!(text("scope"), "required");
        assert!(
            !text("name").is_empty() && text("version").starts_with(|sign: char| sign.is_ascii_digit()),
            "{component}"
        );
        assert!(references.insert(text("bom-ref")), "twice: {component}");
        let licence = &component["licenses"][0];
        assert!(licence["expression"].is_string() || licence["license"]["name"].is_string(), "{component}");
        if component["purl"].is_null() {
            no_crates.push((text("type"), text("name")));
            continue;
        }
        assert_eq!(text("type"), "library");
        assert_eq!(text("purl"), format!("pkg:cargo/{}@{}", text("name"), text("version")));
        if !text("name").starts_with("lotse-") {
            let hash = &component["hashes"][0];
            assert_eq!(hash["alg"], "SHA-256");
            assert!(
                hash["content"]
                    .as_str()
                    .is_some_and(|hash| hash.len() == 64 && hash.bytes().all(|digit| digit.is_ascii_hexdigit()))
            );
        }
    }
    let fonts = ["lotse-sans-regular", "lotse-sans-semibold"].map(|name| ("file", name));
    let libraries = ["libgcc", "mingw-w64-runtime", "rust-std"].map(|name| ("library", name));
    assert_eq!(no_crates.into_iter().collect::<BTreeSet<_>>(), fonts.into_iter().chain(libraries).collect());
    for dependency in list["dependencies"].as_array().expect("a list") {
        let named = dependency["dependsOn"].as_array().expect("a list").iter().chain([&dependency["ref"]]);
        for name in named {
            assert!(name.as_str().is_some_and(|name| references.contains(name)), "{name} is not in the list");
        }
    }
    let names: BTreeSet<_> = components.iter().filter_map(|component| component["name"].as_str()).collect();
    for name in ["egui", "lotse-codec", "quinn", "ring", "windows", "zstd-sys"] {
        assert!(names.contains(name), "{name} is missing");
    }
    for name in ["proptest", "winresource", "x11rb", "serde_derive"] {
        assert!(!names.contains(name), "{name} is not in the executable");
    }
}

/// The function at this place in the program, by the symbols that were taken out of it.
pub(crate) fn function_at(place: u64) -> String {
    let output = Command::new("x86_64-w64-mingw32-nm")
        .args(["--numeric-sort", "--demangle"])
        .arg(product("lotse.debug"))
        .output();
    let text = String::from_utf8(output.expect("binutils-mingw-w64-x86-64 is there").stdout).expect("names are UTF-8");
    let functions = text.lines().filter_map(|line| {
        let (address, name) = line.split_once(" T ").or_else(|| line.split_once(" t "))?;
        Some((u64::from_str_radix(address, 16).ok()?, name))
    });
    let before = functions.take_while(|(address, _)| *address <= IMAGE + place).last();
    before.map(|(_, name)| name.to_owned()).unwrap_or_default()
}

/// What lies in the folder with `lotse.exe`.
fn product(name: &str) -> PathBuf {
    PathBuf::from(env::var_os("LOTSE_PRODUCT").expect("./dev windows test")).join(name)
}

fn imports(file: &PeFile64<'_>) -> BTreeSet<String> {
    let table = file.import_table().expect("it can be read").expect("there is one");
    let mut descriptors = table.descriptors().expect("they can be read");
    let mut names = BTreeSet::new();
    while let Some(descriptor) = descriptors.next().expect("it can be read") {
        let name = table.name(descriptor.name.get(LE)).expect("a text");
        names.insert(String::from_utf8_lossy(name).to_lowercase());
    }
    names
}

/// Those that are loaded at their first call.
fn later(file: &PeFile64<'_>) -> BTreeSet<String> {
    let table = file.data_directories().delay_load_import_table(file.data(), &file.section_table());
    let table = table.expect("it can be read").expect("there is one");
    let mut descriptors = table.descriptors().expect("they can be read");
    let mut names = BTreeSet::new();
    while let Some(descriptor) = descriptors.next().expect("it can be read") {
        // Not in the same section: the table's own way to read it does not get there.
        let name =
            file.section_table().pe_data_at(file.data(), descriptor.dll_name_rva.get(LE)).expect("it is in the file");
        let name = name.split(|byte| *byte == 0).next().expect("a text");
        assert!(names.insert(String::from_utf8_lossy(name).to_lowercase()), "{name:?} is there twice");
    }
    names
}

/// The first resource of this type.
fn resource(file: &PeFile64<'_>, kind: u16) -> Vec<u8> {
    let sections = file.section_table();
    let resources = file.data_directories().resource_directory(file.data(), &sections);
    let resources = resources.expect("it can be read").expect("there is one");
    let root = resources.root().expect("it can be read");
    let mut entry =
        root.entries.iter().find(|entry| entry.name_or_id().id() == Some(kind)).expect("there is one of the type");
    // By type, name and language.
    loop {
        match entry.data(resources).expect("it can be read") {
            object::read::pe::ResourceDirectoryEntryData::Table(table) => {
                entry = table.entries.first().expect("not empty");
            }
            object::read::pe::ResourceDirectoryEntryData::Data(data) => {
                let bytes = sections.pe_data_at(file.data(), data.offset_to_data.get(LE)).expect("it is in the file");
                return bytes[..data.size.get(LE) as usize].to_vec();
            }
        }
    }
}
