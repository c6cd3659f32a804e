//! Any bytes as a file, as gzip where they begin so, in each format.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use dehusk::source::{Format, Limits, Pages};
use libfuzzer_sys::fuzz_target;

static FILE: LazyLock<PathBuf> = LazyLock::new(|| tempfile::tempdir().unwrap().keep().join("file"));

fuzz_target!(|bytes: &[u8]| {
    fs::write(&*FILE, bytes).unwrap();
    let limits = Limits { max_page_bytes: 1 << 16 };
    for format in [None, Some(Format::Html), Some(Format::Text), Some(Format::Jsonl)] {
        for page in Pages::open(vec![FILE.clone()], format, limits).unwrap() {
            let _ = page.and_then(|page| page.load(&limits));
        }
    }
});
