//! Any bytes as a page of HTML and as plain text, from decoding to the record in every form.
#![no_main]

use dehusk::encoding;
use dehusk::extract::{Extractor, Markup, Options};
use dehusk::source::Kind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (html, _) = encoding::decode_html(bytes, None);
    let markdown = Options { markup: Markup::Markdown, blocks: true, ..Options::default() };
    for options in [Options::default(), markdown] {
        let _ = Extractor::default().extract("page", None, Kind::Html, &html, &options);
    }
    let (text, _) = encoding::decode_text(bytes, None);
    let _ = Extractor::default().extract("page", None, Kind::Text, &text, &Options::default());
});
