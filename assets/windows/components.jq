# What is inside lotse.exe, as CycloneDX 1.6 has it, out of what `cargo metadata` says: $inside is what `cargo tree` names,
# since the metadata holds what only builds or tests it, too; $checksums are those of Cargo.lock. Both by "NAME VERSION".

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

([.packages[] | select(name_and_version as $name | $inside | index($name))]) as $packages
| ([$packages[] | { key: .id, value: reference }] | from_entries) as $references
| ($packages[] | select(.name == "lotse")) as $root
| { bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: ($root | component | .type = "application" | del(.scope)) },
    components: ([$packages[] | select(.id != $root.id) | component]
      + [{ type: "library", "bom-ref": "rust-std", name: "rust-std", version: $rust, scope: "required",
           licenses: [{ expression: "MIT OR Apache-2.0" }], description: "Rust's standard library" }]
      | sort_by(.["bom-ref"])),
    dependencies: ([.resolve.nodes[] | select($references[.id])
      | { ref: $references[.id],
          dependsOn: ([.deps[] | select(any(.dep_kinds[]; .kind == null)) | $references[.pkg] | values] | unique) }]
      | sort_by(.ref)) }
