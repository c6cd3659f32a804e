//! Which pages belong together: one group a site, so that no cross-validation fold tests on a site
//! it trained on. A group is not a fold: [`training::fold`](crate::training::fold) spreads the
//! groups' numbers over folds.

use std::collections::HashMap;
use std::hash::Hasher;
use std::sync::LazyLock;

use fnv::FnvHasher;
use regex::Regex;
use regex::bytes::Regex as BytesRegex;
use url::{Host, Url};

/// What one page is known by.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    /// Registered domain of the page's address.
    pub domain: Option<String>,
    /// Publisher named by the page's source.
    pub publisher: Option<String>,
    /// Hash of the page's bytes.
    pub content: u64,
}

/// A group name for each page. Two pages are in one group when they share a key, directly or
/// through other pages: a news page without an address joins its publisher's other pages, a copy of
/// a page joins the page.
///
/// The name is the group's first registered domain in alphabetical order, else its first publisher,
/// else the hash of its bytes; the order of the pages does not matter.
pub(super) fn group(pages: &[Keys]) -> Vec<String> {
    // Union-find over pages: each key points at the first page that has it.
    let mut parent: Vec<usize> = (0..pages.len()).collect();
    let mut owner: HashMap<(u8, &str), usize> = HashMap::new();
    let mut content_owner: HashMap<u64, usize> = HashMap::new();
    for (page, keys) in pages.iter().enumerate() {
        let named = [(0, keys.domain.as_deref()), (1, keys.publisher.as_deref())];
        let named = named.into_iter().filter_map(|(kind, name)| Some((kind, name?)));
        let owners = named.map(|key| *owner.entry(key).or_insert(page));
        for other in owners.chain([*content_owner.entry(keys.content).or_insert(page)]) {
            let (a, b) = (root(&mut parent, page), root(&mut parent, other));
            parent[a.max(b)] = a.min(b);
        }
    }

    let roots: Vec<usize> = (0..pages.len()).map(|page| root(&mut parent, page)).collect();
    let mut names: HashMap<usize, (u8, String)> = HashMap::new();
    for (keys, &root) in pages.iter().zip(&roots) {
        let name = match keys {
            Keys { domain: Some(domain), .. } => (0, domain.clone()),
            Keys { publisher: Some(publisher), .. } => (1, publisher.clone()),
            Keys { content, .. } => (2, format!("{content:016x}")),
        };
        names.entry(root).and_modify(|best| *best = name.clone().min(best.clone())).or_insert(name);
    }
    roots.iter().map(|root| names[root].1.clone()).collect()
}

/// The representative of a page's set, halving the path on the way.
fn root(parent: &mut [usize], mut page: usize) -> usize {
    while parent[page] != page {
        parent[page] = parent[parent[page]];
        page = parent[page];
    }
    page
}

/// A group's number: its 64-bit FNV-1a hash, the same in every run and on every machine.
pub fn site_of(group: &str) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(group.as_bytes());
    hasher.finish()
}

/// The registered domain of an address (`bbc.co.uk` for `https://www.bbc.co.uk/news`) by the public
/// suffix list; the host itself when it has none, as an IP address.
pub fn registered_domain(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    match url.host()? {
        Host::Domain(host) => Some(psl::domain_str(host).unwrap_or(host).to_owned()),
        address => Some(address.to_string()),
    }
}

/// The registered domain of the address a page gives for itself: the first canonical link or
/// `og:url` that is an address.
pub(super) fn own_domain(html: &[u8]) -> Option<String> {
    static TAG: LazyLock<BytesRegex> = LazyLock::new(|| {
        BytesRegex::new(
            r#"(?i-u)<(?:link|meta)\s[^>]*(?:["'\s=]canonical\b|["'\s=]og:url\b)[^>]*>"#,
        )
        .expect("a valid pattern")
    });
    static ADDRESS: LazyLock<BytesRegex> = LazyLock::new(|| {
        BytesRegex::new(r#"(?i-u)\s(?:href|content)\s*=\s*["']?([^"'\s>]+)"#)
            .expect("a valid pattern")
    });
    TAG.find_iter(html).find_map(|tag| {
        let address = ADDRESS.captures(tag.as_bytes())?.get(1)?;
        registered_domain(std::str::from_utf8(address.as_bytes()).ok()?)
    })
}

/// The publisher a `source` names: its last path segment without the version of the parser that
/// made the gold (`fundus/de-Taz-V2` and `de-Taz-V1_1` are both `de-Taz`).
pub(super) fn publisher(source: &str) -> Option<String> {
    static VERSION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"-V\d+(?:_\d+)?$").expect("a valid pattern"));
    let name = source.rsplit('/').next().unwrap_or_default().trim();
    let name = VERSION.replace(name, "");
    (!name.is_empty()).then(|| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(domain: Option<&str>, publisher: Option<&str>, content: u64) -> Keys {
        Keys { domain: domain.map(str::to_owned), publisher: publisher.map(str::to_owned), content }
    }

    #[test]
    fn pages_of_one_site_share_a_group_whatever_names_them() {
        let pages = [
            keys(None, Some("de-Taz"), 1),
            keys(Some("example.org"), None, 2),
            keys(Some("taz.de"), None, 3),
            keys(Some("taz.de"), Some("de-Taz"), 4),
            keys(None, None, 2),
            keys(None, None, 5),
        ];
        assert_eq!(
            group(&pages),
            ["taz.de", "example.org", "taz.de", "taz.de", "example.org", "0000000000000005"]
        );
    }

    #[test]
    fn a_group_keeps_its_fold() {
        let fold = |group| crate::training::fold(site_of(group), 5, 0);
        assert_eq!(["taz.de", "bbc.co.uk", "example.org"].map(fold), [3, 4, 1]);
    }

    #[test]
    fn domains_follow_the_public_suffix_list() {
        assert_eq!(registered_domain("https://www.BBC.co.uk/news").as_deref(), Some("bbc.co.uk"));
        assert_eq!(registered_domain("http://a.b.github.io").as_deref(), Some("b.github.io"));
        assert_eq!(registered_domain("http://127.0.0.1/x").as_deref(), Some("127.0.0.1"));
        assert_eq!(registered_domain("/relative"), None);
    }

    #[test]
    fn a_page_names_its_own_site() {
        let html =
            br#"<link rel=icon href=/i.png><link rel="canonical" href="/x"><meta property="og:url"
            content="https://www.wired.com/story/x">"#;
        assert_eq!(own_domain(html).as_deref(), Some("wired.com"));
        assert_eq!(own_domain(b"<p>canonical</p>\xff"), None);
    }

    #[test]
    fn parser_versions_are_one_publisher() {
        for source in ["fundus/de-Taz-V2", "de-Taz-V1_1", "de-Taz"] {
            assert_eq!(publisher(source).as_deref(), Some("de-Taz"));
        }
    }
}
