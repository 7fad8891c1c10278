//! What a source file says, by its syntax: the paths it names, `unsafe`, and `cfg` inside functions.

use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// A path that a file names, from its first segment on, with the module it stands in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named {
    pub(crate) line: usize,
    pub(crate) inside: Vec<String>,
    pub(crate) segments: Vec<String>,
}

/// All paths that the file names, in `use`, in code, and in the arguments of macros.
pub(crate) fn paths(path: &Path, text: &str, module: Vec<String>) -> Vec<Named> {
    let mut paths = Paths { module, found: Vec::new() };
    paths.visit_file(&parse(path, text));
    paths.found
}

/// Where the file says `unsafe`, in words.
pub(crate) fn unsafe_code(path: &Path, text: &str) -> Vec<String> {
    let tokens = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = Vec::new();
    each_token(tokens, &mut |tokens, index| {
        if is_word(tokens.get(index), "unsafe") {
            lines.push(tokens[index].span().start().line);
        }
    });
    lines.into_iter().map(|line| format!("{}:{line}: `unsafe` belongs into crates/desktop", path.display())).collect()
}

/// Where a function is cut up by `#[cfg]` or `cfg!`, in words.
pub(crate) fn cfg_in_functions(path: &Path, text: &str) -> Vec<String> {
    let mut cfgs = Cfgs { depth: 0, lines: Vec::new() };
    cfgs.visit_file(&parse(path, text));
    let advice = "`cfg` inside a function; choose the implementation in the facade file";
    cfgs.lines.into_iter().map(|line| format!("{}:{line}: {advice}", path.display())).collect()
}

fn parse(path: &Path, text: &str) -> syn::File {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

struct Paths {
    module: Vec<String>,
    found: Vec<Named>,
}

impl Paths {
    fn found(&mut self, line: usize, segments: Vec<String>) {
        self.found.push(Named { line, inside: self.module.clone(), segments });
    }

    /// A `use` with its braces spread out.
    fn spread(&mut self, before: &[String], tree: &syn::UseTree) {
        let with = |ident: &syn::Ident| [before, &[ident.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.spread(&with(&path.ident), &path.tree),
            syn::UseTree::Name(name) => self.found(name.ident.span().start().line, with(&name.ident)),
            syn::UseTree::Rename(rename) => self.found(rename.ident.span().start().line, with(&rename.ident)),
            syn::UseTree::Glob(glob) => self.found(glob.star_token.spans[0].start().line, before.to_vec()),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.spread(before, tree)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.spread(&[], &item.tree);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.found(item.ident.span().start().line, vec![item.ident.to_string()]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.found(first.ident.span().start().line, segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, makro: &'ast syn::Macro) {
        each_token(makro.tokens.clone(), &mut |tokens, index| {
            // From the first segment only: what follows a `::` has been taken along.
            if index < 2 || !is_colons(tokens, index - 2) {
                let (line, segments) = path_at(tokens, index);
                if segments.len() > 1 {
                    self.found(line, segments);
                }
            }
        });
        visit::visit_macro(self, makro);
    }
}

struct Cfgs {
    depth: usize,
    lines: Vec<usize>,
}

impl<'ast> Visit<'ast> for Cfgs {
    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.depth += 1;
        visit::visit_block(self, block);
        self.depth -= 1;
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.depth += 1;
        visit::visit_signature(self, signature);
        self.depth -= 1;
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let name = attribute.path();
        if self.depth > 0 && (name.is_ident("cfg") || name.is_ident("cfg_attr")) {
            self.lines.push(attribute.pound_token.span.start().line);
        }
    }

    fn visit_macro(&mut self, makro: &'ast syn::Macro) {
        if makro.path.segments.last().is_some_and(|segment| segment.ident == "cfg") {
            self.lines.push(makro.bang_token.span.start().line);
        }
        each_token(makro.tokens.clone(), &mut |tokens, index| {
            let called = is_word(tokens.get(index), "cfg") && is_sign(tokens.get(index + 1), '!');
            let attribute = is_sign(tokens.get(index), '#') && is_cfg_attribute(tokens.get(index + 1));
            if called || (attribute && self.depth > 0) {
                self.lines.push(tokens[index].span().start().line);
            }
        });
        visit::visit_macro(self, makro);
    }
}

/// Calls `look` for every token with its neighbours, inside of brackets too.
fn each_token(stream: TokenStream, look: &mut impl FnMut(&[TokenTree], usize)) {
    let tokens: Vec<_> = stream.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        look(&tokens, index);
        if let TokenTree::Group(group) = token {
            each_token(group.stream(), look);
        }
    }
}

/// The path `a::b::c` that begins at `index`, with its line; empty when none does.
fn path_at(tokens: &[TokenTree], mut index: usize) -> (usize, Vec<String>) {
    let mut segments = Vec::new();
    let line = tokens.get(index).map_or(0, |token| token.span().start().line);
    while let Some(TokenTree::Ident(ident)) = tokens.get(index) {
        segments.push(ident.to_string());
        if !is_colons(tokens, index + 1) {
            break;
        }
        index += 3;
    }
    (line, segments)
}

fn is_colons(tokens: &[TokenTree], index: usize) -> bool {
    is_sign(tokens.get(index), ':') && is_sign(tokens.get(index + 1), ':')
}

fn is_sign(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}

fn is_cfg_attribute(token: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(group)) = token else { return false };
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket && (is_word(first.as_ref(), "cfg") || is_word(first.as_ref(), "cfg_attr"))
}

#[test]
fn unsafe_is_found_wherever_it_hides() {
    let text = "fn f() { unsafe { g() } }\nunsafe fn g() {}\nmacro_rules! m { () => { unsafe { g() } } }\n";
    assert_eq!(unsafe_code(Path::new("x.rs"), text).len(), 3);
    assert!(unsafe_code(Path::new("x.rs"), "#![deny(unsafe_code)]\n/// unsafe\nfn f() { \"unsafe\"; }").is_empty());
}

#[test]
fn cfg_in_a_function_is_found_and_cfg_on_an_item_is_not() {
    let found = |text: &str| cfg_in_functions(Path::new("x.rs"), text).len();
    assert_eq!(found("fn f() { #[cfg(windows)] g(); }"), 1);
    assert_eq!(found("fn f() { if cfg!(windows) { g(); } }"), 1);
    assert_eq!(found("fn f() { match x { #[cfg(unix)] 1 => {} _ => {} } }"), 1);
    assert_eq!(found("fn f(#[cfg(unix)] x: u8) {}"), 1);
    assert_eq!(found("impl A { fn f(&self) { g(|| { #[cfg_attr(unix, allow(unused))] let x = 1; }) } }"), 1);
    assert_eq!(found("fn f() { assert!(cfg!(unix)); }"), 1);
    assert_eq!(found("fn f() { vec![1, { #[cfg(unix)] 2 }]; }"), 1);
    assert_eq!(found("const UNIX: bool = cfg!(unix);"), 1);
    assert_eq!(
        found("#[cfg(unix)] mod x11; #[cfg(test)] mod tests { #[test] fn f() { g(); } } #[cfg(unix)] fn g() {}"),
        0
    );
}
