//! Any bytes as rows of JSON Lines.
#![no_main]

mod load;

use dehusk::source::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    load::load(bytes, &[Some(Format::Jsonl)]);
});
