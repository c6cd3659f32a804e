//! Any bytes as a file of WARC, as gzip or zstd where they begin so.
#![no_main]

mod load;

use dehusk::source::Format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    load::load(bytes, &[Some(Format::Warc)]);
});
