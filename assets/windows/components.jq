# What is inside lotse.exe, as CycloneDX 1.6 has it, out of what `cargo metadata` says: $inside is what `cargo tree` names,
# since the metadata holds what only builds or tests it, too; $checksums are those of Cargo.lock. Both by "NAME VERSION".
# $rust, $mingw and $gcc are versions of what a compiler puts in, $fonts our fonts, each by name, version and checksum.

def name_and_version: "\(.name) \(.version)";

def reference: "pkg:cargo/\(.name)@\(.version)";

# As SPDX wants it; older crates write "MIT/Apache-2.0".
def licence:
  if .license then [{ expression: (.license | gsub(" */ *"; " OR ")) }]
  else [{ license: { name: "see the package" } }] end;

def component:
  { type: "library", "bom-ref": reference, name: .name, version: .version, purl: reference, scope: "required",
    licenses: licence }
  + (if $checksums[name_and_version] then
      { hashes: [{ alg: "SHA-256", content: $checksums[name_and_version] }] } else {} end)
  + (if .description then { description: (.description | gsub("\\s+"; " ") | ltrimstr(" ") | rtrimstr(" ")) } else {} end)
  + (if .repository then { externalReferences: [{ type: "vcs", url: .repository }] } else {} end);

# What is in it and no crate.
def other($name; $version; $licence; $description):
  { type: "library", "bom-ref": $name, name: $name, version: $version, scope: "required",
    licenses: [$licence], description: $description };

([.packages[] | select(name_and_version as $name | $inside | index($name))]) as $packages
| ([$packages[] | { key: .id, value: reference }] | from_entries) as $references
| ($packages[] | select(.name == "lotse")) as $root
| { bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: ($root | component | .type = "application" | del(.scope)) },
    components: ([$packages[] | select(.id != $root.id) | component]
      + [other("rust-std"; $rust; { expression: "MIT OR Apache-2.0" }; "Rust's standard library"),
         other("mingw-w64-runtime"; $mingw;
           { license: { name: "ZPL-2.1, public domain and others: its COPYING.MinGW-w64-runtime.txt" } };
           "What begins and ends a program of mingw-w64's"),
         other("libgcc"; $gcc; { expression: "GPL-3.0-or-later WITH GCC-exception-3.1" }; "The compiler's own functions")]
      + [$fonts[] | other(.name; .version; { expression: "OFL-1.1" }; "Letters, made from Inter of this version")
          + { type: "file", hashes: [{ alg: "SHA-256", content: .sum }] }]
      | sort_by(.["bom-ref"])),
    dependencies: ([.resolve.nodes[] | select($references[.id])
      | { ref: $references[.id],
          dependsOn: ([.deps[] | select(any(.dep_kinds[]; .kind == null)) | $references[.pkg] | values] | unique) }]
      | sort_by(.ref)) }
