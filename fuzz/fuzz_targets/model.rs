//! Any bytes as a model file. What is read as a model must then score a page.
//!
//! Few random bytes are a model, so an input whose first byte is odd is a list of patches to the
//! body of the built-in text model: three bytes of place, one of value.
#![no_main]

use std::sync::LazyLock;

use dehusk::features::{Outline, Texts};
use dehusk::lexical::Tokens;
use dehusk::model::Model;
use dehusk::segment::Blocks;
use libfuzzer_sys::fuzz_target;

static FILE: &[u8] = include_bytes!("../../models/text.model");

/// The two lines before the body, and the body without compression.
static PARTS: LazyLock<(&[u8], Vec<u8>)> = LazyLock::new(|| {
    let line_end = |from: usize| from + FILE[from..].iter().position(|b| *b == b'\n').unwrap() + 1;
    let (head, body) = FILE.split_at(line_end(line_end(0)));
    (head, zstd::decode_all(body).unwrap())
});

fuzz_target!(|bytes: &[u8]| {
    let file = match bytes.split_first() {
        Some((mode, patches)) if mode % 2 == 1 => {
            let (head, body) = &*PARTS;
            let mut body = body.clone();
            for patch in patches.chunks_exact(4) {
                let at = usize::from(patch[0]) << 16 | usize::from(patch[1]) << 8;
                let at = (at | usize::from(patch[2])) % body.len();
                body[at] = patch[3];
            }
            [head, &zstd::encode_all(&body[..], 1).unwrap()[..]].concat()
        }
        _ => bytes.to_vec(),
    };
    if let Ok(model) = Model::read(&file[..])
        && model.header.schema == "text"
    {
        let blocks = Blocks::of_text("Tides\nThe tide comes in twice a day.\nShare this");
        let texts = Texts::of_lines(&blocks);
        let lexical = model.classifier.lexical(&Tokens::default());
        let _ = model.classifier.predict(&Outline::new(None, &blocks, &texts), &lexical, None);
    }
});
