//! Rules for single sites: a file of the user's that names, by CSS selectors, where the content of
//! a site's pages is and what in them never is.
//!
//! ```toml
//! [[site]]
//! host = "harbour.example"          # and its subdomains
//! body = "article.story"            # only what this matches counts; optional
//! drop = [".paywall-note", "aside"] # what these match does not; optional
//! ```
//!
//! The file is TOML. Of several hosts that a page's host lies under, the longest counts. A rule only
//! chooses parts of the page; its blocks are still labelled by the model.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;
use toml::Spanned;
use url::{Host, Url};

use crate::dom::Document;
use crate::dom::html5::Selection;
use crate::metadata::own_address;

/// What is chosen of the pages of which sites.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// By host, in lower case and Punycode.
    sites: HashMap<String, Selection>,
}

/// Why rules could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    site: Vec<Site>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    host: Spanned<String>,
    body: Option<Spanned<String>>,
    #[serde(default)]
    drop: Vec<Spanned<String>>,
}

/// The place in the file, as a byte, and what is wrong there.
type Problem = (usize, String);

impl Rules {
    /// Reads a file of rules.
    ///
    /// # Errors
    /// If it cannot be read, is no TOML, has other keys, a host twice or one that is none, a site
    /// without `body` and `drop`, or a selector that is no CSS.
    pub fn read(path: &Path) -> Result<Rules, RulesError> {
        let text = fs::read_to_string(path)
            .map_err(|source| RulesError::Read { path: path.to_owned(), source })?;
        parse(&text).map_err(|(at, problem)| {
            let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
            RulesError::Line { path: path.to_owned(), line, problem }
        })
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.sites.is_empty()
    }

    /// What is chosen of a page: of the site at `url`, where the page was fetched from, or else at
    /// the canonical address that it names itself.
    pub fn of(&self, url: Option<&str>, document: &Document) -> Option<&Selection> {
        if self.is_empty() {
            return None;
        }
        let url = Url::parse(url.or_else(|| own_address(document))?).ok()?;
        let mut host = url.host_str()?.trim_end_matches('.');
        loop {
            if let Some(selection) = self.sites.get(host) {
                return Some(selection);
            }
            host = host.split_once('.')?.1;
        }
    }
}

fn parse(text: &str) -> Result<Rules, Problem> {
    let file: File = toml::from_str(text)
        .map_err(|error| (error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
    let mut rules = Rules::default();
    for Site { host, body, drop } in file.site {
        let at = host.span().start;
        let name = Host::parse(host.get_ref().trim_end_matches('.'))
            .map_err(|_| (at, format!("{:?} is no host name", host.get_ref())))?
            .to_string();
        if body.is_none() && drop.is_empty() {
            return Err((at, format!("the rule for {name} has neither `body` nor `drop`")));
        }
        let mut selection = Selection::default();
        for css in body.iter() {
            let body = Selection::new(std::slice::from_ref(css.get_ref()), &[]);
            selection = selection.and(&body.map_err(|problem| (css.span().start, problem))?);
        }
        for css in drop.iter() {
            let drop = Selection::new(&[], std::slice::from_ref(css.get_ref()));
            selection = selection.and(&drop.map_err(|problem| (css.span().start, problem))?);
        }
        if rules.sites.insert(name.clone(), selection).is_some() {
            return Err((at, format!("a second rule for {name}")));
        }
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;

    const RULES: &str = "[[site]]\nhost = 'A.example'\nbody = 'main'\n\
        [[site]]\nhost = 'blog.a.example'\ndrop = ['aside',\n  '.ad']\n";

    #[test]
    fn the_longest_host_counts_and_subdomains_are_of_the_site() {
        let rules = parse(RULES).unwrap();
        let document = dom::parse("");
        let is_blog = |url: &str| {
            let selection = rules.of(Some(url), &document)?;
            Some(format!("{selection:?}").contains("aside"))
        };
        assert_eq!(is_blog("https://a.example/x"), Some(false));
        assert_eq!(is_blog("http://www.A.example:8080"), Some(false));
        assert_eq!(is_blog("https://de.blog.a.example/?x"), Some(true));
        assert_eq!(is_blog("https://ba.example/"), None);
        assert_eq!(is_blog("https://example/"), None);
        assert_eq!(is_blog("a.example"), None);
        let own = dom::parse("<link rel=canonical href='https://a.example/x'>");
        assert!(
            rules.of(None, &own).is_some() && rules.of(Some("https://b.example"), &own).is_none()
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let problem = |text: &str| {
            let (at, problem) = parse(text).unwrap_err();
            (1 + text[..at].matches('\n').count(), problem)
        };
        assert_eq!(problem(&RULES.replace(".ad", ".ad[")).0, 7);
        assert!(problem(&RULES.replace(".ad", ".ad[")).1.contains("\".ad[\" is no CSS selector"));
        assert_eq!(
            problem(&RULES.replace("blog.", "")),
            (5, "a second rule for a.example".to_owned())
        );
        assert_eq!(problem("[[site]]\nhost = 'a b'\nbody = 'p'").1, "\"a b\" is no host name");
        assert!(problem("[[site]]\nhost = 'a'").1.contains("neither `body` nor `drop`"));
        assert_eq!(problem("[[site]]\nhost = 'a'\nbodi = 'p'").0, 3);
        assert_eq!(problem("\n[[site]").0, 2);
    }
}
