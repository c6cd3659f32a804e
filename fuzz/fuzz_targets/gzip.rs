//! Any bytes as a file, as gzip where they begin so, in each format.
#![no_main]

mod load;

use dehusk::source::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    load::load(bytes, &[None, Some(Format::Html), Some(Format::Text), Some(Format::Jsonl)]);
});
